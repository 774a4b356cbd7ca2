/** The time that the core is told. */
let lastMs = 0;
let aheadMs = 0;

/** The page's clock in milliseconds. It never goes back, so a page that patches it does not stop the reports. */
export function now(): number {
  const ms = performance.now() + aheadMs;
  if (ms < lastMs) aheadMs += lastMs - ms;
  lastMs = Math.max(lastMs, ms);
  return lastMs;
}
