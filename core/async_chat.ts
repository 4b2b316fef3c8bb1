/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The callback face: asynchat's own surface, in camelCase.
 *
 * @module
 */

import type {
  AbortOptions,
  AsyncChatHooks,
  AsyncChatOptions,
  HookResult,
} from "./async_chat_options.ts";
import type { Attachment } from "./attachment.ts";
import { deferred } from "./deferred.ts";
import { ChatError, type ErrorKind, LimitError } from "./errors.ts";
import { Gatherer } from "./gather.ts";
import { type Detached, type Handover, injected, PendingHandover } from "./handover.ts";
import type { Piece, ProducerLike } from "./producer.ts";
import { isPromiseLike } from "./promise_like.ts";
import type { CloseReport } from "./close_report.ts";
import { Session } from "./session.ts";
import type { SessionHandler } from "./session_event.ts";
import type { SessionStats } from "./stats.ts";
import type { Terminator } from "./terminator.ts";
import type { StartTlsOptions, TlsInfo } from "./tls.ts";

const HOOKS: readonly (keyof AsyncChatHooks)[] = [
  "handleConnect",
  "collectIncomingData",
  "foundTerminator",
  "handleDrain",
  "handleTimeout",
  "handleEnd",
  "handleError",
  "handleException",
  "handleClose",
];

/**
 * A conversation for people who think in callbacks: set a terminator, get told of frames; push
 * bytes and producers, they go out in order.
 *
 * Subclass it, or hand it a plain object of hooks, whose `this` is the conversation. By default the
 * input is gathered, and {@linkcode getData} takes what was gathered, so that a line server is one
 * method. Modelled on CPython's `asynchat.async_chat`; the migration guide lists what differs.
 *
 * @example A line server in one hook
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { memoryPair } from "asynchat/adapters/memory";
 *
 * class Shout extends AsyncChat {
 *   constructor() {
 *     super({ terminator: "\n" });
 *   }
 *   override foundTerminator() {
 *     this.push(this.getText().toUpperCase() + "\n");
 *   }
 * }
 *
 * const answers: string[] = [];
 * const client = new AsyncChat({
 *   terminator: "\n",
 *   foundTerminator() {
 *     answers.push(this.getText());
 *     this.closeWhenDone();
 *   },
 * });
 * memoryPair(client, new Shout());
 * client.push("hello\n");
 * await client.closed;
 * if (answers[0] !== "HELLO") throw new Error(String(answers));
 * ```
 */
export class AsyncChat implements AsyncChatHooks {
  /** The state machine underneath, for drivers and tests. */
  readonly session: Session;

  /** How many bytes a read asks for, 1 at least, where the runtime leaves that to us. Overridable. */
  inBufferSize: number = 64 * 1024;
  /** How many bytes go out with one write at most, 1 at least. Overridable. */
  outBufferSize: number = 64 * 1024;

  readonly #maxGathered: number;
  readonly #gatherer = new Gatherer();
  #attachment: Attachment | undefined;
  #report: CloseReport | undefined;
  /** The same, once `handleClose` is done. */
  #lastReport: CloseReport | undefined;
  #onclosed: (report: CloseReport) => void = () => {};
  #closed: Promise<CloseReport> | undefined;
  #drainWaiters: { resolve: () => void; reject: (error: ChatError) => void }[] = [];
  #handover: PendingHandover<unknown> | undefined;

  /**
   * Prepares a conversation. Output may be pushed before it is connected.
   *
   * @throws {RangeError | TypeError} for a terminator or a limit that is none.
   */
  constructor(options: AsyncChatOptions & ThisType<AsyncChat> = {}) {
    this.session = new Session(options);
    this.session.onwake = () => this.#attachment?.wake();
    this.session.onoutput = () => {
      this.#settleDrained();
      if (this.session.isOver) this.#handover?.reject(this.session.error ?? this.#tooLate());
    };
    this.session.onlate = (error) => this.report(error);
    this.#maxGathered = this.session.limits.maxFrameLength;
    for (const name of HOOKS) {
      const hook = options[name];
      if (hook !== undefined) Object.defineProperty(this, name, { value: hook, writable: true });
    }
    if (options.terminator !== undefined) this.setTerminator(options.terminator);
    const { inspect } = options;
    if (inspect !== undefined) this.session.oninspect = (event) => inspect.call(this, event);
  }

  // --- hooks, to be overridden -------------------------------------------------------------------

  /** The connection stands. */
  handleConnect(): HookResult {}

  /**
   * A piece of the frame under way, never empty, borrowed until the hook is done; by default it is
   * copied and gathered for {@linkcode getData}.
   */
  collectIncomingData(data: Uint8Array): HookResult {
    this.#gather(data, 0, data.length);
    this.#gatherer.settle();
  }

  /**
   * The frame is complete. Override it, or hand it over.
   *
   * @throws {Error} by default, as a frame that nobody takes would be lost.
   */
  foundTerminator(): HookResult {
    throw new Error(
      "a frame is complete, and nobody wants it: override foundTerminator() in your subclass of " +
        "AsyncChat, or hand it over in the options",
    );
  }

  /** The queue is down at the low-water mark again. */
  handleDrain(): HookResult {}

  /** Nothing moved for `idleTimeout`; by default the conversation is aborted. */
  handleTimeout(error: ChatError): HookResult {
    this.abort(error);
  }

  /** The peer sent its FIN; by default we close when all is sent. */
  handleEnd(): HookResult {
    this.closeWhenDone();
  }

  /** The connection or the protocol failed; by default it is reported. */
  handleError(error: ChatError): HookResult {
    this.report(error);
  }

  /** Your own code threw; by default that is reported, and this connection aborted. */
  handleException(error: unknown): HookResult {
    const isTold = error instanceof ChatError && error === this.session.error;
    if (!isTold && !saysOver(this.session, error)) this.report(error);
    this.abort(error);
  }

  /** It is over. */
  handleClose(_report: CloseReport): HookResult {}

  // --- input -------------------------------------------------------------------------------------

  /**
   * Says what ends a frame: a delimiter, any of several, a number of bytes, or `null` for nothing.
   *
   * From `foundTerminator` it rules the very next byte; from `collectIncomingData` the next frame;
   * from anywhere else it rules at once, and bytes that were held back are looked at again.
   *
   * @throws {RangeError | TypeError} when it is none; the one in force stays.
   * @throws {LimitError} for a count above `maxFrameLength`; the one in force stays.
   */
  setTerminator(terminator: Terminator): void {
    this.session.setTerminator(terminator);
  }

  /**
   * The terminator as it was set; a count as the bytes still due, 0 once it has been reached, as in
   * CPython. Bytes are a copy.
   */
  getTerminator(): Terminator {
    return this.session.getTerminator();
  }

  /** Takes what was gathered, as your own bytes. */
  getData(): Uint8Array {
    return this.#gatherer.take();
  }

  /** Takes what was gathered, decoded as UTF-8; malformed bytes become U+FFFD. */
  getText(): string {
    return this.#gatherer.takeText();
  }

  /** Stops input: the peer stalls in the network, not in our memory. */
  pause(): void {
    this.session.pause();
  }

  /** Lets input come again. Nothing has been lost. */
  resume(): void {
    this.session.resume();
  }

  /**
   * Lets so many frames more come, then no input until the next call: a consumer that knows how
   * much it can take says so, and is never given more. What was asked for and has not come adds
   * up; `Infinity` lifts the bound, and before the first call there is none.
   *
   * @throws {RangeError} for what is neither a whole number from 0 on nor `Infinity`.
   *
   * @example
   * ```ts
   * import { AsyncChat } from "asynchat";
   * import { ManualPeer } from "asynchat/testing";
   *
   * const frames: string[] = [];
   * const chat = new AsyncChat({
   *   terminator: "\n",
   *   foundTerminator() {
   *     frames.push(this.getText());
   *   },
   * });
   * chat.demand(2);
   * const peer = new ManualPeer(chat);
   * peer.send("a\nb\nc\n");
   * if (frames.join() !== "a,b") throw new Error(frames.join());
   * chat.demand(1);
   * peer.settle();
   * if (frames.join() !== "a,b,c") throw new Error(frames.join());
   * ```
   */
  demand(frames: number): void {
    this.session.demand(frames);
  }

  // --- output ------------------------------------------------------------------------------------

  /**
   * Queues text (as UTF-8) or a copy of the bytes, which are yours again at once. What is pushed in
   * one turn leaves together at its end.
   *
   * @returns whether the queue is below the high-water mark; `false` asks you to await `drained()`
   * @throws {TypeError} for anything but text and byte views.
   * @throws {ChatError} kind `"closed"` after `closeWhenDone`, `end`, `close` or `abort`.
   * @throws {LimitError} when the queue would grow beyond `maxQueued`; nothing is queued then.
   */
  push(piece: Piece): boolean {
    return this.session.push(piece);
  }

  /**
   * Queues a producer, which is asked for output when everything before it has gone out: an object
   * with `more()`, an iterable or async iterable, a `ReadableStream`, or plain text or bytes.
   *
   * Its pieces are not copied: one is borrowed until the producer is asked for the next.
   *
   * @returns whether the queue is below the high-water mark
   * @throws {TypeError} when it is no producer.
   * @throws {ChatError} kind `"closed"` after `closeWhenDone`, `end`, `close` or `abort`.
   */
  pushWithProducer(producer: ProducerLike): boolean {
    return this.session.pushWithProducer(producer);
  }

  /** Asks a producer again that answered `NOT_YET`. */
  resumeProducers(): void {
    this.session.resumeProducers();
  }

  /** Queued output, in bytes, that has not gone out; what producers hold is not counted. */
  get bytesQueued(): number {
    return this.session.bytesQueued;
  }

  /**
   * Resolves when the queue is down at the low-water mark; at once when it is.
   *
   * @throws {ChatError} kind `"closed"`, as a rejection, when the conversation ends before.
   */
  drained(): Promise<void> {
    const waiter = deferred<void>();
    this.#drainWaiters.push(waiter);
    this.#settleDrained();
    return waiter.promise;
  }

  /** What has been counted so far: bytes, frames, writes. */
  get stats(): SessionStats {
    return this.session.stats;
  }

  // --- the end -----------------------------------------------------------------------------------

  /** Drops what was received and not told, and what is queued; keeps everything else. */
  discardBuffers(): void {
    this.#gatherer.clear();
    this.session.discardBuffers();
  }

  /** Ends our side when all is sent: half-close. The peer may go on. */
  end(): void {
    this.session.end();
  }

  /** Closes when all is sent: every byte reaches the peer, then the FIN. */
  closeWhenDone(): void {
    this.session.closeWhenDone();
  }

  /** Closes now; what is queued is dropped, and the report says how much that was. */
  close(): void {
    this.session.close();
  }

  /**
   * Closes now, because of `reason`, which the report carries as its error.
   *
   * @throws {ChatError} kind `"unsupported"` when a reset is asked that the runtime cannot do.
   */
  abort(reason?: unknown, options: AbortOptions = {}): void {
    if (options.reset && this.#attachment !== undefined && !this.#attachment.canReset) {
      throw new ChatError(
        "unsupported",
        "this connection cannot show its peer a reset: abort without it; capabilities.reset tells " +
          "of TCP, and a unix socket has none, nor has TLS everywhere",
      );
    }
    const error = reason instanceof Error
      ? reason
      : new ChatError("aborted", `aborted${reason === undefined ? "" : `: ${String(reason)}`}`, {
        cause: reason,
      });
    this.session.abort(error, options.reset);
  }

  /** How it ended: resolves when `handleClose` is done, with what it was told; never rejects. */
  get closed(): Promise<CloseReport> {
    // Made for who asks: few do, and on Workers a promise belongs to the request that made it.
    if (this.#closed !== undefined) return this.#closed;
    const { promise, resolve } = deferred<CloseReport>();
    if (this.#lastReport === undefined) this.#onclosed = resolve;
    else resolve(this.#lastReport);
    return this.#closed = promise;
  }

  /** Closes when all is sent, and waits for the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closeWhenDone();
    await this.closed;
  }

  // --- handing the connection over ---------------------------------------------------------------

  /**
   * Starts TLS in the middle of the conversation (STARTTLS). What has been pushed goes out in
   * plaintext, with `goAhead` last; then the handshake is made; what is pushed from now on waits
   * for it, and is only ever sent encrypted. Limits, hooks and the terminator stay; what was
   * gathered and not taken is dropped, as it came from nobody one can trust.
   *
   * Call it from the hook that is told the request, or the go-ahead, and from nowhere later:
   * plaintext that comes behind that fails the connection with kind `"protocol"`, unless
   * `buffered` says otherwise. When the handshake fails the connection is closed, and nothing goes
   * on in plaintext.
   *
   * @returns what was agreed on, once TLS is spoken
   * @throws {ChatError} as a rejection, and told to `handleError` as well: kind `"tls"` when the
   * handshake fails; `"timeout"`; `"protocol"` for plaintext that nobody may have sent; `"closed"`
   * when the conversation ends before, or is closing. As a rejection alone, with nothing sent and
   * nothing changed: `"tls"` when TLS is spoken, or being started, already; `"unsupported"` where
   * `capabilities` says so, and when `connect`, `listen` or `serve` was not told `startTls: true`.
   * @throws {TypeError | RangeError} as a rejection, for options that make no sense. These and
   * `"unsupported"` are mistakes of the program: unhandled, they are loud. No other has to be caught.
   *
   * @example A server's STARTTLS command
   * ```ts
   * import { AsyncChat } from "asynchat";
   *
   * export class Mail extends AsyncChat {
   *   constructor(readonly credentials: { cert: string; key: string }) {
   *     super({ terminator: "\r\n" });
   *   }
   *   override foundTerminator() {
   *     if (this.getText() !== "STARTTLS") return void this.push("502 what?\r\n");
   *     void this.startTls({ ...this.credentials, goAhead: "220 go ahead\r\n" });
   *   }
   * }
   * ```
   */
  startTls(options: StartTlsOptions = {}): Promise<TlsInfo> {
    const attachment = this.#attachment;
    return this.#beginHandover<TlsInfo>(options.buffered !== "hand-over", () => {
      if (attachment?.tls !== undefined) {
        throw new ChatError("tls", `TLS is spoken with ${attachment.peer} already`);
      }
      if (attachment?.checkTls === undefined) throw cannotStartTls(this.peer);
      if (this.session.isHandingOver) {
        throw new ChatError("tls", `TLS is being started with ${attachment.peer} already`);
      }
      const role = options.role ?? attachment.role ?? "client";
      attachment.checkTls(role, options);
      this.session.checkHandover();
      if (options.goAhead !== undefined) this.push(options.goAhead);
      this.#gatherer.clear();
      return { kind: "tls", options, role };
    });
  }

  /**
   * Gives the connection away, with the input that has not been told: for a change of protocol, as
   * from HTTP to WebSocket. What has been pushed goes out first. No hook is called any more but
   * `handleClose`, with the reason `"detached"`.
   *
   * @throws {ChatError} as a rejection: what the conversation ends with when it ends before; kind
   * `"closed"` when it is closing; `"unsupported"` when it is attached to nothing that can be given
   * away.
   * @throws {Error} as a rejection, while TLS is being started.
   *
   * @example
   * ```ts
   * import { AsyncChat, Chat } from "asynchat";
   * import { memoryPair } from "asynchat/adapters/memory";
   *
   * const told: string[] = [];
   * const server = new AsyncChat({
   *   terminator: "\n",
   *   async foundTerminator() {
   *     this.push("switching\n");
   *     const { attach } = await this.detach();
   *     attach(
   *       new AsyncChat({
   *         terminator: ";",
   *         foundTerminator() {
   *           told.push(this.getText());
   *         },
   *       }),
   *     );
   *   },
   * });
   * const client = new Chat();
   * memoryPair(client, server);
   * await client.write("please switch\none;two;");
   * if (await client.readLine() !== "switching") throw new Error("unreachable");
   * await client.closeWhenDone();
   * if (told.join() !== "one,two") throw new Error(told.join());
   * if ((await server.closed).reason !== "detached") throw new Error("unreachable");
   * ```
   */
  detach(): Promise<Detached> {
    return this.#beginHandover<Detached>(false, () => {
      if (this.#attachment?.canDetach !== true) {
        throw new ChatError("unsupported", "what this conversation is attached to stays its own");
      }
      return { kind: "detach" };
    });
  }

  /** What was agreed on, once TLS is spoken; `undefined` in plaintext. */
  get tls(): TlsInfo | undefined {
    return this.#attachment?.tls;
  }

  // --- for drivers -------------------------------------------------------------------------------

  /** What the connection is to be handed over to, once, when `session.wantsHandover`. */
  takeHandover(): Handover | undefined {
    return this.#handover?.take();
  }

  /** Whether there is input that the session has told and its reader was not given. */
  get hasUnread(): boolean {
    return false;
  }

  /** Takes the input that has come and was not told, as one copy. */
  takeInput(): Uint8Array {
    return this.session.takeInput();
  }

  /** Who is at the other end, such as `"127.0.0.1:6379"`; `undefined` before the connection. */
  get peer(): string | undefined {
    return this.#attachment?.peer;
  }

  /** The address at this end, where the runtime tells; `undefined` before the connection. */
  get local(): string | undefined {
    return this.#attachment?.local;
  }

  /**
   * Ties the conversation to a socket.
   *
   * @throws {Error} the second time: one object holds one conversation.
   * @throws {RangeError} for a buffer size below 1, with which nothing could ever move.
   */
  attach(attachment: Attachment): void {
    if (this.#attachment !== undefined) {
      throw new Error(
        "this AsyncChat has had its conversation: make a new one for each connection",
      );
    }
    for (const name of ["inBufferSize", "outBufferSize"] as const) {
      const size = this[name];
      if (!(size >= 1)) throw new RangeError(`${name} must be 1 byte or more; got ${size}`);
    }
    this.#attachment = attachment;
  }

  /** Calls the hooks for everything there is to tell. */
  dispatch(): void {
    this.session.dispatch(this.#handler);
    this.#gatherer.settle();
  }

  /** Shows an error that nobody handled; without a socket, as an unhandled rejection. */
  report(error: unknown): void {
    if (this.#attachment !== undefined) this.#attachment.report(error);
    else void Promise.reject(error);
  }

  // --- inside ------------------------------------------------------------------------------------

  /** `prepare` checks, and says the last words. */
  #beginHandover<T>(refuse: boolean, prepare: () => Handover["request"]): Promise<T> {
    const { session } = this;
    const handover = new PendingHandover<T>();
    try {
      if (session.isOver) throw this.#tooLate();
      const request = prepare();
      session.beginHandover(refuse);
      // Nothing may be pushed to a conversation that is about to be somebody else's.
      if (request.kind === "detach") session.end();
      this.#handover = handover as PendingHandover<unknown>;
      handover.begin(request);
      if (refuse && this.hasUnread) {
        this.takeInput();
        session.fail(injected());
      }
    } catch (error) {
      const refused = Promise.reject(error);
      // A peer can bring that about, and not everybody waits for the answer.
      if (error instanceof ChatError && error.kind !== "unsupported") refused.catch(() => {});
      return refused;
    }
    return handover.outcome;
  }

  readonly #handler: SessionHandler = {
    connected: () => this.#call(() => this.handleConnect()),
    data: (source, start, end) => {
      try {
        // The usual case must not pay for a view.
        if (gathers(this)) {
          this.#gather(source, start, end);
          return true;
        }
        return this.#awaitHook(this.collectIncomingData(source.subarray(start, end)));
      } catch (error) {
        return this.#threw(error);
      }
    },
    found: () => {
      try {
        return this.#awaitHook(this.foundTerminator());
      } catch (error) {
        return this.#threw(error);
      }
    },
    drained: () => this.#call(() => this.handleDrain()),
    timedOut: (error) => this.#call(() => this.handleTimeout(error)),
    ended: () => this.#call(() => this.handleEnd()),
    thrown: (error) => this.#threw(error),
    failed: (error) => {
      // What came of a frame that is too long is no frame, nor the beginning of the next one.
      if (error instanceof LimitError) this.#gatherer.clear();
      return this.#call(() => this.handleError(error));
    },
    closed: (report) => {
      this.#report = report;
      this.#gatherer.clear();
      // On Workers nothing runs any more once the promise of the end has settled.
      void this.#lastCall(report).then(() => {
        this.#lastReport = report;
        this.#onclosed(report);
      });
    },
  };

  async #lastCall(report: CloseReport): Promise<void> {
    try {
      await this.handleClose(report);
    } catch (error) {
      this.#threw(error);
    }
  }

  #gather(source: Uint8Array, start: number, end: number): void {
    const room = this.#maxGathered - this.#gatherer.length;
    if (end - start <= room) return this.#gatherer.add(source, start, end);
    // Only raw input gets here: the session bounds every other frame before it is told.
    if (room > 0) this.#gatherer.add(source, start, start + room);
    this.session.refuse(
      new LimitError(
        `${this.#gatherer.length} bytes of raw input are gathered and nobody takes them; call ` +
          "getData(), or override collectIncomingData()",
        this.#maxGathered,
        this.#gatherer.length,
      ),
    );
  }

  /** Not an event: a hook may wait for it. */
  #settleDrained(): void {
    if (this.#drainWaiters.length === 0) return;
    const { isOver, isDrained } = this.session;
    if (!isOver && !isDrained) return;
    for (const { resolve, reject } of this.#drainWaiters.splice(0)) {
      if (isOver) reject(this.#tooLate());
      else resolve();
    }
  }

  #call(hook: () => HookResult): boolean {
    try {
      return this.#awaitHook(hook());
    } catch (error) {
      return this.#threw(error);
    }
  }

  #awaitHook(
    result: HookResult,
    onrejected: (error: unknown) => unknown = (error) => this.#threw(error),
  ): boolean {
    if (!isPromiseLike(result)) return true;
    this.session.hold();
    result.then(
      () => this.session.release(),
      (error) => {
        onrejected(error);
        this.session.release();
      },
    );
    return false;
  }

  #threw(error: unknown): boolean {
    // Who handles exceptions has nobody to turn to.
    const giveUp = (another: unknown) => {
      this.report(another);
      this.abort(error);
    };
    try {
      return this.#awaitHook(this.handleException(error), giveUp);
    } catch (another) {
      giveUp(another);
      return true;
    }
  }

  #tooLate(): ChatError {
    return new ChatError(
      "closed",
      `the conversation${this.peer === undefined ? "" : ` with ${this.peer}`} is over`,
      { cause: this.#report?.error },
    );
  }
}

/**
 * Whether the hook is the one that gathers. Not in the class: a bundler renames one that mentions
 * itself, and then its name is wrong wherever it is shown.
 */
function gathers(chat: AsyncChat): boolean {
  return chat.collectIncomingData === AsyncChat.prototype.collectIncomingData;
}

/** Whether an error says no more than that the conversation is over, which `handleClose` is told. */
export function saysOver({ isOver }: Session, error: unknown): error is ChatError {
  return isOver && error instanceof ChatError && OVER.includes(error.kind);
}

const OVER: readonly ErrorKind[] = ["reset", "closed", "aborted"];

/** The error where TLS cannot be started in the middle. */
export function cannotStartTls(peer: string | undefined): ChatError {
  return new ChatError(
    "unsupported",
    `TLS cannot be started with ${
      peer ?? "nobody"
    }: give startTls: true to connect(), listen() or ` +
      "serve(), and look at capabilities.startTls and serverStartTls first",
  );
}
