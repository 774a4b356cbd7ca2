/** What survives a reload: kept in sessionStorage, which a browser may deny; then a reload starts a new session. */
import type { Saved } from "../core/state.ts";

const NONCE = /^[0-9a-f]{32}$/;

export class Memory {
  /** Whether the browser refused; reported once. */
  denied = false;

  constructor(private readonly key: string) {}

  load(): Saved | null {
    try {
      const raw: unknown = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
      if (typeof raw !== "object" || raw === null) return null;
      const { sessionId, token, playheadMs, wantPlay, clientNonce } = raw as Record<string, unknown>;
      if (typeof sessionId !== "string" || sessionId === "" || sessionId.length > 64) return null;
      if (typeof token !== "string" || token === "") return null;
      return {
        sessionId,
        token,
        playheadMs: typeof playheadMs === "number" && Number.isFinite(playheadMs) ? playheadMs : -1,
        wantPlay: wantPlay === true,
        clientNonce: typeof clientNonce === "string" && NONCE.test(clientNonce) ? clientNonce : "",
      };
    } catch (error) {
      if (!(error instanceof SyntaxError)) this.denied = true;
      return null;
    }
  }

  save(saved: Saved): void {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(saved));
    } catch {
      this.denied = true;
    }
  }

  forget(): void {
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      this.denied = true;
    }
  }
}

const DEVICE_KEY = "zaichang.device";

/**
 * The random value that stands for this browser, made on first use. It says nothing about the machine; the service keeps
 * a keyed digest of it for some weeks, to see many accounts on one device. Empty where the browser keeps nothing.
 */
export function deviceId(fresh: () => string): string {
  try {
    const kept = localStorage.getItem(DEVICE_KEY);
    if (kept !== null && /^[0-9a-f]{16,64}$/.test(kept)) return kept;
    const made = fresh();
    localStorage.setItem(DEVICE_KEY, made);
    return made;
  } catch {
    return "";
  }
}

/** A fresh nonce of 128 bits, in hexadecimal. */
export function hexNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
