/** The parts of a lesson that need no watching: counted, waiting for a proof, or for a person. In order, apart. */

export type Part = readonly [startMs: number, endMs: number];

/** A player is inexact by so much: shorter parts are not missed. */
const SLACK_MS = 2_000;

/** As the service writes them: `from-to`. */
export function partsOf(texts: readonly string[]): readonly Part[] {
  return texts.map((text) => text.split("-").map(Number) as unknown as Part);
}

/** Their length. */
export function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, [a, b]) => sum + b - a, 0);
}

/** Where the part that begins at or before `atMs` ends; 0 where none does. */
export function countedTo(parts: readonly Part[], atMs: number): number {
  return parts.reduce((end, [a, b]) => (a <= atMs ? b : end), 0);
}

/** The first position from `fromMs` on that is missing for more than a moment; -1 where none is. */
export function missingFrom(parts: readonly Part[], fromMs: number, durationMs: number): number {
  let at = fromMs;
  for (const [a, b] of parts) {
    if (a - at >= SLACK_MS) break;
    at = Math.max(at, b);
  }
  return durationMs - at >= SLACK_MS ? at : -1;
}

/** The next missing part's beginning after `atMs`, else the first one's; -1 where nothing is missing. */
export function nextMissing(parts: readonly Part[], atMs: number, durationMs: number): number {
  const next = missingFrom(parts, atMs, durationMs);
  return next < 0 ? missingFrom(parts, 0, durationMs) : next;
}

/** Whether playing on from here adds nothing, for more than a moment. */
export function isCounted(parts: readonly Part[], atMs: number): boolean {
  return parts.some(([a, b]) => a <= atMs && b - atMs > SLACK_MS);
}

/** Where to go back to from a position that lies behind something missed; -1 where nothing is. */
export function holeBefore(parts: readonly Part[], atMs: number): number {
  const end = countedTo(parts, atMs);
  return atMs - end > SLACK_MS ? end : -1;
}
