/**
 * The other end of a conversation, played from a script.
 *
 * @module
 */

import type { AsyncChat } from "../async_chat.ts";
import type { Chat } from "../chat.ts";
import { concat } from "../bytes.ts";
import type { Protocol } from "../protocol.ts";
import { decode, encode } from "../text.ts";
import { FakeClock } from "./fake_clock.ts";
import { ManualPeer } from "./manual_peer.ts";
import { nextMessage } from "./next_message.ts";
import {
  CLOSE,
  FIN,
  NOTHING,
  RESET,
  type Script,
  ScriptError,
  type ScriptStep,
  type Sign,
} from "./script.ts";
import { lend, render, type SegmentationOptions, waysToCut } from "./segmentation.ts";

/** How a script is played. */
export interface ScriptOptions {
  /** Turns without any news after which an expected thing is given up; 100. */
  readonly turns?: number;
  /**
   * Lets one turn pass: by default promises settle, and nothing else. Hand over one that waits for
   * the event loop, `() => new Promise((resolve) => setTimeout(resolve))`, for hooks that do.
   */
  readonly turn?: () => PromiseLike<unknown>;
}

/**
 * Plays the other end of a conversation, of either face, and fails at the first thing that is not
 * as the script says. There is no socket and no timer; hooks and handlers may be async.
 *
 * @param chat not connected yet: the connection stands when the script begins
 * @throws {ScriptError} as a rejection, for the first step that is not met; for what the
 * conversation sent and nobody expected; and for an error that nobody handled, as its `cause`.
 * @throws {Error} when `chat` has had its conversation.
 *
 * @example An SMTP server's first words
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { CLOSE, FIN, playScript } from "asynchat/testing";
 *
 * class Smtp extends AsyncChat {
 *   override handleConnect() {
 *     this.setTerminator("\r\n");
 *     this.push("220 ready\r\n");
 *   }
 *   override foundTerminator() {
 *     const [verb, name] = this.getText().split(" ");
 *     this.push(verb === "HELO" ? `250 hello ${name}\r\n` : "221 bye\r\n");
 *     if (verb === "QUIT") this.closeWhenDone();
 *   }
 * }
 *
 * await playScript(new Smtp(), [
 *   { expect: /220 .*\r\n/ },
 *   { send: "HELO me\r\n" },
 *   { expect: "250 hello me\r\n" },
 *   { send: "QUIT\r\n", piece: 1 },
 *   { expect: "221 bye\r\n" },
 *   { expect: FIN },
 *   { send: FIN },
 *   { expect: CLOSE },
 * ]);
 * ```
 *
 * @example A handler of the async face
 * ```ts
 * import { Chat } from "asynchat";
 * import { FIN, playScript } from "asynchat/testing";
 *
 * async function shout(chat: Chat) {
 *   for await (const line of chat.frames("\n")) {
 *     await chat.write(new TextDecoder().decode(line).toUpperCase() + "\n");
 *   }
 *   chat.end();
 * }
 *
 * const chat = new Chat();
 * const script = [{ send: "hi\n" }, { expect: "HI\n" }, { send: FIN }, { expect: FIN }];
 * await Promise.all([shout(chat), playScript(chat, script)]);
 * ```
 */
export async function playScript(
  chat: AsyncChat | Chat,
  script: Script,
  options: ScriptOptions = {},
): Promise<void> {
  await new Player(chat, options, undefined).play(script);
}

/**
 * Plays a script with what the peer sends cut in every way, or in many random ones: a conversation
 * that cares how its input is cut fails. Each chunk lies at an odd place in a larger buffer, and is
 * overwritten as soon as it is not borrowed any more.
 *
 * @param make a fresh conversation for each way; it may start a handler of the async face
 * @returns in how many ways the input was cut
 * @throws {ScriptError} as a rejection, for the first way that is not as the script says.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { playEveryWay } from "asynchat/testing";
 *
 * const make = () =>
 *   new AsyncChat({
 *     terminator: "\r\n",
 *     foundTerminator() {
 *       this.push(`<${this.getText()}>`);
 *     },
 *   });
 * const script = [{ send: "a\r\n\r\r\n" }, { expect: "<a><\r>" }, { send: "b\r\n" }, { expect: "<b>" }];
 * if (await playEveryWay(make, script) !== 256) throw new Error("unreachable");
 * ```
 */
export async function playEveryWay(
  make: () => AsyncChat | Chat,
  script: Script,
  options: ScriptOptions & SegmentationOptions = {},
): Promise<number> {
  const length = script.reduce((sum, step) => sum + sizeOf(step), 0);
  let ways = 0;
  for (const sizes of waysToCut(length, options)) {
    ways++;
    await new Player(make(), options, sizes).play(script);
  }
  return ways;
}

function sizeOf(step: ScriptStep): number {
  return "send" in step && !isSign(step.send) ? bytesOf(step.send).length : 0;
}

/** One conversation, and how far its script has come. */
class Player {
  readonly #chat: AsyncChat;
  readonly #peer: ManualPeer;
  readonly #clock: FakeClock;
  readonly #turns: number;
  readonly #turn: () => PromiseLike<unknown>;
  readonly #sizes: readonly number[] | undefined;
  /** What is left of `#sizes`. */
  #cuts: number[];
  #step = 1;
  /** Sent, and not read by the conversation yet: it comes when it is wanted, as from a socket. */
  #wire: Uint8Array[] = [];
  #end: "none" | "due" | "told" = "none";
  #closed = false;
  /** Overwrites the chunk that is lent. */
  #spoil: () => void = () => {};
  /** Received, and not expected yet. */
  #received: Uint8Array = new Uint8Array(0);
  #errors: unknown[] = [];

  constructor(
    chat: AsyncChat | Chat,
    { turns = 100, turn = () => Promise.resolve() }: ScriptOptions,
    sizes: readonly number[] | undefined,
  ) {
    this.#chat = "asyncChat" in chat ? chat.asyncChat : chat;
    this.#turns = turns;
    this.#turn = turn;
    this.#sizes = sizes;
    this.#cuts = [...sizes ?? []];
    this.#peer = new ManualPeer(this.#chat, false);
    this.#peer.onerror = (error) => this.#errors.push(error);
    this.#clock = new FakeClock(this.#chat, this.#peer);
  }

  async play(script: Script): Promise<void> {
    this.#peer.connect();
    for (const step of script) {
      await this.#perform(step);
      this.#step++;
    }
    await this.#expectNothing("nothing more");
  }

  async #perform(step: ScriptStep): Promise<void> {
    if ("send" in step) return this.#send(step.send, step.piece);
    if ("as" in step) return await this.#expectMessage(step);
    if ("expect" in step) return await this.#expect(step.expect);
    if ("room" in step) {
      this.#peer.room = step.room;
      return;
    }
    // First, what is under way happens at the time at which it was sent.
    await this.#until(() => false);
    this.#clock.advance(step.wait);
  }

  // --- what the peer does ------------------------------------------------------------------------

  #send(what: string | Uint8Array | Sign, piece: number | undefined): void {
    if (what === RESET) {
      this.#wire = [];
      this.#peer.fail();
    } else if (isSign(what)) {
      if (this.#end === "none") this.#end = "due";
      this.#closed ||= what === CLOSE;
    } else if (this.#end !== "none") {
      throw new TypeError(`step ${this.#step}: the script sends something behind its own FIN`);
    } else {
      this.#cut(bytesOf(what), piece);
    }
    this.#move();
  }

  #cut(bytes: Uint8Array, piece = bytes.length): void {
    for (let at = 0; at < bytes.length;) {
      let size = Math.min(piece, bytes.length - at);
      if (this.#sizes !== undefined) {
        // A cut may lie in what is sent next: there is one between any two steps anyway.
        size = Math.min(this.#cuts[0]!, bytes.length - at);
        this.#cuts[0]! -= size;
        if (this.#cuts[0] === 0) this.#cuts.shift();
      }
      this.#wire.push(bytes.slice(at, at + size));
      at += size;
    }
  }

  /** Moves bytes both ways as far as they will go. Answers whether any did. */
  #move(): boolean {
    const { session } = this.#chat;
    this.#peer.settle();
    let moved = this.#take();
    while (session.wantsRead) {
      this.#spoil();
      this.#spoil = () => {};
      const bytes = this.#wire.shift();
      if (bytes !== undefined) {
        const { chunk, spoil } = lend(bytes);
        this.#spoil = spoil;
        this.#peer.send(chunk);
      } else if (this.#end === "due") {
        this.#end = "told";
        this.#peer.end();
      } else break;
      this.#take();
      moved = true;
    }
    return moved;
  }

  #take(): boolean {
    const bytes = this.#peer.take();
    if (bytes.length === 0) return false;
    if (this.#closed) this.#peer.fail();
    else this.#received = concat([this.#received, bytes]);
    return true;
  }

  // --- what the peer expects ---------------------------------------------------------------------

  async #expect(expected: string | Uint8Array | RegExp | Sign): Promise<void> {
    if (expected === NOTHING) return await this.#expectNothing("nothing");
    if (expected instanceof RegExp) return await this.#expectMatch(expected);
    if (isSign(expected)) return await this.#expectEnd(expected);
    const bytes = bytesOf(expected);
    const same = () => commonLength(this.#received, bytes);
    const decided = () =>
      same() === bytes.length || same() < this.#received.length || this.#hasEnded;
    await this.#until(decided);
    if (same() < bytes.length) this.#fail(show(bytes), this.#observed(same()));
    this.#received = this.#received.slice(bytes.length);
  }

  async #expectMatch(expected: RegExp): Promise<void> {
    const pattern = new RegExp(expected.source, expected.flags.replace(/[gy]/g, "") + "y");
    let found: string | undefined;
    await this.#until(() => {
      pattern.lastIndex = 0;
      found = pattern.exec(decode(this.#received))?.[0];
      return found !== undefined || this.#hasEnded;
    });
    if (found === undefined) this.#fail(String(expected), this.#observed());
    this.#received = this.#received.slice(encode(found).length);
  }

  async #expectMessage(
    { expect, as }: { readonly expect: unknown; readonly as: Protocol<unknown> },
  ): Promise<void> {
    let found: ReturnType<typeof nextMessage>;
    try {
      await this.#until(() => {
        found = nextMessage(as, this.#received, this.#hasEnded);
        return found !== undefined || this.#hasEnded;
      });
    } catch (error) {
      if (error instanceof ScriptError) throw error;
      this.#fail(`the message ${render(expect)}`, `${this.#observed()}: ${String(error)}`, error);
    }
    if (found === undefined) this.#fail(`the message ${render(expect)}`, this.#observed());
    const observed = render(found.message);
    if (observed !== render(expect)) {
      this.#fail(`the message ${render(expect)}`, `the message ${observed}`);
    }
    this.#received = this.#received.slice(found.size);
  }

  async #expectEnd(expected: Sign): Promise<void> {
    const holds = () => {
      const { sawEnd, sawClose } = this.#peer;
      if (expected === FIN) return sawEnd || sawClose === "close";
      return sawClose === (expected === RESET ? "reset" : "close");
    };
    await this.#until(() => this.#received.length > 0 || holds());
    if (this.#received.length > 0 || !holds()) this.#fail(expected.sign, this.#observed());
  }

  async #expectNothing(what: string): Promise<void> {
    await this.#until(() => this.#received.length > 0);
    if (this.#received.length > 0) this.#fail(what, this.#observed());
  }

  /** Lets happen what can, until `decided`, or until there has been no news for long. */
  async #until(decided: () => boolean): Promise<void> {
    for (let quiet = 0; quiet < this.#turns;) {
      const moved = this.#move();
      if (this.#errors.length > 0) {
        const [error] = this.#errors;
        this.#fail("no error that nobody handles", String(error), error);
      }
      if (decided()) return;
      quiet = moved ? 0 : quiet + 1;
      await this.#turn();
    }
  }

  get #hasEnded(): boolean {
    return this.#peer.sawEnd || this.#peer.sawClose !== false || this.#chat.session.isOver;
  }

  #observed(difference = 0): string {
    const { sawEnd, sawClose } = this.#peer;
    const then = sawClose === "reset"
      ? ", then a reset"
      : sawClose === "close"
      ? ", then its close"
      : sawEnd
      ? ", then its FIN"
      : "";
    const where = difference === 0 ? "" : `, which differs from byte ${difference} on`;
    const size = this.#received.length;
    return (size === 0 ? "nothing" : show(this.#received)) + (size > difference ? where : "") +
      then;
  }

  #fail(expected: string, observed: string, cause?: unknown): never {
    const sizes = this.#sizes;
    throw new ScriptError({ step: this.#step, expected, observed, sizes, cause });
  }
}

function isSign(what: string | Uint8Array | Sign): what is Sign {
  return typeof what === "object" && "sign" in what;
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? encode(data) : data;
}

function commonLength(one: Uint8Array, two: Uint8Array): number {
  const end = Math.min(one.length, two.length);
  let same = 0;
  while (same < end && one[same] === two[same]) same++;
  return same;
}

/** Text in quotes; bytes that are none as numbers. */
function show(bytes: Uint8Array): string {
  const LONGEST = 200;
  const part = bytes.subarray(0, LONGEST);
  const more = bytes.length > LONGEST ? ` … (${bytes.length} bytes)` : "";
  const text = decode(part);
  if (commonLength(encode(text), part) === part.length) return JSON.stringify(text) + more;
  return `bytes [${part.join(" ")}]${more}`;
}
