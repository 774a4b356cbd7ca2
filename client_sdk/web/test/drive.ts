/** Drives the core as the shell would: a clock, a player's sample, and the outputs. */
import { reduce } from "../src/core/reduce.ts";
import { initial, type Cause, type Sample, type Saved, type State } from "../src/core/state.ts";
import type { CoreEvent, Effect, Input } from "../src/core/io.ts";

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;

export const FRESH = "f".repeat(32);

export class Driver {
  state: State;
  nowMs = 1_000;
  effects: Effect[] = [];
  sample: Sample = {
    playheadMs: 0, playing: false, stalled: false, ended: false, rateBp: 10_000, visible: true, focused: true, hints: [],
  };

  constructor(options: { saved?: Saved; canRenew?: boolean; wantPlay?: boolean } = {}) {
    this.state = initial({
      token: "token-1", locale: "en", sdk: "test/1", clientNonce: "0".repeat(32), saved: options.saved ?? null,
      wantPlay: options.wantPlay ?? false, canRenew: options.canRenew ?? false,
    });
  }

  put(input: Without<Input, "nowMs">): this {
    const step = reduce(this.state, { ...input, nowMs: this.nowMs } as Input);
    this.state = step.state;
    this.effects.push(...step.effects);
    for (const effect of step.effects) {
      if (effect.do === "pause") this.sample = { ...this.sample, playing: false };
      if (effect.do === "play") this.sample = { ...this.sample, playing: true };
      if (effect.do === "seek") this.sample = { ...this.sample, playheadMs: effect.toMs };
    }
    return this;
  }

  look(cause: Cause, patch: Partial<Sample> = {}): this {
    this.sample = { ...this.sample, ...patch };
    return this.put({ type: "sample", cause, sample: this.sample });
  }

  /** Let time pass in ticks of a second, the player going on by itself. */
  wait(ms: number): this {
    for (let passed = 0; passed < ms; passed += 1_000) {
      const stepMs = Math.min(1_000, ms - passed);
      this.nowMs += stepMs;
      const onMs = this.sample.playing ? stepMs : 0;
      this.look("tick", { playheadMs: this.sample.playheadMs + onMs });
    }
    return this;
  }

  say(message: object): this {
    return this.put({ type: "text", text: JSON.stringify(message) });
  }

  lose(code: number): this {
    return this.put({ type: "lost", code, random: 0.5, freshNonce: FRESH });
  }

  join(patch: object = {}): this {
    return this.put({ type: "opened" }).say({ ...JOINED, ...patch });
  }

  /** Open a session that is being counted. */
  counting(): this {
    this.put({ type: "start" }).join().say({ t: "resume" }).look("play", { playing: true });
    this.nowMs += 200;
    return this.look("again").ackLast().take();
  }

  ackLast(patch: object = {}): this {
    const seq = this.state.seq + 1;
    return this.say({ t: "ack", seq, nonce: nonceOf(seq + 1), counting: true, frontier_ms: this.sample.playheadMs, ...patch });
  }

  /** Forget the effects so far. */
  take(): this {
    this.effects = [];
    return this;
  }

  sent(): { t: string; [name: string]: unknown }[] {
    return this.effects.flatMap((effect) => (effect.do === "send" ? [JSON.parse(effect.text) as { t: string }] : []));
  }

  events<T extends CoreEvent["type"]>(type: T): Extract<CoreEvent, { type: T }>[] {
    return this.effects.flatMap((effect) =>
      effect.do === "emit" && effect.event.type === type ? [effect.event as Extract<CoreEvent, { type: T }>] : [],
    );
  }

  errors(): string[] {
    return this.events("error").map(({ error }) => `${error.code}${error.fatal ? "!" : ""}`);
  }

  did(what: Effect["do"]): number {
    return this.effects.filter((effect) => effect.do === what).length;
  }
}

export function nonceOf(seq: number): string {
  return seq.toString(16).padStart(32, "a");
}

export const JOINED = {
  t: "joined", session_id: "s1", resumed: false, server_ms: 1_700_000_000_000, seq: 1, nonce: nonceOf(1),
  heartbeat_ms: 5_000, frontier_ms: 0, lesson_duration_ms: 600_000, schedule_commitment: "c", policy_name: "default",
  policy_digest: "d", captures: true,
};
