/** The learner's words: one language is loaded, the other stays on the server. */
import type { words } from "./text_zh.ts";

export type Text = typeof words;

export async function loadText(locale: string): Promise<Text> {
  return locale.startsWith("en") ? (await import("./text_en.ts")).words : (await import("./text_zh.ts")).words;
}

/** The service's sentence for a reason code; empty for a code this version does not know. */
export function reasonText(code: string, text: Text): string {
  if (code === "CONNECTING") return text.CONNECTING;
  if (code === "OFFLINE") return text.OFFLINE;
  return text.endings[code] ?? text.reasons[code] ?? "";
}
