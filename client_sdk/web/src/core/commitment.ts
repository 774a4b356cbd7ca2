/**
 * The commitment that a join carries: SHA-256 (FIPS 180-4) over a tag and the nonce. By hand, because the core is
 * synchronous and the browser's own SHA-256 is neither that nor there on an insecure page.
 */

const TAG = "vm/client-nonce/v1";

/** `SHA-256("vm/client-nonce/v1" || nonce)` as hex; the nonce is 32 hex digits. */
export function commitmentTo(nonce: string): string {
  const bytes = Array.from(TAG, (letter) => letter.charCodeAt(0));
  for (let at = 0; at < nonce.length; at += 2) bytes.push(parseInt(nonce.slice(at, at + 2), 16));
  return sha256(bytes);
}

/** First 32 bits of the fractional part of a root; its primes are the first 64. */
function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

function sha256(message: readonly number[]): string {
  const constants = primes(64).map((prime) => fraction(Math.cbrt(prime)));
  let hash = primes(8).map((prime) => fraction(Math.sqrt(prime)));
  const padded = [...message, 0x80];
  while (padded.length % 64 !== 56) padded.push(0);
  // The length in bits, as eight bytes: at most four of them are in use here.
  padded.push(0, 0, 0, 0);
  for (let shift = 24; shift >= 0; shift -= 8) padded.push((message.length * 8 >>> shift) & 0xff);
  for (let block = 0; block < padded.length; block += 64) hash = compress(hash, words(padded, block), constants);
  return hash.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function words(bytes: readonly number[], from: number): number[] {
  const w: number[] = [];
  const byte = (at: number): number => bytes[from + at] ?? 0;
  for (let at = 0; at < 64; at += 4) w.push((byte(at) << 24) | (byte(at + 1) << 16) | (byte(at + 2) << 8) | byte(at + 3));
  const word = (at: number): number => w[at] ?? 0;
  for (let at = 16; at < 64; at++) {
    const a = word(at - 15);
    const b = word(at - 2);
    const small0 = turned(a, 7) ^ turned(a, 18) ^ (a >>> 3);
    const small1 = turned(b, 17) ^ turned(b, 19) ^ (b >>> 10);
    w.push((word(at - 16) + small0 + word(at - 7) + small1) | 0);
  }
  return w;
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function compress(before: readonly number[], w: readonly number[], constants: readonly number[]): number[] {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = before;
  for (let at = 0; at < 64; at++) {
    const sum1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const one = (h + sum1 + ((e & f) ^ (~e & g)) + (constants[at] ?? 0) + (w[at] ?? 0)) | 0;
    const sum0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const two = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  return [a, b, c, d, e, f, g, h].map((word, at) => (word + (before[at] ?? 0)) | 0);
}
