/**
 * A conversation that is recorded and watched, and otherwise like any other.
 *
 * @module
 */

import { AsyncChat } from "../core/async_chat.ts";
import type { AsyncChatHooks, AsyncChatOptions, HookResult } from "../core/async_chat_options.ts";
import type { CloseReport } from "../core/close_report.ts";
import { Failure, type Probe } from "./case.ts";
import { before } from "./expect.ts";
import { type HookName, HOOKS, Monitor } from "./monitor.ts";
import { Checker } from "./stream.ts";
import type { Trace } from "./trace.ts";

/** What a case may hand over: options and hooks, whose `this` is the conversation. */
export type ProbeOptions = AsyncChatOptions & ThisType<AsyncChat>;

/** What the case gives all its conversations. */
export interface ProbeSurroundings {
  /** For the trace: `"#0"`. */
  readonly name: string;
  readonly trace: Trace;
  /** When the case shall wait no longer, on the clock of `performance.now()`. */
  readonly deadline: () => number;
  /** The seed of the self-locating stream that is expected, if one is. */
  readonly checkedSeed: number | undefined;
}

const COMMANDS = [
  "setTerminator",
  "push",
  "pushWithProducer",
  "resumeProducers",
  "discardBuffers",
  "pause",
  "resume",
  "end",
  "closeWhenDone",
  "close",
  "abort",
] as const;

/** A conversation and what it has told. */
export class RecordedProbe implements Probe {
  readonly chat: AsyncChat;
  readonly errors: unknown[] = [];
  received = 0;

  readonly #around: ProbeSurroundings;
  readonly #monitor = new Monitor();
  readonly #checker: Checker | undefined;

  /** Makes the conversation. It is connected by whoever asked for it. */
  constructor(options: ProbeOptions, around: ProbeSurroundings) {
    this.#around = around;
    if (around.checkedSeed !== undefined) this.#checker = new Checker(around.checkedSeed);
    this.chat = new AsyncChat(this.#recorded(options));
    this.#watchCommands();
  }

  get closed(): Promise<CloseReport> {
    return this.chat.closed;
  }

  /** How it is called in messages. */
  get name(): string {
    return this.#around.name;
  }

  get log(): readonly string[] {
    return this.#monitor.log;
  }

  /** Whether it has been given a socket. */
  get isAttached(): boolean {
    return this.chat.peer !== undefined;
  }

  /** Whether its close has been told. */
  get isClosed(): boolean {
    return this.#monitor.count("close") > 0;
  }

  /** What was against the rules, in words, whatever the case looks at. */
  get violations(): string[] {
    const wrong = this.#checker?.finish();
    return [
      ...this.#monitor.violations,
      ...(wrong === undefined
        ? []
        : [`the stream that came is not the one that was sent, ${wrong}`]),
    ].map((violation) => `${this.#around.name}: ${violation}`);
  }

  /** Resolves when a hook of that name has been called `times` times in all. */
  async told(hook: string, times = 1): Promise<void> {
    const name = HOOKS.find(([, known]) => known === hook)?.[1];
    if (name === undefined) throw new TypeError(`there is no hook named ${JSON.stringify(hook)}`);
    const what = `${this.#around.name}: ${hook}${times > 1 ? ` for the ${times}th time` : ""}`;
    const told = await before(this.#around.deadline, this.#monitor.told(name, times));
    if (told === true) return;
    const why = told === false ? "closed before it was told" : "not told in time";
    throw new Failure(`${why}: ${what}`, hook, this.#observed());
  }

  #observed(): string {
    return `${this.log.slice(-20).join(" ")}; ${this.received} bytes received`;
  }

  /** The options with every hook replaced by one that records and then does what was wanted. */
  #recorded(options: ProbeOptions): AsyncChatOptions {
    const recorded: Record<string, unknown> = { ...options };
    for (const [name, hook] of HOOKS) {
      const wanted = wantedHook(options, name) as (...args: unknown[]) => HookResult;
      const probe = this as RecordedProbe;
      recorded[name] = function (this: AsyncChat, ...args: unknown[]): HookResult {
        probe.#note(hook, args[0]);
        return probe.#watch(hook, () => wanted.apply(this, args));
      };
    }
    return recorded;
  }

  #note(hook: HookName, argument: unknown): void {
    const { name, trace } = this.#around;
    if (argument instanceof Uint8Array) {
      this.received += argument.length;
      this.#checker?.add(argument);
      this.#monitor.enter(hook, argument.length);
      trace.add(`${name} data`, argument.length);
      return;
    }
    if (hook === "error" || hook === "exception") this.errors.push(argument);
    const detail = detailOf(hook, argument);
    this.#monitor.enter(hook, detail);
    trace.add(`${name} ${hook}${detail === undefined ? "" : `: ${detail}`}`);
  }

  #watch(hook: HookName, run: () => HookResult): HookResult {
    const monitor = this.#monitor;
    let result: HookResult;
    try {
      result = run();
    } catch (error) {
      monitor.leave(hook, "threw");
      throw error;
    }
    if (typeof result !== "object" || typeof result?.then !== "function") {
      monitor.leave(hook, "returned");
      return result;
    }
    monitor.leave(hook, "promise");
    // Before the conversation itself, which is given the same promise, so that it has settled here.
    result.then(() => monitor.leave(hook, "settled"), () => monitor.leave(hook, "rejected"));
    return result;
  }

  #watchCommands(): void {
    const { chat } = this;
    const { name, trace } = this.#around;
    for (const command of COMMANDS) {
      const plain = chat[command] as (...args: unknown[]) => unknown;
      Object.defineProperty(chat, command, {
        value: (...args: unknown[]) => {
          trace.add(`${name}.${command}(${argumentOf(args[0])})`, sizeOf(args[0]));
          return this.#monitor.command(command, () => plain.apply(chat, args));
        },
      });
    }
  }
}

/** The case's own hook, or what stands for it. */
function wantedHook(options: ProbeOptions, name: keyof AsyncChatHooks): unknown {
  const own = options[name];
  if (own !== undefined) return own;
  if (options.foundTerminator === undefined) {
    // Whoever wants no frames only counts bytes: gathering 64 MiB would meet its limit.
    if (name === "collectIncomingData" || name === "foundTerminator") return () => {};
  }
  return AsyncChat.prototype[name];
}

function detailOf(hook: HookName, argument: unknown): string | undefined {
  if (hook === "close") return (argument as CloseReport).reason;
  if (hook !== "error" && hook !== "exception") return undefined;
  if (argument instanceof Error && "kind" in argument) return String(argument.kind);
  return String(argument);
}

function argumentOf(argument: unknown): string {
  if (typeof argument === "string") {
    return argument.length > 24 ? "text" : JSON.stringify(argument);
  }
  if (typeof argument === "number" || argument === null) return String(argument);
  return argument === undefined || ArrayBuffer.isView(argument) ? "" : "…";
}

function sizeOf(argument: unknown): number {
  if (ArrayBuffer.isView(argument)) return argument.byteLength;
  return typeof argument === "string" && argument.length > 24 ? argument.length : 0;
}
