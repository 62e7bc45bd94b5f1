// Reports without a network: each is kept on this device first, many if need be, and handed over when it can be.
// `client_id` is made here, so that one report is one case however often it is sent.
import { openDB } from "idb";

const SHELF = "drafts";
const CACHE = "xiaojia-drafts";
const RETRY_MS = 15000;
const form = document.querySelector("form[data-drafts]");
const list = document.querySelector("[data-kept]");
const said = document.querySelector("[data-said]");
const words = form ? form.dataset : {};
const opened = form ? openDB("xiaojia", 1, {
  upgrade(database) { database.createObjectStore(SHELF, { keyPath: "client_id" }); },
}) : null;
const refusals = new Map();
let isSending = false;

async function keep(draft) {
  const written = (await opened).transaction(SHELF, "readwrite", { durability: "strict" });
  written.store.put(draft);
  await written.done;
}

async function kept() {
  const all = await (await opened).getAll(SHELF);
  return all.sort((one, other) => one.said_at.localeCompare(other.said_at));
}

async function forget(clientId) {
  await (await opened).delete(SHELF, clientId);
  refusals.delete(clientId);
}

function line(draft) {
  const item = document.createElement("li");
  const text = document.createElement("b");
  const more = document.createElement("p");
  const state = document.createElement("p");
  const drop = document.createElement("button");
  const at = new Date(draft.said_at);
  item.className = "person";
  text.textContent = draft.text;
  more.className = "small muted";
  more.textContent = [
    at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }),
    draft.place_text,
    draft.photos.length ? words.photos.replace("0", draft.photos.length) : "",
  ].filter(Boolean).join("　");
  state.textContent = refusals.get(draft.client_id) || words.waiting;
  drop.type = "button";
  drop.className = "btn btn-text";
  drop.textContent = words.drop;
  drop.addEventListener("click", async () => { await forget(draft.client_id); await show(); });
  item.append(text, more, state, drop);
  return item;
}

async function show() {
  const drafts = await kept();
  list.replaceChildren(...drafts.map(line));
  document.querySelector("[data-none]").hidden = drafts.length > 0;
  document.querySelector("[data-count]").textContent = String(drafts.length);
}

function token() {
  const found = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
  return found ? found[1] : "";
}

async function send(draft) {
  const body = new FormData();
  for (const name of ["client_id", "account", "text", "place_text", "said_at"]) body.append(name, draft[name]);
  for (const photo of draft.photos) body.append("photos", new Blob([photo.data], { type: photo.type }), "photo");
  const answer = await fetch(words.drafts, { method: "POST", body, headers: { "X-CSRFToken": token() } });
  if (!(answer.headers.get("content-type") || "").startsWith("application/json")) {
    refusals.set(draft.client_id, words.signIn);
    return;
  }
  const told = await answer.json();
  if (answer.ok) {
    await forget(draft.client_id);
    said.textContent = [told.sentence, ...told.refused].join(" ");
  } else {
    refusals.set(draft.client_id, told.sentence);
  }
}

async function sendAll() {
  if (isSending) return;
  isSending = true;
  try {
    for (const draft of await kept()) await send(draft);
  } catch {
    // No network: the draft stays, and is tried again.
  } finally {
    isSending = false;
    await show();
  }
}

async function submit(event) {
  event.preventDefault();
  const text = form.elements.text.value.trim();
  if (!text) { said.textContent = words.noText; form.elements.text.focus(); return; }
  const photos = await Promise.all([...form.elements.photos.files].map(
    async (file) => ({ type: file.type, data: await file.arrayBuffer() })));
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    await keep({
      client_id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
      account: words.account,
      text,
      place_text: form.elements.place_text.value.trim(),
      said_at: new Date().toISOString(),
      photos,
    });
  } catch {
    said.textContent = words.noRoom;
    return;
  }
  form.reset();
  said.textContent = words.saved;
  await show();
  await sendAll();
}

async function prepare() {
  await navigator.serviceWorker.register(words.worker, { scope: location.pathname });
  const parts = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((part) => part.href || part.src);
  await (await caches.open(CACHE)).addAll([location.pathname, ...parts]);
  form.dataset.state = "ready";
}

if (form && window.isSecureContext && "serviceWorker" in navigator) {
  form.addEventListener("submit", submit);
  form.hidden = false;
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
  prepare().catch(() => {});
  show().then(sendAll);
  addEventListener("online", sendAll);
  setInterval(sendAll, RETRY_MS);
}
