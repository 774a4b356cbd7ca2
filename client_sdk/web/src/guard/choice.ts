/** The choice that was made for the session of this tab: a reload in the middle of a lesson does not ask again. */
import type { Route } from "./screens.ts";

export interface Made {
  readonly route: Route;
  readonly deviceId: string;
}

export class Choice {
  /** Where the choice is kept; the session itself is kept under `key` of `attach`. */
  constructor(readonly key: string) {}

  /** The choice, while there is a session to be resumed; null where the learner is to be asked. */
  ofThisSession(): Made | null {
    try {
      const { route, deviceId } = JSON.parse(sessionStorage.getItem(this.key) ?? "{}") as Partial<Made>;
      if (sessionStorage.getItem(`zaichang:${this.key}`) === null || (route !== "face" && route !== "challenge")) return null;
      return { route, deviceId: deviceId ?? "" };
    } catch {
      return null;
    }
  }

  keep(made: Made): void {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(made));
    } catch {
      // Without a memory the learner is asked again.
    }
  }
}
