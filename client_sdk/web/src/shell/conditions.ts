/** The browser's word on the line, for the size of pictures. */
import type { Conditions } from "../core/picture_size.ts";

/** The conditions that a picture is taken under: the network as the browser sees it, what waits to be sent, and the battery. */
export function conditionsOf(waitingBytes: number, lowBattery: boolean): Conditions {
  const { connection } = navigator as Navigator & { connection?: { effectiveType?: string; saveData?: boolean } };
  return { effectiveType: connection?.effectiveType ?? "", saveData: connection?.saveData ?? false, waitingBytes, lowBattery };
}
