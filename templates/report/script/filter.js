// Which cases are listed, and in which order.

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
