// Keys of every page. Single keys act only outside text fields, and can be switched off (WCAG 2.1.4).
const OFF = "single-keys-off";
const LEADER_MS = 1500;
let leaderAt = -LEADER_MS;
let opener = "";
let isAsked = false;

function isTyping(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}

function isOff() {
  try { return localStorage.getItem(OFF) === "1"; } catch { return false; }
}

function press(selector) {
  const target = document.querySelector(selector);
  if (target) target.click();
  return Boolean(target);
}

function pressMain(target) {
  const form = target instanceof HTMLElement ? target.closest("form") : null;
  const main = (form && form.querySelector("button.btn-main")) || document.querySelector("button.btn-main, a.btn-main");
  if (main) main.click();
  return Boolean(main);
}

function closeMenu() {
  const menu = document.querySelector("details.me[open], details.menu[open]");
  if (!menu) return false;
  menu.open = false;
  menu.querySelector("summary").focus();
  return true;
}

function step(target, by) {
  const row = target instanceof HTMLElement ? target.closest(".rows a.row") : null;
  if (!row) return false;
  const rows = [...row.closest(".rows").querySelectorAll("a.row")];
  const next = rows[rows.indexOf(row) + by];
  if (next) next.focus();
  return true;
}

const SINGLE = {
  "/": () => press("[data-find]"),
  "?": () => { location.assign("/keys/"); return true; },
  g: () => { leaderAt = performance.now(); return true; },
  ArrowDown: (target) => step(target, 1),
  ArrowUp: (target) => step(target, -1),
};

// What a key does after g.
function led(key) {
  if (/^[1-6]$/.test(key)) return () => press(`.desk a[data-key="${key}"]`);
  if (key === "n" && document.body.dataset.new) return () => { location.assign(document.body.dataset.new); return true; };
  return null;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) {
    if (pressMain(event.target)) event.preventDefault();
    return;
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "Escape") {
    if (!closeMenu()) press("[data-close-slip]");
    return;
  }
  if (isOff()) return;
  const isLed = performance.now() - leaderAt < LEADER_MS;
  leaderAt = -LEADER_MS;
  const act = isLed && led(event.key) || SINGLE[event.key];
  if (act && act(event.target)) event.preventDefault();
});

// Whoever opened or closed a slip finds the focus where it was, or on what took its place. What comes by itself
// (on load, or live) leaves the focus alone.
document.addEventListener("htmx:beforeRequest", (event) => {
  const cause = event.detail.requestConfig?.triggeringEvent?.type;
  isAsked = cause === "click" || cause === "submit";
  opener = event.target.id || opener;
});
document.addEventListener("htmx:afterSettle", () => {
  offerPrint();
  if (!isAsked) return;
  if (document.activeElement && document.activeElement !== document.body) return;
  const place = document.getElementById(opener) || document.querySelector(".decision.open .btn-main");
  if (place) place.focus();
});

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-print]")) window.print();
});
function offerPrint() {
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
}
offerPrint();

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
