/** When a session is over. */
import type { Status } from "../core/state.ts";

interface Closing {
  readonly status: Status;
  on(name: "status", listener: () => void): () => void;
}

/** Resolves once the session is closed, for whatever reason. */
export function untilClosed(session: Closing): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (session.status.hold !== "ended") return;
      stop();
      resolve();
    };
    const stop = session.on("status", look);
    look();
  });
}
