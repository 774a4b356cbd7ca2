/** The size of a picture: as ordered, less on a slow network or a low battery, but never so small that a face is lost. */

export interface Conditions {
  /** `navigator.connection.effectiveType` where the browser says it. */
  readonly effectiveType: string;
  readonly saveData: boolean;
  /** Bytes handed to the socket that have not left yet. */
  readonly waitingBytes: number;
  /** The battery is low and not being charged. */
  readonly lowBattery: boolean;
}

export const LEAST_WIDTH_PX = 320;
const LEAST_QUALITY_PCT = 60;

export function pictureSize(widthPx: number, qualityPct: number, conditions: Conditions): { widthPx: number; qualityPct: number } {
  const slow = conditions.saveData || conditions.waitingBytes > 60_000 || /^(slow-)?2g$/.test(conditions.effectiveType);
  if (!slow && !conditions.lowBattery) return { widthPx, qualityPct };
  return { widthPx: Math.min(widthPx, Math.max(LEAST_WIDTH_PX, Math.round(widthPx * 0.75))), qualityPct: Math.min(qualityPct, LEAST_QUALITY_PCT) };
}
