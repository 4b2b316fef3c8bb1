/**
 * The grammar of callbacks, watched in every conversation of every case.
 *
 * `connect (data | found | drain | timeout)* end? drain* error? close`, with `exception` wherever the code of
 * the case, or a producer, threw.
 *
 * @module
 */

import type { AsyncChatHooks } from "../core/async_chat_options.ts";

/** A hook's name, as cases and reports call it. */
export type HookName =
  | "connect"
  | "data"
  | "found"
  | "drain"
  | "timeout"
  | "end"
  | "error"
  | "exception"
  | "close";

/** The hooks and their names. */
export const HOOKS: readonly (readonly [keyof AsyncChatHooks, HookName])[] = [
  ["handleConnect", "connect"],
  ["collectIncomingData", "data"],
  ["foundTerminator", "found"],
  ["handleDrain", "drain"],
  ["handleTimeout", "timeout"],
  ["handleEnd", "end"],
  ["handleError", "error"],
  ["handleException", "exception"],
  ["handleClose", "close"],
];

/** Hooks that tell input: none of them may follow an error, but that of a limit when skipping. */
const INPUT: readonly HookName[] = ["data", "found", "end"];

/** Kinds that leave the connection standing, so that an answer can be sent; closing may fail after. */
const ANSWERABLE: readonly string[] = ["limit", "timeout", "protocol", "incomplete"];

/** Watches one conversation. */
export class Monitor {
  /** Hooks called so far; pieces of data in a row count as one. */
  readonly log: HookName[] = [];
  /** What was against the grammar, in words. */
  readonly violations: string[] = [];

  readonly #counts = new Map<HookName, number>();
  #waiters: { hook: HookName; times: number; resolve: (told: boolean) => void }[] = [];
  #inside: HookName | undefined;
  #pending: HookName | undefined;
  #command: string | undefined;
  #silenced: string | undefined;
  #connected = false;
  #ended = false;
  #failed = false;
  #refused = false;
  #closed = false;
  #thrown = 0;

  /** How often a hook has been called. */
  count(hook: HookName): number {
    return this.#counts.get(hook) ?? 0;
  }

  /** Resolves with `true` once it has been called so often; with `false` when it cannot be any more. */
  told(hook: HookName, times: number): Promise<boolean> {
    if (this.count(hook) >= times) return Promise.resolve(true);
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => this.#waiters.push({ hook, times, resolve }));
  }

  /** A hook is being called; `detail` is the data's length, or the error's kind. */
  enter(hook: HookName, detail?: number | string): void {
    const against = this.#against(hook, detail);
    if (hook !== "data" || this.log.at(-1) !== "data") this.log.push(hook);
    if (against !== undefined) this.#violate(`${hook} ${against}`);
    this.#inside = hook;
    this.#connected = true;
    this.#ended ||= hook === "end";
    this.#refused ||= hook === "error" && detail !== "limit";
    this.#failed ||= hook === "error" && !ANSWERABLE.includes(String(detail));
    this.#closed ||= hook === "close";
    this.#counts.set(hook, this.count(hook) + 1);
    this.#waiters = this.#waiters.filter((waiter) => {
      const told = this.count(waiter.hook) >= waiter.times;
      if (told || this.#closed) waiter.resolve(told);
      return !told && !this.#closed;
    });
  }

  /** The hook returned, or threw; `settled` when it had returned a promise. */
  leave(hook: HookName, result: "returned" | "promise" | "threw" | "settled" | "rejected"): void {
    if (result === "settled" || result === "rejected") this.#pending = undefined;
    else this.#inside = undefined;
    if (result === "promise") this.#pending = hook;
    if (result === "threw" || result === "rejected") this.#thrown++;
  }

  /** Runs a command of the conversation's: no hook may be called from inside it. */
  command<T>(name: string, run: () => T): T {
    const outer = this.#command;
    this.#command = name;
    try {
      const answer = run();
      if (name === "close" || name === "abort") this.#silenced ??= name;
      return answer;
    } finally {
      this.#command = outer;
    }
  }

  #against(hook: HookName, detail: number | string | undefined): string | undefined {
    if (this.#inside !== undefined) return `was called inside ${this.#inside}`;
    if (this.#pending !== undefined) {
      return `was called before the promise of ${this.#pending} had settled`;
    }
    if (this.#command !== undefined) return `was called inside the caller's own ${this.#command}()`;
    if (hook === "exception" && this.#thrown > 0) {
      this.#thrown--;
      return undefined;
    }
    if (this.#closed) return "was called after close";
    if (hook === "close") return undefined;
    if (this.#silenced !== undefined) return `was called after the caller's ${this.#silenced}()`;
    if (this.#failed || (this.#refused && INPUT.includes(hook))) return "was called after error";
    if (hook === "connect") return this.#connected ? "was not called first, once" : undefined;
    if (!this.#connected) return "was called before connect";
    if (this.#ended && (hook === "data" || hook === "found" || hook === "end")) {
      return "was called after end";
    }
    if (hook === "data" && detail === 0) return "was called without data";
    return undefined;
  }

  #violate(what: string): void {
    if (this.violations.length < 10) {
      this.violations.push(`${what}: ${this.log.slice(-12).join(" ")}`);
    }
  }
}
