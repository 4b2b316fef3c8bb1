/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The async face: promises and async iterators, over the same session as the callbacks.
 *
 * @module
 */

import type { AsyncChat } from "./async_chat.ts";
import type { AbortOptions } from "./async_chat_options.ts";
import { equals } from "./bytes.ts";
import { Engine } from "./chat_engine.ts";
import { messagesOf } from "./chat_messages.ts";
import type { ChatOptions, FrameEnd, FrameOptions, PieceOptions } from "./chat_options.ts";
import { write, writeAll } from "./chat_writer.ts";
import type { CloseReport } from "./close_report.ts";
import { IncompleteFrameError, LimitError } from "./errors.ts";
import type { Detached } from "./handover.ts";
import type { Piece, ProducerLike } from "./producer.ts";
import type { Protocol } from "./protocol.ts";
import { bytesOf, type CompiledTerminator, compileTerminator } from "./terminator.ts";
import { decode } from "./text.ts";
import type { StartTlsOptions, TlsInfo } from "./tls.ts";
import { byteCount } from "./wording.ts";

/** What ends a line that anybody may have written. */
const LINE_ENDS = /* @__PURE__ */ compileTerminator(["\r\n", "\n"]);
const NOTHING = new Uint8Array(0);

/**
 * A conversation for people who think in `await`: read frames, write pieces.
 *
 * - **Reading is on demand.** While nobody reads, one chunk is in hand and the peer stalls in the
 *   network, not in our memory.
 * - **A read takes all or nothing.** One that is cancelled, that times out or that rejects has taken
 *   no byte: the next read, with whatever terminator, starts where it did.
 * - **One read at a time.** A second one rejects with a `TypeError` and does not disturb the first.
 * - **Bytes that a read resolves with are yours.**
 *
 * The end of the input is `null` for {@linkcode read} and {@linkcode readLine}, and an
 * {@linkcode IncompleteFrameError} for reads that must have a frame. When the connection fails, what
 * came before can still be read; then reads reject with what it failed with. After
 * {@linkcode closeWhenDone}, {@linkcode close} or {@linkcode abort} nothing can be read any more.
 *
 * `connect()` and `serve()` of an adapter make one. For tests make your own, and join two of them
 * by `memoryPair`.
 *
 * @example
 * ```ts
 * import { Chat } from "asynchat";
 * import { memoryPair } from "asynchat/adapters/memory";
 *
 * const client = new Chat();
 * const server = new Chat();
 * memoryPair(client, server);
 *
 * async function serve() {
 *   await using chat = server;
 *   for await (const line of chat.frames("\n")) {
 *     await chat.write(`you said ${new TextDecoder().decode(line)}\n`);
 *   }
 * }
 *
 * const serving = serve();
 * await client.write("hello\n");
 * const answer = await client.readLine();
 * client.end();
 * await serving;
 * if (answer !== "you said hello") throw new Error(String(answer));
 * if ((await server.closed).reason !== "ended") throw new Error("unreachable");
 * ```
 */
export class Chat implements AsyncIterable<Uint8Array> {
  readonly #engine: Engine;
  readonly #maxFrameLength: number;
  #last: { readonly end: FrameEnd; readonly compiled: CompiledTerminator } | undefined;

  /**
   * Prepares a conversation. Output may be written before it is connected.
   *
   * @throws {RangeError} for a limit that is no positive number, or a low-water mark above the high.
   */
  constructor(options: ChatOptions = {}) {
    this.#engine = new Engine(options);
    this.#maxFrameLength = this.#engine.session.limits.maxFrameLength;
  }

  /**
   * The conversation as adapters and `ManualPeer` know it. Its input is spoken for: set no
   * terminator there, and do not pause it.
   */
  get asyncChat(): AsyncChat {
    return this.#engine;
  }

  /** Who is at the other end, such as `"127.0.0.1:6379"`; `undefined` before the connection. */
  get peer(): string | undefined {
    return this.#engine.peer;
  }

  /** The address at this end, where the runtime tells; `undefined` before the connection. */
  get local(): string | undefined {
    return this.#engine.local;
  }

  // --- reading -----------------------------------------------------------------------------------

  /**
   * The next bytes, as they come, at least one and at most `max`, as your own; `null` at the end of
   * the input.
   *
   * @throws {ChatError} what the connection failed with; kind `"closed"` after you closed; kind
   * `"aborted"` or `"timeout"` when the read is given up. As a rejection, as all of these.
   * @throws {TypeError} while another read is under way.
   * @throws {RangeError} for a `timeout` that is not above 0, or a `max` that is not at least 1.
   *
   * @example
   * ```ts
   * import { Chat } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * const [chat, peer] = [new Chat(), new Chat()];
   * memoryPair(chat, peer);
   * await peer.write("abc");
   * peer.end();
   * const piece = await chat.read({ max: 2 });
   * const rest = await chat.read();
   * if (piece?.length !== 2 || rest?.length !== 1) throw new Error("unreachable");
   * if (await chat.read() !== null) throw new Error("unreachable");
   * ```
   */
  read(options: PieceOptions = {}): Promise<Uint8Array | null> {
    const { inbox, reader } = this.#engine;
    const { max = Infinity } = options;
    if (!(max >= 1)) {
      return Promise.reject(new RangeError(`max must be at least 1 byte; got ${max}`));
    }
    return reader.read(() => inbox.takePiece(Math.floor(max)), options);
  }

  /**
   * The bytes before the next delimiter, as your own; the delimiter is taken out of the input as well.
   *
   * @param delimiter text (as UTF-8), bytes, or a list of these; of several the leftmost wins, at
   * the same place the longest
   * @throws {IncompleteFrameError} when the input ends before it, also when it ends at once. What
   * came can still be read.
   * @throws {LimitError} when more than `max` bytes come before it; none of them is taken.
   * @throws {ChatError} and others as for {@linkcode read}.
   * @throws {TypeError | RangeError} for what is no delimiter.
   *
   * @example A read that is given up, and one that goes on
   * ```ts
   * import { Chat } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * const [chat, peer] = [new Chat(), new Chat()];
   * memoryPair(chat, peer);
   * await peer.write("HEL");
   *
   * const controller = new AbortController();
   * const reading = chat.readUntil("\r\n", { signal: controller.signal });
   * controller.abort();
   * const { kind } = await reading.catch((error) => error);
   * if (kind !== "aborted") throw new Error(kind);
   *
   * await peer.write("O\r\n");
   * const line = await chat.readUntil("\r\n");
   * if (new TextDecoder().decode(line) !== "HELO") throw new Error("unreachable");
   * ```
   */
  async readUntil(
    delimiter: Exclude<FrameEnd, number>,
    options: FrameOptions = {},
  ): Promise<Uint8Array> {
    if (typeof delimiter === "number") {
      throw new TypeError("readUntil() takes a delimiter; for a number of bytes use readExactly()");
    }
    const frame = await this.#frame(this.#compile(delimiter), options);
    return frame ?? this.#endedBefore("its delimiter");
  }

  /**
   * So many bytes, no more and no fewer, as your own. For 0 nothing is waited for.
   *
   * @throws {IncompleteFrameError} when the input ends before. What came can still be read.
   * @throws {LimitError} when `length` is above `max`; nothing has been allocated.
   * @throws {TypeError | RangeError} for a length that is no whole number from 0 on.
   * @throws {ChatError} and others as for {@linkcode read}.
   *
   * @example
   * ```ts
   * import { Chat } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * const [chat, peer] = [new Chat(), new Chat()];
   * memoryPair(chat, peer);
   * await peer.write("5\nhello3\nyou");
   *
   * const words: string[] = [];
   * for (let i = 0; i < 2; i++) {
   *   const length = Number(await chat.readLine());
   *   words.push(new TextDecoder().decode(await chat.readExactly(length)));
   * }
   * if (words.join() !== "hello,you") throw new Error(words.join());
   * ```
   */
  async readExactly(length: number, options: FrameOptions = {}): Promise<Uint8Array> {
    if (typeof length !== "number") {
      throw new TypeError("readExactly() takes a number of bytes; for a delimiter use readUntil()");
    }
    if (length === 0) {
      return await this.#engine.reader.read(() => NOTHING.slice(), options);
    }
    const frame = await this.#frame(this.#compile(length), options);
    return frame ?? this.#endedBefore(byteCount(length, "more "));
  }

  /**
   * The next line as text, without its `\n` or `\r\n`; `null` when the input ends before it begins.
   * Malformed UTF-8 becomes U+FFFD.
   *
   * @throws {IncompleteFrameError} when the input ends inside it. What came can still be read.
   * @throws {LimitError} when it is longer than `max` bytes.
   * @throws {ChatError} and others as for {@linkcode read}.
   *
   * @example
   * ```ts
   * import { Chat } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * const [chat, peer] = [new Chat(), new Chat()];
   * memoryPair(chat, peer);
   * await peer.write("one\r\ntwo\n");
   * peer.end();
   * const lines: string[] = [];
   * for (let line = await chat.readLine(); line !== null; line = await chat.readLine()) {
   *   lines.push(line);
   * }
   * if (lines.join() !== "one,two") throw new Error(lines.join());
   * ```
   */
  async readLine(options: FrameOptions = {}): Promise<string | null> {
    const line = await this.#frame(LINE_ENDS, options);
    return line === null ? null : decode(line);
  }

  /**
   * All frames, as your own bytes, until the input ends between two of them. Leave the loop when you like: behind the
   * last frame that you got, any other read goes on.
   *
   * @param end a delimiter, several, or a number of bytes
   * @param options hold for each frame
   * @throws {IncompleteFrameError} from the loop, when the input ends inside a frame.
   * @throws {ChatError} and others as for {@linkcode readUntil}, from the loop.
   * @throws {TypeError | RangeError} for what ends no frame, at once.
   *
   * @example
   * ```ts
   * import { Chat } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * const [chat, peer] = [new Chat(), new Chat()];
   * memoryPair(chat, peer);
   * await peer.write("a,b,");
   * peer.end();
   * const names: string[] = [];
   * for await (const frame of chat.frames(",")) names.push(new TextDecoder().decode(frame));
   * if (names.join() !== "a,b") throw new Error(names.join());
   * ```
   */
  frames(end: FrameEnd, options: FrameOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#frames(this.#compile(end), options);
  }

  /**
   * All messages of a protocol, until the input ends between two of them. Leave the loop when you
   * like: behind the last message that you got, any other read goes on.
   *
   * A message is read as several frames, so it cannot be given up in its middle without a loss:
   * there is no signal and no timeout here. Bound the conversation by `idleTimeout`, or abort it.
   *
   * @throws {IncompleteFrameError} from the loop, when the input ends inside a message whose protocol
   * does not expect that.
   * @throws {LimitError} from the loop, for a frame above its step's `max`.
   * @throws {ChatError} and others as for {@linkcode read}, and whatever the protocol throws, from
   * the loop.
   *
   * @example
   * ```ts
   * import { Chat, exactly, until } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * function* message() {
   *   const length = Number(new TextDecoder().decode(yield* until(" ", { max: 9 })));
   *   return new TextDecoder().decode(yield* exactly(length));
   * }
   *
   * const [chat, peer] = [new Chat(), new Chat()];
   * memoryPair(chat, peer);
   * await peer.write("5 hello3 you");
   * peer.end();
   * const heard: string[] = [];
   * for await (const text of chat.messages(message)) heard.push(text);
   * if (heard.join() !== "hello,you") throw new Error(heard.join());
   * ```
   */
  messages<T>(protocol: Protocol<T>): AsyncGenerator<T, void, undefined> {
    return messagesOf(protocol, this.#engine.inbox, this.#engine.reader);
  }

  /** All input, piece by piece, as {@linkcode read} gives it: each is yours. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let piece = await this.read(); piece !== null; piece = await this.read()) yield piece;
  }

  // --- writing -----------------------------------------------------------------------------------

  /**
   * Sends text (as UTF-8) or bytes, which are copied and yours again at once. Resolves when there is
   * room for more: at once while less than `highWaterMark` is queued, else when the queue is down at
   * `lowWaterMark`. Pieces leave in the order of the calls; those of one turn leave together.
   *
   * That it resolves does not mean that the peer has got it: {@linkcode closed} says what was lost.
   *
   * @throws {UnsentError} when the conversation is over, or ends while this waits; it says how many
   * bytes were not sent.
   * @throws {ChatError} kind `"closed"` after {@linkcode end}.
   * @throws {LimitError} when the queue would grow beyond `maxQueued`; nothing is queued then.
   * @throws {TypeError} for anything but text and byte views.
   *
   * @example A peer that does not read holds the writer back
   * ```ts
   * import { Chat } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * const [chat, peer] = [new Chat(), new Chat()];
   * memoryPair(chat, peer);
   * const writing = (async () => {
   *   for (let i = 0; i < 100; i++) await chat.write(new Uint8Array(64 * 1024));
   *   chat.end();
   * })();
   * if (chat.bytesQueued > 2 * 64 * 1024) throw new Error("unreachable");
   *
   * let read = 0;
   * for await (const piece of peer) read += piece.length;
   * await writing;
   * if (read !== 100 * 64 * 1024) throw new Error("unreachable");
   * ```
   */
  write(piece: Piece): Promise<void> {
    return write(this.#engine, piece);
  }

  /**
   * Sends everything that an iterable, an async iterable, a `ReadableStream` or an object with
   * `more()` has, in pieces: it is asked for one when all before has gone out. Resolves when the last
   * piece has.
   *
   * Pieces are not copied: one is borrowed until the next is asked for. When the producer throws,
   * the conversation is aborted, since half of something has been sent, and this rejects with what
   * it threw.
   *
   * @throws {UnsentError} when the conversation is over, or ends before the producer does.
   * @throws {ChatError} kind `"closed"` after {@linkcode end}.
   * @throws {TypeError} when it is no producer.
   *
   * @example
   * ```ts
   * import { Chat } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * const [one, two] = [new Chat(), new Chat()];
   * memoryPair(one, two);
   * await one.writeAll(["a", "b", new Uint8Array([99])]);
   * await one.write("\n");
   * if (await two.readLine() !== "abc") throw new Error("unreachable");
   * ```
   */
  writeAll(pieces: ProducerLike): Promise<void> {
    return writeAll(this.#engine, pieces);
  }

  /** Queued output, in bytes, that has not gone out; what producers hold is not counted. */
  get bytesQueued(): number {
    return this.#engine.bytesQueued;
  }

  // --- handing the connection over ---------------------------------------------------------------

  /**
   * Starts TLS in the middle of the conversation (STARTTLS), behind everything that has been written
   * and `goAhead`. What is written from now on is only ever sent encrypted. When it rejects, the
   * connection is closed, and nothing goes on in plaintext.
   *
   * Plaintext that has come and was not read when TLS begins was sent by nobody one can trust: it
   * fails the connection with kind `"protocol"`, unless `buffered` says that it is the peer's
   * handshake.
   *
   * @returns what was agreed on
   * @throws {ChatError} as a rejection: kind `"tls"` when the handshake fails, or TLS is spoken
   * already; `"timeout"`; `"protocol"`; `"closed"` when the conversation ends before;
   * `"unsupported"` where `capabilities` says so, and when `connect` or `serve` was not told
   * `startTls: true`.
   * @throws {TypeError} as a rejection, while a read is under way.
   *
   * @example A client that insists on TLS
   * ```ts
   * import { ChatError } from "asynchat";
   * import { connect, serve } from "asynchat/adapters";
   *
   * await using server = await serve({ port: 0 }, (chat) => chat.write("220 hi\r\n502 no TLS\r\n"));
   *
   * await using chat = await connect({ port: server.port, startTls: true });
   * await chat.readLine();
   * await chat.write("STARTTLS\r\n");
   * const answer = await chat.readLine();
   * if (answer?.startsWith("220")) await chat.startTls({ serverName: "mail.example" });
   * else chat.abort(new ChatError("tls", `the server does not speak TLS: ${answer}`));
   * if (chat.tls !== undefined) throw new Error("unreachable");
   * ```
   */
  startTls(options?: StartTlsOptions): Promise<TlsInfo> {
    return this.#engine.startTls(options);
  }

  /** What was agreed on, once TLS is spoken; `undefined` in plaintext. */
  get tls(): TlsInfo | undefined {
    return this.#engine.tls;
  }

  /**
   * Gives the connection away, with the input that has not been read: for a change of protocol, as
   * from HTTP to WebSocket. What has been written goes out first. This conversation is over then,
   * with the reason `"detached"`.
   *
   * @throws {ChatError} as a rejection: kind `"closed"` when the conversation ends before;
   * `"unsupported"` when it is attached to nothing that can be given away.
   * @throws {TypeError} as a rejection, while a read is under way.
   *
   * @example
   * ```ts
   * import { Chat } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * const [client, http] = [new Chat(), new Chat()];
   * memoryPair(client, http);
   * await client.write("UPGRADE\nfirst message");
   * await http.readLine();
   * const { attach } = await http.detach();
   * const upgraded = new Chat();
   * attach(upgraded);
   * const message = new TextDecoder().decode(await upgraded.readExactly(13));
   * if (message !== "first message") throw new Error(message);
   * ```
   */
  detach(): Promise<Detached> {
    return this.#engine.detach();
  }

  // --- the end -----------------------------------------------------------------------------------

  /** Ends our side when all is sent: half-close. Reading goes on. */
  end(): void {
    this.#engine.end();
  }

  /**
   * Closes when all is sent: every byte reaches the peer, then the FIN. Nothing is read any more.
   *
   * @returns {@linkcode closed}
   *
   * @example
   * ```ts
   * import { Chat } from "asynchat";
   * import { ManualPeer } from "asynchat/testing";
   *
   * const chat = new Chat();
   * const peer = new ManualPeer(chat.asyncChat);
   * void chat.write("bye\n");
   * const closing = chat.closeWhenDone();
   * if (peer.takeText() !== "bye\n" || !peer.sawEnd) throw new Error("unreachable");
   * peer.end();
   * if ((await closing).reason !== "closed") throw new Error("unreachable");
   * ```
   */
  closeWhenDone(): Promise<CloseReport> {
    this.#engine.closeWhenDone();
    return this.closed;
  }

  /** Closes now; what is queued is dropped, and the report says how much that was. */
  close(): void {
    this.#engine.close();
  }

  /**
   * Closes now, because of `reason`, which the report carries as its error.
   *
   * @throws {ChatError} kind `"unsupported"` when a reset is asked that the runtime cannot do.
   */
  abort(reason?: unknown, options: AbortOptions = {}): void {
    this.#engine.abort(reason, options);
  }

  /** How it ended: resolves when the connection is gone; never rejects. */
  get closed(): Promise<CloseReport> {
    return this.#engine.closed;
  }

  /** Closes when all is sent, and waits for the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeWhenDone();
  }

  // --- inside ------------------------------------------------------------------------------------

  async *#frames(
    compiled: CompiledTerminator,
    options: FrameOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const frame = await this.#frame(compiled, options);
      if (frame === null) return;
      yield frame;
    }
  }

  #frame(compiled: CompiledTerminator, options: FrameOptions): Promise<Uint8Array | null> {
    const { max = this.#maxFrameLength } = options;
    if (!(max > 0)) throw new RangeError(`max must be above 0 bytes; got ${max}`);
    if (compiled.kind === "count" && compiled.bytes > max) {
      throw new LimitError(
        `a read of ${compiled.bytes} bytes is above the limit of ${max}; raise max, or ` +
          "maxFrameLength, or read it in pieces",
        max,
        compiled.bytes,
      );
    }
    const { inbox, reader } = this.#engine;
    return reader.read(() => inbox.takeFrame(compiled, max), options);
  }

  #endedBefore(expected: string): never {
    throw new IncompleteFrameError(0, expected, this.peer);
  }

  /** The same end again is the same object again, so that a search goes on where it stopped. */
  #compile(end: FrameEnd): CompiledTerminator {
    if (this.#last !== undefined && sameEnd(this.#last.end, end)) return this.#last.compiled;
    const compiled = compileTerminator(end);
    if (compiled.kind === "raw") {
      throw new TypeError("an empty delimiter ends nothing; for whatever comes use read()");
    }
    this.#last = { end: copyOf(end), compiled };
    return compiled;
  }
}

function copyOf(end: FrameEnd): FrameEnd {
  if (typeof end === "string" || typeof end === "number") return end;
  return ArrayBuffer.isView(end) ? bytesOf(end).slice() : end.map((one) => copyOf(one) as string);
}

function sameEnd(one: FrameEnd, two: FrameEnd): boolean {
  if (one === two) return true;
  if (ArrayBuffer.isView(one)) return ArrayBuffer.isView(two) && equals(bytesOf(one), bytesOf(two));
  if (!Array.isArray(one) || !Array.isArray(two)) return false;
  return one.length === two.length && one.every((end, i) => sameEnd(end, two[i]));
}
