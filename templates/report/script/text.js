// Text and elements. Data of others reaches the page as text only.

const SVG = "http://www.w3.org/2000/svg";
const root = document.documentElement;
const byId = (id) => document.getElementById(id);

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
