// One case, both sides of it.

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
