// The planner's map: pick, drag, keys. Pages and forms do everything without it; here they come without a reload.
const cellsOf = (root) => [...root.querySelectorAll("a.cell")];
let focusKey = "";
let isCarrying = false;
let drag = null;

function say(text) {
  const place = document.getElementById("said");
  if (place) place.textContent = text;
}

function words(homes, change) {
  return change.map(({ name, before, after }) => `${name} ${before} → ${after} 户`).join("，") + ` · ${homes} 户`;
}

// Loads the page of `url` and takes its #work and its messages; the address follows.
async function show(url, { push = true, request = {} } = {}) {
  const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, ...request });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("work");
  if (!fresh) { location.assign(url); return; }
  const scroll = document.querySelector(".mapscroll")?.scrollLeft ?? 0;
  document.getElementById("work").replaceWith(document.adoptNode(fresh));
  document.querySelectorAll("#main > .said").forEach((old) => old.remove());
  page.querySelectorAll("#main > .said").forEach((said) => {
    document.getElementById("main").prepend(document.adoptNode(said));
    say(said.textContent.trim());
  });
  if (push || answer.redirected) history.replaceState(null, "", answer.redirected ? answer.url : url);
  document.querySelector(".mapscroll").scrollLeft = scroll;
  prepare();
}

function send(form, extra = {}) {
  const body = new FormData(form);
  Object.entries(extra).forEach(([name, value]) => body.set(name, value));
  return show(form.action, { push: false, request: { method: "POST", body } });
}

function look() {
  const form = document.getElementById("move");
  const query = new URLSearchParams(new FormData(form));
  ["csrfmiddlewaretoken", "revision"].forEach((name) => query.delete(name));
  return show(`${form.dataset.look}?${query}`);
}

// Roles and roving tabindex: without the script the cells are plain links.
function prepare() {
  const box = document.querySelector("[data-cells]");
  document.querySelectorAll(".keys").forEach((p) => { p.hidden = false; });
  document.querySelectorAll("[data-look-button]").forEach((b) => { b.hidden = true; });
  if (!box) return;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", box.dataset.label);
  const cells = cellsOf(box);
  const current = cells.find((c) => c.dataset.pick === focusKey) ?? cells.find((c) => c.hasAttribute("aria-current")) ?? cells[0];
  cells.forEach((cell) => {
    cell.setAttribute("role", "option");
    cell.setAttribute("aria-selected", String(cell.hasAttribute("aria-current")));
    cell.removeAttribute("aria-current");
    cell.setAttribute("tabindex", cell === current ? "0" : "-1");
    cell.setAttribute("draggable", "false");
  });
  if (focusKey && current) current.focus({ preventScroll: true });
  if (isCarrying) carry(true);
}

function focusOn(cell) {
  cellsOf(cell.parentNode).forEach((c) => c.setAttribute("tabindex", c === cell ? "0" : "-1"));
  focusKey = cell.dataset.pick;
  cell.focus();
}

function middle(cell) {
  const r = cell.getBoundingClientRect();
  return [r.left + r.width / 2, r.top + r.height / 2];
}

// The nearest cell in the direction of an arrow; what lies aside counts double.
function neighbour(cell, key) {
  const [x, y] = middle(cell);
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  let best = null;
  for (const other of cellsOf(cell.parentNode)) {
    const [ox, oy] = middle(other);
    const along = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (other === cell || along <= 1 || aside > 3 * along) continue;
    const far = along + 2 * aside;
    if (!best || far < best.far) best = { far, other };
  }
  return best?.other;
}

function pick(cell) {
  focusKey = cell.dataset.pick;
  return show(cell.getAttribute("href").split("#")[0]);
}

// Carrying by keys: the target is chosen in the panel's list, Enter sends its form.
function carry(on) {
  isCarrying = on;
  const form = document.getElementById("move");
  const cell = document.querySelector('a.cell[aria-selected="true"]');
  if (cell) cell.classList.toggle("taken", on);
  if (on && form) {
    const changes = [...form.querySelectorAll(".after li")].map((li) => li.textContent.replace(/\s+/g, " ").trim());
    say(`${form.elements.to.selectedOptions[0].textContent}。${changes.join("，")}`);
  }
  if (on && !form) isCarrying = false;
}

function choose(select, index) {
  if (index < 0 || index >= select.options.length) return;
  select.selectedIndex = index;
  look();
}

function keyWhileCarrying(event) {
  const form = document.getElementById("move");
  const select = form.elements.to;
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step) choose(select, select.selectedIndex + step);
  else if (/^[1-9]$/.test(event.key)) choose(select, Number(event.key) - 1);
  else if (event.key === "Enter") { carry(false); send(form); }
  else if (event.key === "Escape") carry(false);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function isTyping(target) {
  return /^(input|textarea|select)$/i.test(target.tagName);
}

function isOff() {
  try { return localStorage.getItem("single-keys-off") === "1"; } catch { return false; }
}

document.addEventListener("keydown", (event) => {
  if (!document.getElementById("work") || isTyping(event.target)) return;
  if (event.key === "z" && event.ctrlKey) {
    const undo = document.getElementById("undo");
    if (undo) { event.preventDefault(); send(undo); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const cell = event.target.closest("a.cell");
  if (isCarrying && cell) { keyWhileCarrying(event); return; }
  if (cell && event.key.startsWith("Arrow")) {
    event.preventDefault();
    const next = neighbour(cell, event.key);
    if (next) focusOn(next);
  } else if (cell && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    pick(cell);
  } else if (isOff()) {
    return;
  } else if (cell && event.key.toLowerCase() === "m") {
    event.preventDefault();
    pick(cell).then(() => carry(true));
  } else if (event.key.toLowerCase() === "l") {
    const list = document.getElementById("exceptions");
    if (list) { event.preventDefault(); list.focus(); list.scrollIntoView({ block: "nearest" }); }
  }
});

document.addEventListener("click", (event) => {
  const cell = event.target.closest?.("a.cell");
  if (!cell || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  if (!drag?.moved) pick(cell);
});

document.addEventListener("change", (event) => {
  if (event.target.closest("#move")) look();
  if (event.target.matches("[data-go]")) event.target.form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("#move, #undo") || event.submitter?.name === "look") return;
  event.preventDefault();
  send(event.target);
});

// Dragging with a mouse or pen; fingers slide the map. A cell goes alone, a name band takes its whole building.
function dragged(target) {
  const cell = target.closest?.("a.cell");
  if (cell) return [cell];
  const house = target.closest?.("[data-house]");
  return house ? cellsOf(document).filter((c) => c.dataset.in === house.dataset.house) : [];
}

function changes(cells, clusterId) {
  const plates = new Map([...document.querySelectorAll(".m-plate")].map((p) => [p.dataset.cluster, p.dataset]));
  const moved = cells.filter((c) => c.dataset.cluster !== clusterId);
  const homes = moved.reduce((sum, c) => sum + Number(c.dataset.homes), 0);
  const sources = new Map();
  moved.forEach((c) => sources.set(c.dataset.cluster, (sources.get(c.dataset.cluster) ?? 0) + Number(c.dataset.homes)));
  const line = (id, by) => {
    const plate = plates.get(id);
    return plate && { name: plate.name, before: Number(plate.homes), after: Number(plate.homes) + by };
  };
  const found = [...sources].map(([id, count]) => line(id, -count));
  return { homes, moved, list: [...found, line(clusterId, homes)].filter(Boolean) };
}

document.addEventListener("pointerdown", (event) => {
  drag = null;
  const peg = event.target.closest?.("a.peg");
  if (event.button || event.pointerType === "touch") return;
  const cells = document.querySelector("[data-cells]") ? dragged(event.target) : [];
  if (cells.length || peg) drag = { cells, peg, x: event.clientX, y: event.clientY, moved: false, to: "" };
});

document.addEventListener("dragstart", (event) => { if (event.target.closest?.("svg.map")) event.preventDefault(); });

document.addEventListener("pointermove", (event) => {
  if (!drag || !event.buttons) return;
  if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 6) return;
  if (!drag.moved) {
    drag.moved = true;
    document.body.classList.add("dragging");
    if (drag.cells.length) begin();
  }
  if (drag.peg) carryPeg(event); else carryCells(event);
});

function begin() {
  drag.cells.forEach((c) => c.classList.add("taken"));
  drag.bar = document.createElement("p");
  drag.bar.className = "hint-bar";
  document.querySelector(".mapscroll").after(drag.bar);
}

function carryCells(event) {
  const under = document.elementFromPoint(event.clientX, event.clientY);
  drag.to = under?.closest("[data-cluster]")?.dataset.cluster ?? "";
  const { homes, moved, list } = changes(drag.cells, drag.to);
  drag.bar.textContent = drag.to && moved.length ? words(homes, list) : `${homes} 户`;
}

function scaleOf(svg) {
  return svg.viewBox.baseVal.width / svg.getBoundingClientRect().width;
}

function carryPeg(event) {
  const scale = scaleOf(drag.peg.ownerSVGElement);
  drag.start ??= drag.peg.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
  drag.by = [(event.clientX - drag.x) * scale, (event.clientY - drag.y) * scale];
  drag.peg.setAttribute("transform", `translate(${drag.start[0] + drag.by[0]} ${drag.start[1] + drag.by[1]})`);
}

function dropPeg() {
  const metres = Number(drag.peg.ownerSVGElement.dataset.ground);
  const form = document.getElementById("put-form");
  form.elements.building.value = drag.peg.dataset.building;
  form.elements.east.value = (drag.by[0] / metres).toFixed(1);
  form.elements.north.value = (-drag.by[1] / metres).toFixed(1);
  form.requestSubmit();
}

function dropCells() {
  drag.bar.remove();
  drag.cells.forEach((c) => c.classList.remove("taken"));
  const { moved } = changes(drag.cells, drag.to);
  if (!drag.to || !moved.length) return;
  focusKey = moved[0].dataset.pick;
  const parts = moved.map((c) => c.dataset.parts).join(",");
  send(document.getElementById("carry"), { parts, to: drag.to, pick: focusKey });
}

document.addEventListener("pointerup", () => {
  if (!drag?.moved) return;
  document.body.classList.remove("dragging");
  if (drag.peg) dropPeg(); else dropCells();
});

document.addEventListener("click", (event) => {
  if (drag?.moved && event.target.closest?.("svg.map")) { event.preventDefault(); drag = null; }
}, true);

prepare();
