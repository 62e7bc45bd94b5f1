// Runs in the page, once a width: for each of `looks` every finding of the ruler, a line each. A look has
// `size` (the text size to put on first, "" leaves the page as it is), `buttons` (the most red ones), and
// `base`, `smallest`, `tap` (px).
(looks) => looks.map((limits) => {
  if (limits.size) {
    const html = document.documentElement.classList;
    html.remove("large", "xlarge");
    if (limits.size !== "standard") html.add(limits.size);
  }
  const found = new Set();
  const name = (e) => {
    const words = (e.textContent || e.getAttribute("aria-label") || "").trim().replace(/\s+/g, " ").slice(0, 24);
    const kind = e.getAttribute("class") ? "." + e.getAttribute("class").trim().replace(/\s+/g, ".") : "";
    return `<${e.tagName.toLowerCase()}${kind}> ${words}`;
  };
  const shown = (e) => {
    const r = e.getBoundingClientRect(), s = getComputedStyle(e);
    return r.width > 1 && r.height > 1 && r.bottom > 0 && r.right > 0 && s.visibility === "visible" && s.opacity !== "0";
  };

  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth + 1) {
    const wide = [...document.body.querySelectorAll("*")].find((e) => shown(e) && !e.closest("[data-slides]")
      && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest("svg"));
    found.add(`scrolls sideways: ${page.scrollWidth} in ${innerWidth}${wide ? ", " + name(wide) : ""}`);
  }

  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest("svg") || !shown(e)) continue;
    const s = getComputedStyle(e);
    const slides = ["auto", "scroll"].includes(s.overflowX) && e.scrollWidth > e.clientWidth + 1;
    if (slides && !e.querySelector("svg.map")) found.add(`slides inside: ${name(e)}`);
    const cuts = ["hidden", "clip"].includes(s.overflowX) && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1;
    if (cuts) found.add(`text is cut: ${name(e)}`);
    if (s.fontStyle === "italic") found.add(`italics: ${name(e)}`);
    if (s.letterSpacing !== "normal" && parseFloat(s.letterSpacing) !== 0) found.add(`spaced letters: ${name(e)}`);
    if (s.textAlign === "justify") found.add(`justified: ${name(e)}`);
  }

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(e) || e.closest(".sim, .seal, option, script, style")) continue;
    let px = parseFloat(getComputedStyle(e).fontSize);
    const svg = e.closest("svg");
    if (svg) px *= Math.abs((e.getScreenCTM ? e.getScreenCTM() : svg.getScreenCTM()).a);
    const least = svg ? 15 : limits.smallest;
    if (px < least - 0.5) found.add(`${px.toFixed(1)} px letters: ${name(e)}`);
  }
  const main = document.querySelector("main");
  if (main && parseFloat(getComputedStyle(main).fontSize) < limits.base - 0.1) found.add("main text is too small");

  const inSentence = (e) => getComputedStyle(e).display === "inline"
    && [...e.parentNode.childNodes].some((n) => n !== e && n.nodeType === Node.TEXT_NODE && n.textContent.trim());
  for (const e of document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=button]")) {
    if (e.type === "hidden" || e.closest("svg") || !shown(e) || inSentence(e)) continue;
    const whole = ["checkbox", "radio"].includes(e.type) && e.closest("label") ? e.closest("label") : e;
    const r = whole.getBoundingClientRect();
    if (Math.round(r.height) < limits.tap) found.add(`${Math.round(r.height)} px high target: ${name(whole)}`);
    const isButton = ["BUTTON", "INPUT", "SELECT", "SUMMARY"].includes(e.tagName) || e.classList.contains("btn");
    if (isButton && Math.round(r.width) < limits.tap) found.add(`${Math.round(r.width)} px wide target: ${name(whole)}`);
  }
  const red = [...document.querySelectorAll(".btn-main")].filter(shown).length;
  if (red > limits.buttons) found.add(`${red} red buttons`);
  return [...found];
})
