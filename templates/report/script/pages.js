// Pages, keys, theme; and the start of it all.

const titleOfReport = document.title;
const pages = [...document.querySelectorAll("main > .page")];
let ready = null;
let wantsFilter = false;

async function route() {
  const { page, parameters } = address();
  const found = /^case-(\d+)$/.exec(page);
  let name = found ? "case" : page;
  if (!pages.some((one) => one.id === name)) name = page === "main" ? null : "overview";
  if (name === null) return;
  for (const one of pages) one.hidden = one.id !== name;
  for (const tab of document.querySelectorAll(".tabs a")) {
    const own = tab.hash === "#" + (name === "case" ? "cases" : name);
    if (own) tab.ariaCurrent = "page";
    else tab.ariaCurrent = null;
  }
  if (name !== "case") {
    opened = null;
    document.title = titleOfReport;
  }
  if (name !== "cases" && name !== "case") {
    scrollTo(0, 0);
    return;
  }
  if (!(await ready)) return;
  if (name === "cases") {
    await showTable(stateOf(parameters));
    if (wantsFilter) table.filter.focus();
    wantsFilter = false;
  } else if (Number(found[1]) < total) await showCase(Number(found[1]), parameters);
  else location.hash = "#cases";
  root.dataset.ready = name;
}

async function load() {
  if (typeof DecompressionStream === "undefined") {
    byId("unsupported").hidden = false;
    return false;
  }
  index = await unpack("index");
  total = index.ids.length;
  compared = index.compared;
  return true;
}

function moveInTable(step) {
  const links = [...document.querySelectorAll("#case-table .case-link")];
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
  if (next) next.focus();
}

function moveInList(step) {
  const at = list.rows.indexOf(opened);
  const next = list.rows[at + step];
  if (opened !== null && next !== undefined) location.hash = "#case-" + next;
}

const actions = {
  j: () => moveInTable(1),
  k: () => moveInTable(-1),
  n: () => moveInList(1),
  p: () => moveInList(-1),
  f: () => {
    if (!index) return;
    wantsFilter = byId("cases").hidden;
    if (wantsFilter) location.hash = hashOf("cases", list.state || defaults());
    else byId("filter").focus();
  },
  "?": () => byId("key-help").showModal(),
};

function remembered(name, usual) {
  try {
    return localStorage.getItem("vtrack-" + name) || usual;
  } catch {
    return usual;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem("vtrack-" + name, value);
  } catch {
    // a browser may keep nothing for files
  }
}

function buildKeyHelp() {
  const dialog = el("dialog", "keys");
  dialog.id = "key-help";
  const title = el("h2", "", "Keys");
  title.id = "keys-title";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const rows = [["j / k", "next / previous row of the table"], ["Enter", "open the case"], ["f", "go to the filter"], ["n / p", "next / previous case of the list"], ["Esc", "back to the table"], ["?", "this list"]];
  const list = el("dl", "pairs");
  for (const [key, means] of rows) list.append(el("div", "", el("dt", "", el("kbd", "", key)), el("dd", "", means)));
  const off = el("input");
  off.type = "checkbox";
  off.checked = remembered("keys", "on") === "on";
  off.addEventListener("change", () => remember("keys", off.checked ? "on" : "off"));
  const close = button("Close", "small", () => dialog.close());
  dialog.append(title, list, el("p", "", el("label", "", off, " Keys are on")), close);
  document.body.append(dialog);
  dialog.keysOn = () => off.checked;
  return dialog;
}

function listenToKeys() {
  const dialog = buildKeyHelp();
  byId("keys").addEventListener("click", () => dialog.showModal());
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const typing = event.target.closest("input:not([type=radio]):not([type=checkbox]), select, textarea");
    if (event.key === "Escape" && !typing && opened !== null) location.hash = hashOf("cases", list.state);
    if (typing || !dialog.keysOn() || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });
}

function listenToTools() {
  const theme = remembered("theme", "");
  if (theme) root.dataset.theme = theme;
  byId("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remember("theme", root.dataset.theme);
  });
  byId("print").addEventListener("click", () => print());
}

root.classList.add("js");
for (const one of document.querySelectorAll(".scripted")) one.hidden = false;
listenToTools();
listenToKeys();
ready = load();
addEventListener("hashchange", route);
route();
