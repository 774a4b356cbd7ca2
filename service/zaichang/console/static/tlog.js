// RFC 6962 hashes, C2SP tiles, checkpoints and signed notes, as far as this page needs them.
import { call } from "/static/common.js";

const WIDTH = 256;
const FULL_CHECK_MAX = 8192;
const text = new TextDecoder();
const bytes = new TextEncoder();

export const fromBase64 = (value) => Uint8Array.from(atob(value), (char) => char.charCodeAt(0));
export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
export const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));
export const leafHash = (data) => sha256(new Uint8Array([0]), data);
export const nodeHash = (left, right) => sha256(new Uint8Array([1]), left, right);

export function readCheckpoint(note) {
  const [origin, size, root] = note.split("\n");
  return { origin, size: Number(size), root: fromBase64(root) };
}

function path(kind, index, width) {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const groups = digits.match(/.{3}/g);
  const name = [...groups.slice(0, -1).map((group) => `x${group}`), groups.at(-1)].join("/");
  return `/tile/${kind}/${name}${width === WIDTH ? "" : `.p/${width}`}`;
}

const widthAt = (index, size) => Math.min(WIDTH, size - index * WIDTH);

async function bundle(base, index, size) {
  const width = widthAt(index, size);
  const data = new Uint8Array(await (await call(base + path("entries", index, width))).arrayBuffer());
  const view = new DataView(data.buffer);
  const found = [];
  for (let at = 0; at < data.length; ) {
    const length = view.getUint16(at);
    const raw = data.slice(at + 2, at + 2 + length);
    found.push({ index: index * WIDTH + found.length, raw, leaf: JSON.parse(text.decode(raw)) });
    at += 2 + length;
  }
  return found;
}

// All entries of a small log; the newest bundles of a large one. Those read before are kept.
export async function readEntries(base, size, known) {
  const last = Math.ceil(size / WIDTH) - 1;
  const first = size <= FULL_CHECK_MAX ? 0 : Math.max(0, last - 1);
  const kept = known.length && known[0].index === first * WIDTH ? known : [];
  const whole = Math.floor(kept.length / WIDTH);
  const entries = kept.slice(0, whole * WIDTH);
  for (let index = first + whole; index <= last; index += 1) entries.push(...(await bundle(base, index, size)));
  return entries;
}

async function treeRoot(hashes) {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0];
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(await treeRoot(hashes.slice(0, split)), await treeRoot(hashes.slice(split)));
}

export async function signatureHolds(note, vkey) {
  const [name, id, key] = [vkey.slice(0, vkey.indexOf("+")), ...vkey.slice(vkey.indexOf("+") + 1).split(/\+(.*)/s)];
  const [body, signatures] = [note.slice(0, note.lastIndexOf("\n\n") + 1), note.slice(note.lastIndexOf("\n\n") + 2)];
  const line = signatures.split("\n").find((each) => each.startsWith(`— ${name} `));
  if (!line) return false;
  const blob = fromBase64(line.slice(line.lastIndexOf(" ") + 1));
  const shown = [...blob.slice(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (shown !== id) return false;
  const raw = fromBase64(key).slice(1);
  const imported = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, blob.slice(4), bytes.encode(body));
}

export async function checkLog(note, checkpoint, vkey, entries) {
  const signature = await signatureHolds(note, vkey).then(
    (holds) => (holds ? "ok" : "bad"),
    () => "unknown",
  );
  let root = "unknown";
  if (entries.length === checkpoint.size) {
    const hashes = await Promise.all(entries.map((entry) => leafHash(entry.raw)));
    root = equal(await treeRoot(hashes), checkpoint.root) ? "ok" : "bad";
  }
  return { signature, root };
}

// Inclusion from tiles: hashes of one leaf's bundle, then upwards; every sibling comes from the published tiles.
export async function inclusion(base, checkpoint, index, entries) {
  const entry = entries.find((each) => each.index === index);
  if (!entry) return false;
  const read = tileReader(base, checkpoint.size);
  const hash = await leafHash(entry.raw);
  return equal(await rangeRoot(0, checkpoint.size, index, hash, read), checkpoint.root);
}

async function rangeRoot(start, end, index, hash, read) {
  if (end - start === 1) return start === index ? hash : read(0, start);
  const size = end - start;
  if (index < start || index >= end) {
    const level = Math.log2(size);
    if (Number.isInteger(level) && level % 8 === 0) return read(level / 8, start / size);
  }
  let split = 1;
  while (split * 2 < size) split *= 2;
  const left = await rangeRoot(start, start + split, index, hash, read);
  const right = await rangeRoot(start + split, end, index, hash, read);
  return nodeHash(left, right);
}

function tileReader(base, size) {
  const tiles = new Map();
  return async (level, number) => {
    const total = Math.floor(size / WIDTH ** level);
    const tile = Math.floor(number / WIDTH);
    const address = path(String(level), tile, widthAt(tile, total));
    if (!tiles.has(address)) tiles.set(address, call(base + address).then((answer) => answer.arrayBuffer()));
    const data = new Uint8Array(await tiles.get(address));
    const at = (number % WIDTH) * 32;
    return data.slice(at, at + 32);
  };
}
