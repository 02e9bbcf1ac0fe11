// What an application did step by step, on one axis.

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
