// Draws a page again without replacing its elements: a button that is being pressed stays, so the press is not lost.
//
// A page describes all that it shows with ``h`` and hands it to ``show``. Each described element takes the place of
// one that stands there already, if there is one like it: that one gets its attributes, listeners and content. Each
// entry of a list has a ``key``, so that a press never reaches another entry that has moved to the place of the pressed one.

const listeners = new WeakMap();
const keys = new WeakMap();
const held = new WeakSet();

/** Name an element among its neighbours: it stands for one with the same key, wherever that has moved to. */
export function keyed(node, key) {
  keys.set(node, String(key));
}

/** Keep an element out of the drawing: it is placed as it is, and its content is another's business. */
export function hold(node) {
  held.add(node);
  return node;
}

/** Listen to an element's events; a later drawing may exchange what is done. */
export function listen(node, type, act) {
  const acts = listeners.get(node) ?? new Map();
  listeners.set(node, acts);
  if (!acts.has(type)) node.addEventListener(type, (event) => acts.get(type)?.call(node, event));
  acts.set(type, act);
}

/** Show these children and no others. */
export function show(target, ...children) {
  place(target, children.flat(Infinity).filter(Boolean).map((child) => (child instanceof Node ? child : document.createTextNode(child))));
}

function place(target, wanted) {
  const left = [...target.childNodes];
  const placed = wanted.map((node) => {
    const at = left.findIndex((old) => old === node || alike(old, node));
    if (at < 0) return node;
    const [old] = left.splice(at, 1);
    if (old !== node) renew(old, node);
    return old;
  });
  for (const old of left) old.remove();
  let next = target.firstChild;
  for (const node of placed) {
    if (node === next) next = node.nextSibling;
    else target.insertBefore(node, next);
  }
}

function alike(old, node) {
  if (held.has(old) || held.has(node) || old.nodeName !== node.nodeName) return false;
  if (keys.get(old) !== keys.get(node) || (old.id ?? "") !== (node.id ?? "")) return false;
  // Without a key, a button is known by its text and a choice by its value: another one never takes over the press.
  if (old instanceof HTMLButtonElement && !keys.has(node)) return old.textContent === node.textContent;
  if (old instanceof HTMLInputElement) return old.type === node.type && old.name === node.name && (old.type !== "radio" || old.value === node.value);
  return true;
}

function renew(old, node) {
  if (old instanceof Text) {
    if (old.data !== node.data) old.data = node.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!node.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of node.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const acts = listeners.get(node) ?? new Map();
  for (const type of listeners.get(old)?.keys() ?? []) if (!acts.has(type)) listeners.get(old).set(type, undefined);
  for (const [type, act] of acts) listen(old, type, act);
  place(old, [...node.childNodes]);
  // The page's state, which follows what is typed and chosen, decides what a field holds.
  if (old instanceof HTMLInputElement && old.checked !== node.checked) old.checked = node.checked;
  if ((old instanceof HTMLInputElement || old instanceof HTMLTextAreaElement) && old.value !== node.value) old.value = node.value;
}
