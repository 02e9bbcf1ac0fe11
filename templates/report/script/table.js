// The table of cases.

const PAGE_ROWS = 100;

let table = null;
let list = { state: null, rows: [] };

function buildTable() {
  const filter = el("input", "filter");
  filter.type = "search";
  filter.id = "filter";
  filter.autocomplete = "off";
  filter.spellcheck = false;
  filter.placeholder = "words, status:worse, tag:value";
  const label = el("label", "", "Filter");
  label.htmlFor = "filter";
  const shows = el("fieldset", "shows", el("legend", "hidden", "Show"));
  for (const [name, one] of Object.entries(SHOWN)) {
    let size = 0;
    for (let number = 0; number < total; number++) size += one.has(number) ? 1 : 0;
    if ((!compared && name !== "all" && name !== "errors") || (!size && name !== "all" && name !== "changed")) continue;
    const radio = el("input");
    radio.type = "radio";
    radio.name = "show";
    radio.value = name;
    radio.addEventListener("change", () => change({ show: name, page: "1" }));
    shows.append(el("label", "", radio, el("span", "", one.label + " ", el("span", "number", count(size)))));
  }
  const sort = el("select");
  sort.id = "sort";
  const sortLabel = el("label", "", "Sort");
  sortLabel.htmlFor = "sort";
  const orders = compared ? [["-loss", "biggest drop"], ["loss", "biggest rise"], ["case", "case"]] : [["case", "case"]];
  if (!compared) shownMetrics().forEach((metric, place) => orders.push(["m" + place, "lowest " + metric.name]));
  for (const [value, text] of orders) {
    const option = el("option", "", text);
    option.value = value;
    sort.append(option);
  }
  sort.addEventListener("change", () => change({ sort: sort.value, page: "1" }));
  let typing = 0;
  filter.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => change({ q: filter.value, page: "1" }), 120);
  });
  const copy = button("Copy link", "small", () => copyText(location.href, copy));
  const help = el("details", "help", el("summary", "", "What can be typed"), filterHelp());
  const result = el("p", "result");
  const body = scrolling("Table of cases");
  const pager = el("nav", "pager");
  pager.ariaLabel = "Pages of the table";
  byId("case-table").append(
    el("div", "controls", el("div", "field grow", label, filter), shows, el("div", "field", sortLabel, sort), copy),
    help, result, body, pager,
  );
  table = { filter, shows, sort, result, body, pager };
}

function filterHelp() {
  const rows = [
    ["refund late", "both words in the id, input, reason or tags"],
    ['"14 days"', "these words together"],
    ["topic:refund", "a tag or flag with this value"],
    ["status:worse", "worse, better, unchanged, new, gone, edited, error"],
    ["correct:worse", "a metric that got worse, better or changed, or has this value now"],
    ["output:sorry", "a word in an output of either version (reads all cases)"],
    ["-lang:fr", "everything but this"],
  ];
  const list = el("dl", "pairs");
  for (const [typed, means] of rows) list.append(el("div", "", el("dt", "", el("code", "", typed)), el("dd", "", means)));
  return list;
}

function change(some) {
  const state = { ...list.state, ...some };
  replaceHash(hashOf("cases", state));
  showTable(state);
}

async function showTable(state) {
  if (!table) buildTable();
  list.state = state;
  const rows = await selected(state);
  if (list.state !== state) return; // something else was asked for meanwhile
  list = { state, rows };
  if (document.activeElement !== table.filter) table.filter.value = state.q;
  for (const radio of table.shows.querySelectorAll("input")) radio.checked = radio.value === state.show;
  table.sort.value = state.sort;
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const page = Math.min(Math.max(1, Number(state.page) || 1), pages);
  const said = count(rows.length) + " of " + count(total) + (total === 1 ? " case" : " cases");
  table.result.textContent = said + (pages > 1 ? ", page " + page + " of " + count(pages) : "");
  announce(said);
  table.body.replaceChildren(rows.length ? tableOf(rows.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS), state) : nothing(state));
  table.pager.replaceChildren(...pagerOf(page, pages));
}

function nothing(state) {
  const text = state.q ? "No case matches this filter." : state.show === "changed" ? "No case got worse or better." : "No cases.";
  return el("p", "nothing", text);
}

function pagerOf(page, pages) {
  if (pages < 2) return [];
  const go = (to) => () => {
    change({ page: String(to) });
    byId("cases").scrollIntoView();
  };
  const before = button("‹ Previous", "small", go(page - 1));
  const after = button("Next ›", "small", go(page + 1));
  before.disabled = page === 1;
  after.disabled = page === pages;
  return [before, el("span", "", page + " / " + count(pages)), after];
}

function tableOf(numbers, state) {
  const metrics = shownMetrics();
  const head = el("tr", "", header("col", "", "Case"), compared ? header("col", "", "Status") : null, header("col", "", "Input"));
  metrics.forEach((metric, place) => head.append(sortHeader(metric, place, state)));
  const hasTags = index.tags.sets.some((set) => set.length);
  if (hasTags) head.append(header("col", "", "Tags"));
  const body = el("tbody");
  for (const number of numbers) body.append(rowOf(number, metrics, hasTags));
  return el("table", "cases", el("caption", "hidden", "Cases with their values in both versions"), el("thead", "", head), body);
}

function sortHeader(metric, place, state) {
  const own = "m" + place;
  const active = state.sort.replace("-", "") === own;
  const down = state.sort.startsWith("-");
  const next = active && down === compared ? (compared ? own : "-" + own) : compared ? "-" + own : own;
  const control = button(metric.name, "sort", () => change({ sort: next, page: "1" }));
  const made = header("col", "num", control);
  if (active) {
    made.ariaSort = down ? "descending" : "ascending";
    control.append(down ? " ↓" : " ↑");
  }
  return made;
}

function rowOf(number, metrics, hasTags) {
  const id = link("#case-" + number, foreign(index.ids[number]));
  id.className = "case-link";
  const row = el("tr", "", header("row", "", id), compared ? el("td", "", statusChip(number), index.error[number] ? el("span", "chip", "error") : null) : null);
  row.append(el("td", "input", foreign(index.input[number]), index.why[number] && isChanged(number) ? foreign(index.why[number], "why") : null));
  for (const metric of metrics) row.append(cellOf(metric, number));
  if (hasTags) row.append(el("td", "tags", tagsOf(number).map(([name, value]) => foreign(name + "=" + value, "chip"))));
  return row;
}

function cellOf(metric, number) {
  const before = word(metric.b, number);
  const now = word(metric.c, number);
  const mark = index.marks[metric.mark[number]];
  const name = foreign(metric.name, "cell-label");
  if (!compared) return el("td", "num", name, foreign(now || "–"));
  if (before === now && mark === "same") return el("td", "num quiet", name, foreign(now || "–"));
  const sign = el("span", "mark", MARKS[mark]);
  sign.ariaHidden = "true";
  return el("td", "num" + (mark === "same" ? "" : " tone-" + mark),
    name, foreign(before || "–", "was"), " → ", foreign(now || "–"), " ", sign, mark === "same" ? null : hiddenText(mark));
}
