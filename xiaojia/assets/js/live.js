// What is new comes by itself: the stream says that something changed, htmx asks for the part of the page again.
// Without a stream the page asks every half minute.
const POLL_MS = 30000;
const QUIET_MS = 200;
const place = document.querySelector("[data-live]");
let timer = 0;
let source = null;
let patience = 1000;

function isBusy() {
  // Nobody loses what they type, nor the button that they have reached by keyboard.
  const here = document.activeElement;
  const part = here && here.closest("[data-fresh]");
  return Boolean(part) && (here.matches("input, textarea, select") || here.matches(":focus-visible"));
}

function again() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (document.visibilityState === "hidden" || isBusy()) { again(); return; }
    htmx.trigger(document.body, "live");
  }, QUIET_MS);
}

async function open() {
  try {
    const answer = await fetch(place.dataset.live, { headers: { Accept: "application/json" } });
    if (answer.status === 403 || answer.redirected) return;
    const { url } = await answer.json();
    if (!url) return;
    source = new EventSource(url);
    source.addEventListener("open", () => { patience = 1000; place.dataset.state = "open"; again(); });
    source.addEventListener("changed", again);
    source.addEventListener("again", again);
    source.addEventListener("error", later);
  } catch {
    later();
  }
}

function later() {
  if (source) source.close();
  source = null;
  delete place.dataset.state;
  setTimeout(open, patience * (0.5 + Math.random()));
  patience = Math.min(patience * 2, 60000);
}

if (place) {
  open();
  setInterval(() => { if (!source) again(); }, POLL_MS);
  addEventListener("pagehide", () => { if (source) source.close(); });
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
}
