// Keys of every page. Single keys act only outside text fields, and can be switched off (WCAG 2.1.4).
const OFF = "single-keys-off";

function isTyping(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}

function isOff() {
  try { return localStorage.getItem(OFF) === "1"; } catch { return false; }
}

let leader = 0;

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) {
    const main = document.querySelector("button.btn-main, a.btn-main");
    if (main) { event.preventDefault(); main.click(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isOff()) return;
  const digit = Number(event.key);
  if (leader && Date.now() - leader < 1500 && digit >= 1 && digit <= 6) {
    const tab = document.querySelector(`.desk a[data-key="${digit}"]`);
    if (tab) tab.click();
    leader = 0;
  } else if (event.key === "g") {
    leader = Date.now();
  } else if (event.key === "/") {
    const find = document.querySelector("[data-find]");
    if (find) { event.preventDefault(); find.click(); }
  } else if (event.key === "?") {
    location.assign("/keys/");
  } else if (event.key === "Escape") {
    const slip = document.querySelector("[data-close-slip]");
    if (slip) slip.click();
  }
});

const toggle = document.querySelector("[data-single-keys]");
if (toggle) {
  toggle.hidden = false;
  toggle.setAttribute("aria-pressed", String(isOff()));
  toggle.addEventListener("click", () => {
    localStorage.setItem(OFF, isOff() ? "0" : "1");
    toggle.setAttribute("aria-pressed", String(isOff()));
  });
}
const errors = document.querySelector(".errbox");
if (errors) errors.focus();
