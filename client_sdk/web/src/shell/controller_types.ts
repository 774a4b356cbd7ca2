/** The options of a controller, and its events. */
import type { CoreEvent } from "../core/io.ts";
import type { Status } from "../core/state.ts";

/** Every event by its name, with its data. */
export type EventMap = { [T in CoreEvent["type"]]: Extract<CoreEvent, { type: T }> } & {
  status: { readonly type: "status"; readonly status: Status };
  "player-blocked": { readonly type: "player-blocked" };
  locale: { readonly type: "locale"; readonly locale: string };
};

export interface ControllerOptions {
  readonly url: string;
  readonly token: string;
  /** Gives a fresh token; null where the page gave a string. */
  readonly renew: (() => string | Promise<string>) | null;
  readonly locale: string;
  readonly sdk: string;
  readonly key: string;
  readonly deviceId: string | undefined;
  readonly workerUrl: string | null;
  readonly passkeys: boolean;
  readonly autoFinish: boolean;
}
