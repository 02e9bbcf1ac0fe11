"use strict";
// The pages that need a script: cases, one case, keys, theme. Data of others reaches the page as text only.
(() => {
  const PAGE_ROWS = 100;
  const CACHED_CHUNKS = 6;
  const MOST_PAIRS = 4_000_000; // of words that are compared with each other in one text
  const SVG = "http://www.w3.org/2000/svg";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  // ---------------------------------------------------------------- text

  const HIDDEN = /(?![\n\t])[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u{e0100}-\u{e01ef}]/gu;
  const JOINERS = new Set(["\u200c", "\u200d"]); // letters of some scripts and emoji are joined by them

  /** Append text; what could hide or reorder it stands there as an escape, marked as such. */
  function put(parent, text) {
    let from = 0;
    for (const found of text.matchAll(HIDDEN)) {
      const [character] = found;
      const at = found.index;
      if (JOINERS.has(character) && text.charCodeAt(at - 1) > 127 && text.charCodeAt(at + 1) > 127) continue;
      if (at > from) parent.append(text.slice(from, at));
      const escape = document.createElement("span");
      escape.className = "escape";
      escape.textContent = escaped(character.codePointAt(0));
      parent.append(escape);
      from = at + character.length;
    }
    if (from < text.length) parent.append(text.slice(from));
  }

  function escaped(code) {
    const digits = code.toString(16);
    if (code <= 0xff) return "\\x" + digits.padStart(2, "0");
    return code <= 0xffff ? "\\u" + digits.padStart(4, "0") : "\\U" + digits.padStart(8, "0");
  }

  /** Make an element; class names and attributes are never made from data. */
  function el(tag, className = "", ...children) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    add(made, children);
    return made;
  }

  function add(parent, children) {
    for (const child of children) {
      if (child === null || child === undefined || child === "") continue;
      if (Array.isArray(child)) add(parent, child);
      else if (child instanceof Node) parent.append(child);
      else put(parent, String(child));
    }
  }

  function foreign(text, className = "") {
    const made = el("bdi", className, text);
    made.dir = "auto";
    return made;
  }

  function svg(tag, attributes, ...children) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function button(label, className, action) {
    const made = el("button", className, label);
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  }

  function link(target, ...children) {
    const made = el("a", "", ...children);
    made.href = target;
    return made;
  }

  function header(scope, className, ...children) {
    const made = el("th", className, ...children);
    made.scope = scope;
    return made;
  }

  /** Make a place for something wide, which keys can scroll. */
  function scrolling(label, ...children) {
    const made = el("div", "scroll", ...children);
    made.tabIndex = 0;
    made.role = "group";
    made.ariaLabel = label;
    return made;
  }

  const hiddenText = (text) => el("span", "hidden", text);
  const count = (number) => number.toLocaleString("en-US");
  const announce = (text) => {
    byId("announcer").textContent = text;
  };

  function duration(seconds) {
    for (const [limit, factor, unit] of [[0.9995, 1e3, "ms"], [99.95, 1, "s"], [5999, 1 / 60, "min"]]) {
      if (seconds < limit) return threeDigits(seconds * factor) + " " + unit;
    }
    return threeDigits(seconds / 3600) + " h";
  }

  function threeDigits(amount) {
    if (amount === 0) return "0";
    if (amount < 0.095) return String(Number(amount.toPrecision(2)));
    const text = amount.toFixed(amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0);
    return amount === Math.round(amount) ? text.replace(/\.0+$/, "") : text;
  }

  // ---------------------------------------------------------------- packed data

  async function unpack(id) {
    const packed = atob(byId(id).textContent);
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  const chunks = new Map();

  async function chunk(number) {
    const cases = chunks.get(number) || (await unpack("chunk-" + number));
    chunks.delete(number);
    chunks.set(number, cases);
    if (chunks.size > CACHED_CHUNKS) chunks.delete(chunks.keys().next().value);
    return cases;
  }

  function chunkOf(number) {
    let low = 0;
    let high = index.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (index.starts[middle] <= number) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async function caseOf(number) {
    const place = chunkOf(number);
    const one = (await chunk(place))[number - index.starts[place]];
    (one.p || []).forEach((side, at) => side.forEach((spans, trial) => ((at ? one.c : one.b)[trial].s = spans)));
    return one;
  }

  let index = null;
  let total = 0;
  let compared = false;

  const status = (number) => index.statuses[index.status[number]];
  const tagsOf = (number) => index.tags.sets[index.tags.of[number]];
  const word = (column, number) => column.words[column.of[number]];
  const isChanged = (number) => status(number) === "worse" || status(number) === "better";
  const shownMetrics = () => index.metrics.slice(0, index.listed);

  const STATUS_LOOKS = {
    worse: ["▼", "worse"],
    better: ["▲", "better"],
    same: ["=", "unchanged"],
    new: ["+", "new"],
    gone: ["−", "gone"],
    edited: ["✎", "edited"],
  };
  const MARKS = { worse: "▼", better: "▲", changed: "≠", same: "" };

  function statusChip(number) {
    const name = status(number);
    const [symbol, label] = STATUS_LOOKS[name];
    const mark = el("span", "", symbol);
    mark.ariaHidden = "true";
    return el("span", "status status-" + name, mark, " " + label);
  }

  // ---------------------------------------------------------------- filter

  /** Read `word "two words" key:value -not:this` into conditions. */
  function parsed(query) {
    const found = [];
    for (const part of query.matchAll(/(-?)(?:([^\s:"]+):)?(?:"([^"]*)"?|(\S+))/gu)) {
      const value = (part[3] ?? part[4] ?? "").toLowerCase();
      if (value) found.push({ not: part[1] === "-", key: (part[2] || "").toLowerCase(), value });
    }
    return found;
  }

  const haystacks = [];

  function haystack(number) {
    haystacks[number] ??= [
      index.ids[number],
      index.input[number],
      index.why[number],
      ...tagsOf(number).map(([name, value]) => name + "=" + value),
    ].join("\n").toLowerCase();
    return haystacks[number];
  }

  function holds(condition, number, inOutputs) {
    const { key, value } = condition;
    switch (key) {
      case "":
        return haystack(number).includes(value);
      case "status":
        return status(number) === (value === "unchanged" ? "same" : value) || (value === "error" && index.error[number]);
      case "id":
        return index.ids[number].toLowerCase().includes(value);
      case "test":
        return word(index.test, number).toLowerCase().includes(value);
      case "dataset":
        return word(index.dataset, number).toLowerCase() === value;
      case "why":
        return index.why[number].toLowerCase().includes(value);
      case "output":
        return inOutputs.get(value).has(number);
    }
    for (const metric of index.metrics) {
      if (metric.name.toLowerCase() !== key) continue;
      if (index.marks[metric.mark[number]] === value) return true;
      return word(metric.c, number).toLowerCase() === value;
    }
    return tagsOf(number).some(([name, text]) => name.toLowerCase() === key && text.toLowerCase() === value);
  }

  const outputSearches = new Map();

  /** Return the cases with a text in an output of either side; every chunk is unpacked once for it. */
  async function casesWithOutput(text) {
    const known = outputSearches.get(text);
    if (known) return known;
    const found = new Set();
    for (let place = 0; place < index.starts.length; place++) {
      const cases = await unpack("chunk-" + place);
      cases.forEach((one, offset) => {
        const outputs = [...one.b, ...one.c].flatMap((trial) => trial.o || []);
        if (outputs.some(([, part]) => part.toLowerCase().includes(text))) found.add(index.starts[place] + offset);
      });
    }
    if (outputSearches.size > 3) outputSearches.clear();
    outputSearches.set(text, found);
    return found;
  }

  async function selected(state) {
    const conditions = parsed(state.q);
    const inOutputs = new Map();
    for (const { key, value } of conditions) {
      if (key === "output") inOutputs.set(value, await casesWithOutput(value));
    }
    const rows = [];
    for (let number = 0; number < total; number++) {
      if (!SHOWN[state.show].has(number)) continue;
      if (conditions.every((one) => Boolean(holds(one, number, inOutputs)) !== one.not)) rows.push(number);
    }
    return sorted(rows, state.sort);
  }

  const SHOWN = {
    changed: { label: "changed", has: isChanged },
    all: { label: "all", has: () => true },
    errors: { label: "errors", has: (number) => Boolean(index.error[number]) },
    uncompared: { label: "not compared", has: (number) => index.status[number] > 2 },
  };

  function sorted(rows, sort) {
    const key = sortKey(sort);
    if (key === null) return rows;
    const down = sort.startsWith("-");
    return rows.sort((a, b) => (down ? key(b) - key(a) : key(a) - key(b)) || a - b);
  }

  function sortKey(sort) {
    const name = sort.replace("-", "");
    if (name === "loss") return (number) => index.loss[number];
    if (name[0] === "m" && index.metrics[Number(name.slice(1))]) {
      const metric = index.metrics[Number(name.slice(1))];
      if (compared) return (number) => metric.loss[number];
      return (number) => metric.value[number] ?? Infinity;
    }
    return null;
  }

  // ---------------------------------------------------------------- address

  function defaults() {
    return { show: compared && index.status.some((one) => one < 2) ? "changed" : "all", q: "", sort: compared ? "-loss" : "case", page: "1" };
  }

  function address() {
    const [page, query = ""] = location.hash.replace(/^#/, "").split("?");
    return { page: page || "overview", parameters: new URLSearchParams(query) };
  }

  function stateOf(parameters) {
    const state = { ...defaults(), ...Object.fromEntries(parameters) };
    if (!Object.hasOwn(SHOWN, state.show)) state.show = "all";
    return state;
  }

  function hashOf(page, state) {
    const usual = defaults();
    const told = Object.entries(state).filter(([name, value]) => String(value) !== (usual[name] ?? ""));
    const query = new URLSearchParams(told).toString();
    return "#" + page + (query ? "?" + query : "");
  }

  function replaceHash(hash) {
    try {
      history.replaceState(null, "", hash);
    } catch {
      location.hash = hash; // where the page is shown inside another
    }
  }

  // ---------------------------------------------------------------- the table of cases

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

  // ---------------------------------------------------------------- word diff

  const WORDS = /\s+|[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[\p{L}\p{N}\p{M}_]+|[^]/gu;

  /** Return [kind, text] pieces; kind is " ", "-" or "+". `null` where the texts are too large to compare. */
  function diff(before, after) {
    if (before === after) return [[" ", before]];
    for (const split of [(text) => text.match(WORDS) || [], (text) => text.split(/(?<=\n)/)]) {
      const pieces = common(split(before), split(after));
      if (pieces) return joined(pieces);
    }
    return null;
  }

  function common(a, b) {
    let start = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start++;
    let endA = a.length;
    let endB = b.length;
    while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
      endA--;
      endB--;
    }
    const n = endA - start;
    const m = endB - start;
    if (n * m > MOST_PAIRS) return null;
    const width = m + 1;
    const lengths = new Uint16Array((n + 1) * width);
    for (let i = n - 1; i >= 0; i--) {
      for (let j = m - 1; j >= 0; j--) {
        const at = i * width + j;
        lengths[at] = a[start + i] === b[start + j]
          ? lengths[at + width + 1] + 1
          : Math.max(lengths[at + width], lengths[at + 1]);
      }
    }
    const pieces = a.slice(0, start).map((text) => [" ", text]);
    let i = 0;
    let j = 0;
    while (i < n || j < m) {
      if (i < n && j < m && a[start + i] === b[start + j]) {
        pieces.push([" ", a[start + i++]]);
        j++;
      } else if (i < n && (j === m || lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) {
        pieces.push(["-", a[start + i++]]);
      } else {
        pieces.push(["+", b[start + j++]]);
      }
    }
    return pieces.concat(a.slice(endA).map((text) => [" ", text]));
  }

  /** Join pieces of one kind; a space between two changes belongs to both, so that phrases stay whole. */
  function joined(pieces) {
    const smooth = [];
    let removed = "";
    let added = "";
    const flush = () => {
      if (removed) smooth.push(["-", removed]);
      if (added) smooth.push(["+", added]);
      removed = added = "";
    };
    pieces.forEach(([kind, text], place) => {
      const next = pieces[place + 1];
      if (kind === "-") removed += text;
      else if (kind === "+") added += text;
      else if (/^[ \t]+$/.test(text) && removed && added && next && next[0] !== " ") {
        removed += text;
        added += text;
      } else {
        flush();
        const last = smooth[smooth.length - 1];
        if (last && last[0] === " ") last[1] += text;
        else smooth.push([" ", text]);
      }
    });
    flush();
    return smooth;
  }

  function pieceOf([kind, text]) {
    if (kind === " ") return el("span", "", text);
    return kind === "-"
      ? el("del", "", hiddenText("removed: "), text)
      : el("ins", "", hiddenText("added: "), text);
  }

  // ---------------------------------------------------------------- one case

  const VIEWS = [["side", "side by side"], ["inline", "inline"], ["plain", "no diff"]];
  let opened = null;

  async function showCase(number, parameters) {
    const one = await caseOf(number);
    if (!list.state) list = { state: defaults(), rows: await selected(defaults()) };
    const state = {
      view: VIEWS.some(([name]) => name === parameters.get("view")) ? parameters.get("view") : "side",
      trial: Math.max(1, Number(parameters.get("trial")) || 1),
    };
    const fresh = opened !== number;
    opened = number;
    byId("case").replaceChildren(...caseParts(number, one, state));
    if (fresh) {
      scrollTo(0, 0);
      byId("case-title").focus({ preventScroll: true });
    }
    document.title = index.ids[number].replace(HIDDEN, "�").slice(0, 80) + " · " + titleOfReport;
  }

  function caseParts(number, one, state) {
    const title = el("h2", "page-title", foreign(index.ids[number]));
    title.id = "case-title";
    title.tabIndex = -1;
    const trials = Math.max(one.b.length, one.c.length);
    const place = Math.min(state.trial, trials) - 1;
    const sides = [one.b[place] || null, one.c[place] || null];
    const again = (some) => {
      const next = { ...state, ...some };
      const query = new URLSearchParams(Object.entries(next).filter(([name, value]) => String(value) !== { view: "side", trial: "1" }[name]));
      replaceHash("#case-" + number + (query.size ? "?" + query : ""));
      byId("case").replaceChildren(...caseParts(number, one, next));
    };
    return [
      caseNav(number),
      el("div", "case-head", title, compared ? statusChip(number) : null, ...tagsOf(number).map(([name, value]) => foreign(name + "=" + value, "chip"))),
      given("Input", one.i, one.bi),
      one.e.length || (one.be || []).length ? given("Expected", one.e, one.be) : null,
      trials > 1 ? trialPicker(one, place, again) : null,
      compared ? viewPicker(state, again) : null,
      outputs(sides, state.view),
      scores(number, one, sides, place, trials),
      waterfall(sides),
      caseTools(number, one, sides),
    ].filter(Boolean);
  }

  function caseNav(number) {
    const at = list.rows.indexOf(number);
    const step = (to, text, key) => {
      if (to === undefined) return el("span", "quiet", text);
      const made = link("#case-" + to, text);
      made.title = "key " + key;
      return made;
    };
    const where = at < 0 ? "not in this list" : count(at + 1) + " of " + count(list.rows.length) + (list.state.show === "changed" ? " changed" : "");
    const made = el("nav", "case-nav",
      link(hashOf("cases", list.state), "← All cases"),
      el("span", "steps", step(list.rows[at - 1], "‹ Previous", "p"), el("span", "quiet", where), step(at < 0 ? list.rows[0] : list.rows[at + 1], "Next ›", "n")));
    made.ariaLabel = "Cases of the list";
    return made;
  }

  function given(label, fields, before) {
    const block = el("div", "given", el("h3", "", label));
    const old = new Map(before || []);
    if (!fields.length && !old.size) block.append(el("p", "quiet", "not stored"));
    for (const [name, text] of fields) {
      const was = old.get(name);
      block.append(el("div", "part", name ? foreign(name, "name") : null, was === undefined || was === text ? textBlock(text) : inlineDiff(was, text)));
    }
    for (const [name, text] of old) {
      if (!fields.some(([other]) => other === name)) block.append(el("div", "part", foreign(name, "name"), inlineDiff(text, "")));
    }
    return block;
  }

  function textBlock(text) {
    const made = el("div", "text", text);
    made.dir = "auto";
    return made;
  }

  function inlineDiff(before, after) {
    const pieces = diff(before, after);
    const made = el("div", "text", ...(pieces ? pieces.map(pieceOf) : [before, el("hr"), after]));
    made.dir = "auto";
    return made;
  }

  function viewPicker(state, again) {
    const made = el("fieldset", "shows", el("legend", "hidden", "How outputs are shown"));
    for (const [name, label] of VIEWS) {
      const radio = el("input");
      radio.type = "radio";
      radio.name = "view";
      radio.checked = name === state.view;
      radio.addEventListener("change", () => {
        again({ view: name });
        byId("case").querySelector("fieldset.shows:not(.trials) input:checked").focus();
      });
      made.append(el("label", "", radio, el("span", "", label)));
    }
    return made;
  }

  function trialPicker(one, place, again) {
    const made = el("fieldset", "shows trials", el("legend", "", "Trial"));
    for (let trial = 0; trial < Math.max(one.b.length, one.c.length); trial++) {
      const radio = el("input");
      radio.type = "radio";
      radio.name = "trial";
      radio.checked = trial === place;
      radio.addEventListener("change", () => {
        again({ trial: trial + 1 });
        byId("case").querySelector("fieldset.trials input:checked").focus();
      });
      const values = [one.b, one.c].map((side) => (side[trial] && side[trial].v[0] ? side[trial].v[0][0] : "–"));
      const shown = compared ? values.join(" → ") : values[1];
      made.append(el("label", "", radio, el("span", "", trial + 1 + " ", el("span", "number", shown))));
    }
    return made;
  }

  function sideTitle(place) {
    return foreign(index.sides[place] || (place ? "current" : "baseline"));
  }

  function outputs(sides, view) {
    const names = [...new Set(sides.flatMap((trial) => (trial && trial.o ? trial.o.map(([name]) => name) : [])))];
    const textOf = (trial, name) => (trial && trial.o ? trial.o.find(([other]) => other === name)?.[1] : undefined);
    const made = el("div", compared && view !== "inline" ? "sides" : "sides one");
    const columns = compared && view !== "inline" ? [[0], [1]] : compared ? [[0, 1]] : [[1]];
    for (const shown of columns) {
      const title = el("h3", "", "Output ", ...shown.flatMap((place, at) => [at ? " → " : "", sideTitle(place)]));
      if (compared && names.length && names.every((name) => textOf(sides[0], name) === textOf(sides[1], name))) title.append(el("span", "quiet", " the same in both"));
      const column = el("section", "side", title);
      for (const place of shown) column.append(...troubles(sides[place], place, shown.length > 1));
      for (const name of names) {
        const texts = [textOf(sides[0], name), textOf(sides[1], name)];
        column.append(el("div", "part", name ? foreign(name, "name") : null, outputText(texts, shown, view)));
      }
      made.append(column);
    }
    return made;
  }

  function troubles(trial, place, named) {
    const prefix = named ? [sideTitle(place), ": "] : [];
    if (!trial) return [el("p", "quiet", ...prefix, "This version does not have the case, or not this trial.")];
    const found = [];
    if (trial.x) found.push(el("p", "error", ...prefix, el("strong", "", "Error "), foreign(trial.x)));
    if (trial.oc) found.push(el("p", "quiet", ...prefix, "Ended as: " + trial.oc));
    if (trial.r) found.push(el("p", "quiet", ...prefix, "Rerun " + trial.r + " of the test"));
    for (const warning of trial.w || []) found.push(el("p", "quiet", ...prefix, "Warning: ", foreign(warning)));
    if (trial.o === 0) found.push(el("p", "quiet", ...prefix, "The output was left out to keep this file small; the store has it."));
    else if (!trial.o.length && !trial.x) found.push(el("p", "quiet", ...prefix, "No output is stored."));
    return found;
  }

  function outputText([before, after], shown, view) {
    const both = before !== undefined && after !== undefined;
    if (both && view !== "plain" && compared) {
      const pieces = diff(before, after);
      if (!pieces) {
        const texts = shown.map((place) => textBlock(place ? after : before));
        return el("div", "", el("p", "quiet", "Too long to mark the differences."), ...texts);
      }
      const hide = shown.length > 1 ? "" : shown[0] ? "-" : "+";
      const made = el("div", "text", ...pieces.filter(([kind]) => kind !== hide).map(pieceOf));
      made.dir = "auto";
      return made;
    }
    const texts = shown.map((place) => (place ? after : before)).filter((text) => text !== undefined);
    return texts.length ? el("div", "", ...texts.map(textBlock)) : el("p", "quiet", "–");
  }

  function scores(number, one, sides, place, trials) {
    const rows = index.metrics
      .map((metric, at) => ({ metric, mark: index.marks[metric.mark[number]], values: sides.map((trial) => (trial ? trial.v[at] : 0)) }))
      .filter(({ values }) => values[0] || values[1]);
    if (!rows.length) return null;
    const shown = compared ? [0, 1] : [1];
    const title = el("h3", "", "Scores", trials > 1 ? " of trial " + (place + 1) : "");
    title.id = "scores-title";
    const head = el("tr", "", header("col", "", "Metric"), ...shown.map((side) => header("col", "", sideTitle(side))));
    const body = el("tbody");
    for (const { metric, mark, values } of rows) {
      const name = header("row", mark === "same" ? "" : "tone-" + mark, mark === "same" ? null : el("span", "mark", MARKS[mark] + " "), foreign(metric.name), trials > 1 ? el("span", "quiet", " all trials " + [metric.b, metric.c].map((side) => word(side, number) || "–").join(" → ")) : null);
      body.append(el("tr", "", name, ...shown.map((side) => judgement(values[side], sides[side]))));
    }
    const made = scrolling("Scores", el("table", "scores", el("caption", "hidden", "Values and reasons of both versions"), el("thead", "", head), body));
    return el("section", "", title, made);
  }

  function judgement(value, trial) {
    if (!value) return el("td", "quiet", "–");
    const [text, why, error, source] = value;
    const cell = el("td", "", el("strong", "value", foreign(text)));
    if (source) cell.append(el("span", "chip", { llm_judge: "judge", human: "human" }[source] || ""));
    if (why) cell.append(el("div", "why", foreign(why)));
    if (error) cell.append(el("div", "error", foreign(error)));
    if (trial.cut) cell.append(el("div", "quiet", "reason left out"));
    return cell;
  }

  function caseTools(number, one, sides) {
    const command = "pytest " + shellQuoted(one.n);
    const tools = el("div", "case-tools");
    const copy = button("Copy pytest command", "small", () => copyText(command, copy));
    tools.append(copy, el("code", "", command));
    const line = datasetLine(number, one);
    if (line) {
      const asLine = button("Copy as dataset line", "small", () => copyText(line, asLine));
      tools.append(asLine);
    }
    const traces = sides.map((trial) => trial && trial.h).filter(Boolean);
    if (traces.length) {
      const ids = button("Copy trace ids", "small", () => copyText(traces.join("\n"), ids));
      tools.append(ids);
    }
    return tools;
  }

  /** Return the case as one line of a .jsonl dataset, or nothing where its inputs are not there or are cut. */
  function datasetLine(number, one) {
    if (!one.i.length || one.l === 0) return "";
    const object = (fields, json) =>
      "{" + fields.map(([name, text]) => JSON.stringify(name || "input") + ": " + (json.includes(name) ? text.replace(/\n\s*/g, " ") : JSON.stringify(text))).join(", ") + "}";
    const json = one.j || [[], []];
    const tags = tagsOf(number).filter(([name]) => !name.startsWith("vtrack.") && !(one.f || []).includes(name));
    const parts = ['"id": ' + JSON.stringify(index.ids[number]), '"inputs": ' + object(one.i, json[0])];
    if (one.e.length) parts.push('"expectations": ' + object(one.e, json[1]));
    if (tags.length) parts.push('"tags": ' + object(tags, []));
    return "{" + parts.join(", ") + "}";
  }

  const shellQuoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\"'\"'") + "'");

  async function copyText(text, control) {
    const usual = control.textContent;
    try {
      await navigator.clipboard.writeText(text);
      control.textContent = "Copied";
      announce("Copied");
      setTimeout(() => {
        control.textContent = usual;
      }, 1500);
    } catch {
      prompt("Copy this text:", text);
    }
  }

  // ---------------------------------------------------------------- waterfall

  /** Return steps in the order of the tree: depth, start from the first step, and what the span says. */
  function steps(spans) {
    const known = new Set(spans.map((span) => span.span_id));
    const children = new Map();
    for (const span of spans) {
      const parent = span.parent_id && known.has(span.parent_id) && span.parent_id !== span.span_id ? span.parent_id : "";
      children.set(parent, [...(children.get(parent) || []), span]);
    }
    const zero = spans.reduce((least, span) => Math.min(least, span.started_at || 0), Infinity);
    const found = [];
    const walk = (parent, depth, path) => {
      const mine = (children.get(parent) || []).sort((a, b) => (a.started_at || 0) - (b.started_at || 0));
      children.delete(parent);
      for (const span of mine) {
        const key = path + "/" + span.name;
        found.push({ span, depth, key, start: (span.started_at || 0) - zero, length: span.duration_s || 0 });
        if (span.span_id) walk(span.span_id, depth + 1, key);
      }
    };
    walk("", 0, "");
    return found;
  }

  function waterfall(sides) {
    const both = sides.map((trial) => steps((trial && trial.s) || []));
    if (!both[0].length && !both[1].length) return null;
    const rows = aligned(both[0], both[1]);
    const end = Math.max(...both.flat().map((step) => step.start + step.length), 1e-9);
    const slowest = compared ? slowestChange(rows) : null;
    const shown = compared ? [0, 1] : [1];
    const title = el("h3", "", "Steps");
    const head = el("tr", "", header("col", "", "Step"), ...shown.map((place) => header("col", "", sideTitle(place), " ", el("span", "quiet", sides[place] ? sides[place].d : ""))));
    const body = el("tbody");
    for (const row of rows) {
      const any = row[1] || row[0];
      const note = compared ? stepNote(row, slowest) : null;
      const name = header("row", "step depth-" + Math.min(any.depth, 6), stepName(row), note);
      body.append(el("tr", "", name, ...shown.map((place) => stepCell(row[place], end, place))));
    }
    const caption = el("caption", "quiet", "One time axis for " + (compared ? "both versions" : "all steps") + ": 0 to " + duration(end));
    const scroll = scrolling("Steps", el("table", "steps", caption, el("thead", "", head), body));
    return el("section", "", title, scroll);
  }

  /** Put steps of both sides that have the same place in the tree into one row. */
  function aligned(before, after) {
    const pieces = common(before.map((step) => step.key), after.map((step) => step.key));
    if (!pieces) return [...before.map((step) => [step, null]), ...after.map((step) => [null, step])];
    let i = 0;
    let j = 0;
    return pieces.map(([kind]) => (kind === " " ? [before[i++], after[j++]] : kind === "-" ? [before[i++], null] : [null, after[j++]]));
  }

  function slowestChange(rows) {
    const longer = rows.filter((row) => row[0] && row[1] && row[1].length > row[0].length * 1.1);
    const deepest = longer.filter((row) => !longer.some((other) => other[1].key.startsWith(row[1].key + "/")));
    return deepest.sort((a, b) => b[1].length - b[0].length - (a[1].length - a[0].length))[0] || null;
  }

  function stepNote(row, slowest) {
    if (!row[0]) return el("span", "chip tone-added", "+ new");
    if (!row[1]) return el("span", "chip tone-removed", "− gone");
    return row === slowest ? el("span", "chip tone-worse", "slowed most +" + duration(row[1].length - row[0].length)) : null;
  }

  function stepName(row) {
    const { span } = row[1] || row[0];
    const name = foreign(span.name);
    const kind = span.kind && span.kind !== "UNKNOWN" ? el("span", "kind", " " + span.kind.toLowerCase().replaceAll("_", " ")) : null;
    const contents = row.map((step, place) => step && stepContents(step.span, place)).filter(Boolean);
    return contents.length ? el("details", "", el("summary", "", name, kind), ...contents) : el("span", "", name, kind);
  }

  function stepContents(span, place) {
    const told = [["error", span.error], ["in", span.inputs], ["out", span.outputs], ...Object.entries(span.attributes || {})];
    for (const [name, , attributes] of span.events || []) told.push([name, attributes]);
    const rows = told.filter(([, value]) => value !== undefined && value !== null);
    if (!rows.length) return null;
    const list = el("dl", "pairs");
    for (const [name, value] of rows) {
      const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
      list.append(el("div", "", el("dt", "", foreign(name)), el("dd", "", textBlock(text))));
    }
    return el("div", "contents", compared ? el("p", "quiet", sideTitle(place)) : null, list);
  }

  function stepCell(step, end, place) {
    if (!step) return el("td", "quiet", "not called");
    const bar = svg("svg", { class: "bar", viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
      svg("rect", { class: "all", width: 1000, height: 10 }),
      svg("rect", { class: (place ? "now" : "before") + (step.span.status === "error" ? " failed" : ""), x: ((1000 * step.start) / end).toFixed(1), width: Math.max(4, (1000 * step.length) / end).toFixed(1), height: 10 }));
    return el("td", "", bar, el("span", "num", duration(step.length)), step.span.status === "error" ? el("span", "chip tone-worse", "error") : null);
  }

  // ---------------------------------------------------------------- pages, keys, theme

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
})();
