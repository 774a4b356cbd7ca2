/** One step's working copy: collects the new state and the effects, so that the parts of the reducer read in order. */
import { sdkError, type ErrorCode } from "./errors.ts";
import type { CoreEvent, Effect, Step } from "./io.ts";
import type { State } from "./state.ts";
import { encodeClient } from "./codec.ts";
import type { ClientMessage } from "./wire.ts";

export class Turn {
  readonly effects: Effect[] = [];

  constructor(
    public state: State,
    readonly nowMs: number,
  ) {}

  set(patch: Partial<State>): void {
    this.state = { ...this.state, ...patch };
  }

  add(effect: Effect): void {
    this.effects.push(effect);
  }

  emit(event: CoreEvent): void {
    this.effects.push({ do: "emit", event });
  }

  send(message: ClientMessage): void {
    this.effects.push({ do: "send", text: encodeClient(message) });
  }

  error(code: ErrorCode | (string & {}), message: string, hint = "", fatal = false): void {
    this.emit({ type: "error", error: sdkError(code, message, hint, fatal) });
  }

  step(): Step {
    return { state: this.state, effects: this.effects };
  }
}
