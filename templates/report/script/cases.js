// The cases, packed until they are looked at.

const CACHED_CHUNKS = 6;

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
