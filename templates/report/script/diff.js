// Two texts, word by word.

const MOST_PAIRS = 4_000_000; // of words that are compared with each other in one text

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
