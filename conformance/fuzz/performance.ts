/**
 * One script, performed: what was told, what was sent, and what was against the laws.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import type { HookResult } from "../../core/async_chat_options.ts";
import type { CloseReport } from "../../core/close_report.ts";
import { ChatError } from "../../core/errors.ts";
import { DEFAULT_LIMITS } from "../../core/limits.ts";
import type { Terminator } from "../../core/terminator.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import { lend } from "../../core/testing/segmentation.ts";
import { type HookName, HOOKS, Monitor } from "../monitor.ts";
import { Coming } from "./coming.ts";
import { Going } from "./going.ts";
import { Boom, type Command, type Input, type Reacting, type Script } from "./script.ts";

/** What came of a script. */
export interface Performed {
  /** Hooks and payload, in order; adjacent pieces joined. */
  readonly told: readonly string[];
  /** Bytes that the peer got; `undefined` where that may depend on how the input was cut. */
  readonly sent: string | undefined;
  /** What was against the laws, in words. */
  readonly wrong: readonly string[];
}

/** Turns after which everything that does not wait for the network has happened. */
const SETTLED = { sync: 2, async: 20 };

/**
 * Performs it.
 *
 * @param steady whether the script is one whose outcome must not depend on how its input is cut
 * @param cut cuts the input into chunks
 */
export async function perform(
  script: Script,
  steady: boolean,
  cut: (bytes: Uint8Array) => Iterable<Uint8Array>,
): Promise<Performed> {
  const performance = new Performance(script, steady, cut);
  await performance.run();
  return performance.outcome();
}

class Performance {
  readonly #script: Script;
  readonly #steady: boolean;
  readonly #chunks: (bytes: Uint8Array) => Iterable<Uint8Array>;
  readonly #chat: AsyncChat;
  readonly #peer: ManualPeer;
  readonly #monitor = new Monitor();
  readonly #told: string[] = [];
  readonly #wrong: string[] = [];
  readonly #counts = new Map<Reacting, number>();
  readonly #turns: number;
  readonly #coming: Coming;
  readonly #going: Going;
  #now = 0;

  #wire: Uint8Array[] = [];
  #finDue = false;
  #spoil: () => void = () => {};

  /** Hooks that have not settled: what they hold back is still to come. */
  #pending = 0;
  #muted = false;
  #cutShort = false;
  /** The connection was cut while it stood. */
  #failed = false;
  #closeAsked = false;
  /** Hooks that threw, or rejected: each has to be told. */
  #thrown = 0;
  #report: CloseReport | undefined;

  constructor(script: Script, steady: boolean, cut: (bytes: Uint8Array) => Iterable<Uint8Array>) {
    this.#script = script;
    this.#steady = steady;
    this.#chunks = cut;
    const limit = script.limits.maxFrameLength ?? DEFAULT_LIMITS.maxFrameLength;
    this.#coming = new Coming(script, limit, (what) => this.#against(what));
    const isAsync = /"wait"|"later":true/.test(JSON.stringify(script));
    this.#turns = isAsync ? SETTLED.async : SETTLED.sync;
    this.#chat = new AsyncChat(script.limits);
    this.#going = new Going(this.#chat, (what) => this.#against(what));
    for (const [name, short] of HOOKS) {
      const hook = (argument: unknown) => this.#hook(name as Reacting, short, argument);
      Object.defineProperty(this.#chat, name, { value: hook });
    }
    this.#peer = new ManualPeer(this.#chat, false);
    this.#peer.onerror = (error) => {
      if (!(error instanceof Boom)) this.#against(`reported: ${String(error)}`);
    };
  }

  async run(): Promise<void> {
    this.#command({ do: "terminator", to: this.#script.terminator });
    this.#guard(() => this.#peer.connect());
    await this.#settle();
    for (const input of this.#script.inputs) {
      this.#guard(() => this.#input(input));
      this.#move();
      if (this.#steady || input.do === "turn") await this.#settle();
    }
    await this.#finish();
  }

  outcome(): Performed {
    const joined: string[] = [];
    for (const entry of this.#told) {
      const last = joined.at(-1);
      if (entry.startsWith("data ") && last?.startsWith("data ")) {
        joined[joined.length - 1] = last + entry.slice(5);
      } else joined.push(entry);
    }
    return {
      told: joined,
      sent: this.#cutShort ? undefined : this.#going.sent.join(),
      wrong: [...this.#monitor.violations, ...this.#wrong],
    };
  }

  // --- the network -------------------------------------------------------------------------------

  #input(input: Input): void {
    switch (input.do) {
      case "receive":
        this.#wire.push(...this.#chunks(new TextEncoder().encode(input.text)));
        break;
      case "fin":
        this.#finDue = true;
        break;
      case "reset":
        this.#cut();
        this.#peer.fail();
        break;
      case "gone":
        this.#cut();
        this.#chat.session.disconnected();
        this.#peer.settle();
        break;
      case "tick":
        this.#peer.tick(this.#now += input.milliseconds);
        break;
      case "room":
        this.#peer.room = input.bytes;
        this.#peer.settle();
        break;
      case "command":
        if (input.command.do === "throw") break;
        this.#command(input.command);
        this.#peer.settle();
    }
  }

  #cut(): void {
    this.#wire = [];
    this.#cutShort = true;
    this.#failed ||= !this.#chat.session.isOver;
  }

  /** Lets come what is wanted, as a socket does. */
  #move(): boolean {
    const { session } = this.#chat;
    let moved = false;
    this.#guard(() => this.#peer.settle());
    while (session.wantsRead) {
      // What was lent is not looked at any more.
      this.#spoil();
      this.#spoil = () => {};
      const bytes = this.#wire.shift();
      if (bytes !== undefined) {
        const { chunk, spoil } = lend(bytes);
        this.#spoil = spoil;
        this.#coming.receive(bytes);
        this.#guard(() => this.#peer.send(chunk));
      } else if (this.#finDue) {
        this.#finDue = false;
        this.#guard(() => this.#peer.end());
      } else break;
      moved = true;
    }
    if (this.#steady && session.isPaused) {
      this.#chat.resume();
      this.#guard(() => this.#peer.settle());
      moved = true;
    }
    this.#going.sent.push(...this.#peer.take());
    return moved;
  }

  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < this.#turns;) {
      const busy = this.#move() || this.#pending > 0;
      quiet = busy ? 0 : quiet + 1;
      await Promise.resolve();
    }
  }

  async #finish(): Promise<void> {
    const { session } = this.#chat;
    this.#peer.room = Infinity;
    this.#finDue = !session.isOver;
    // A hook may pause it again.
    for (let times = 0; times < 10; times++) {
      this.#guard(() => {
        this.#chat.resume();
        this.#chat.resumeProducers();
      });
      await this.#settle();
      if (this.#monitor.count("close") > 0) break;
      if (times !== 7 || session.isOver) continue;
      if (this.#closeAsked) this.#against("closeWhenDone() was given, and nothing came of it");
      this.#cutShort = true;
      this.#chat.close();
    }
    this.#check(session.isOver);
  }

  #check(isOver: boolean): void {
    const closes = this.#monitor.count("close");
    if (closes !== 1 || !isOver) this.#against(`${closes} closes at the end`);
    const exceptions = this.#monitor.count("exception");
    if (exceptions < this.#thrown) {
      this.#against(`${this.#thrown} hooks threw, and ${exceptions} exceptions were told`);
    }
    this.#going.sent.push(...this.#peer.take());
    this.#coming.check();
    this.#going.check(this.#peer.sawEnd, this.#report?.bytesUnsent);
  }

  // --- hooks -------------------------------------------------------------------------------------

  #hook(name: Reacting, short: HookName, argument: unknown): HookResult {
    const detail = this.#note(short, argument);
    this.#monitor.enter(short, detail);
    try {
      const done = this.#react(name, argument);
      if (done === undefined) {
        this.#monitor.leave(short, "returned");
        return;
      }
      this.#monitor.leave(short, "promise");
      this.#pending++;
      done.then(
        () => {
          this.#pending--;
          this.#monitor.leave(short, "settled");
        },
        () => {
          this.#pending--;
          if (short !== "exception") this.#thrown++;
          this.#monitor.leave(short, "rejected");
        },
      );
      return done;
    } catch (error) {
      // One that handles exceptions has nobody to be told.
      if (short !== "exception") this.#thrown++;
      this.#monitor.leave(short, "threw");
      throw error;
    }
  }

  #note(short: HookName, argument: unknown): number | string | undefined {
    if (argument instanceof Uint8Array) {
      const terminator = this.#chat.getTerminator();
      this.#coming.tell(argument, terminator !== null && terminator !== 0);
      // What it gathers by itself is compared when the frame ends.
      if (this.#coming.gathers(argument)) {
        AsyncChat.prototype.collectIncomingData.call(this.#chat, argument);
      }
      this.#tell(`data ${[...argument].map((byte) => String.fromCharCode(byte)).join("")}`);
      return argument.length;
    }
    if (short === "found") this.#coming.found(this.#chat.getData());
    if (short === "end") this.#coming.end();
    if (short === "close") {
      const report = this.#report = argument as CloseReport;
      const { reason } = report;
      if (this.#failed && (reason === "ended" || reason === "closed")) {
        this.#against(`the connection was cut, and the report says ${reason}`);
      }
      this.#tell(`close ${report.reason} ${report.incomplete?.received ?? "whole"}`);
      return report.reason;
    }
    if (short === "exception" && !(argument instanceof Boom)) {
      this.#against(`an exception of its own: ${String(argument)}`);
    }
    if (argument instanceof ChatError) {
      this.#tell(`${short} ${argument.kind}`);
      if (argument.kind === "limit") this.#coming.skip();
      return argument.kind;
    }
    if (argument instanceof Error && short === "error") this.#against(`untyped: ${argument}`);
    this.#tell(short);
    return undefined;
  }

  #tell(entry: string): void {
    if (!this.#muted) this.#told.push(entry);
  }

  #react(name: Reacting, argument: unknown): Promise<void> | undefined {
    const { payload } = this.#coming;
    const isPiece = this.#steady && name === "collectIncomingData";
    const isFirst = payload !== 0 && payload === (argument as Uint8Array | undefined)?.length;
    if (isPiece && !isFirst) return undefined;
    const nth = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, nth);
    const commands = this.#script.reactions
      .filter((reaction) => reaction.hook === name && reaction.nth === nth)
      .flatMap((reaction) => reaction.commands);
    if (commands.length > 0) return this.#obey(commands);
    if (name === "handleEnd") this.#command({ do: "closeWhenDone" });
    if (name === "handleTimeout") this.#chat.abort(argument);
    return undefined;
  }

  #obey(commands: readonly Command[]): Promise<void> | undefined {
    const wait = commands.findIndex((command) => command.do === "wait");
    if (wait === -1) {
      for (const command of commands) this.#command(command);
      return undefined;
    }
    for (const command of commands.slice(0, wait)) this.#command(command);
    const { turns } = commands[wait] as Command & { do: "wait" };
    return (async () => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await this.#obey(commands.slice(wait + 1));
    })();
  }

  // --- commands ----------------------------------------------------------------------------------

  #command(command: Command): void {
    const chat = this.#chat;
    if (command.do === "throw") throw new Boom("as the script says");
    if (command.do === "wait") return;
    try {
      this.#monitor.command(command.do, () => {
        switch (command.do) {
          case "terminator":
            return this.#setTerminator(command.to);
          case "push":
            return this.#going.push(command.size);
          case "produce":
            return this.#going.produce(command);
          case "discardBuffers":
            this.#going.discard();
            this.#coming.discard();
            return chat.discardBuffers();
          default:
            if (command.do === "close" || command.do === "abort") this.#cutShort = true;
            chat[command.do]();
            // Frames of the same chunk are still told, others are not: that is no law.
            if (command.do !== "closeWhenDone") return;
            this.#closeAsked = true;
            this.#muted = this.#steady;
        }
      });
    } catch (error) {
      if (error instanceof ChatError && (error.kind === "limit" || error.kind === "closed")) {
        // Pieces of payload are told as one, whatever is done between them.
        if (!this.#steady || this.#coming.payload === 0) this.#tell(`threw ${error.kind}`);
        return;
      }
      this.#against(`${command.do} threw ${String(error)}`);
    }
  }

  /** As text, or as bytes that are used again at once. */
  #setTerminator(terminator: Terminator): void {
    if (typeof terminator !== "string" || terminator.length % 2 === 0) {
      return this.#chat.setTerminator(terminator);
    }
    const bytes = new TextEncoder().encode(terminator);
    this.#chat.setTerminator(bytes);
    bytes.fill(0xa5);
  }

  /** Nothing may come out of a call that an adapter makes. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#against(`an adapter's call threw ${(error as Error).stack ?? String(error)}`);
    }
  }

  #against(what: string): void {
    if (this.#wrong.length < 5) this.#wrong.push(what);
  }
}
