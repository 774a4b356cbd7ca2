/** How large a picture to send: what the service ordered, less on a slow network; never so small that a face is lost. */

export interface Network {
  /** `navigator.connection.effectiveType` where the browser says it. */
  readonly effectiveType: string;
  readonly saveData: boolean;
  /** Bytes handed to the socket that have not left yet. */
  readonly waitingBytes: number;
}

export const LEAST_WIDTH_PX = 320;
const LEAST_QUALITY_PCT = 60;

export function pictureSize(widthPx: number, qualityPct: number, network: Network): { widthPx: number; qualityPct: number } {
  const slow = network.saveData || network.waitingBytes > 60_000 || /^(slow-)?2g$/.test(network.effectiveType);
  if (!slow) return { widthPx, qualityPct };
  return { widthPx: Math.min(widthPx, Math.max(LEAST_WIDTH_PX, Math.round(widthPx * 0.75))), qualityPct: Math.min(qualityPct, LEAST_QUALITY_PCT) };
}
