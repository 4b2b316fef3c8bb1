/**
 * The sans-I/O state machine: joins the receive and the send side, and is the only thing in the
 * core that changes.
 *
 * @module
 */

import { type CloseReason, Ending, reasonOf } from "./close_report.ts";
import { isFrameUnderWay, timeoutError, type Watch } from "./deadlines.ts";
import { ChatError } from "./errors.ts";
import { injected } from "./handover.ts";
import { Intake } from "./intake.ts";
import { completeLimits, fullQueue, type Limits, overlongCount, overlongFrame } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import {
  type Piece,
  pieceBytes,
  type Producer,
  type ProducerLike,
  toProducer,
} from "./producer.ts";
import {
  keeper,
  NEED_DATA,
  PAUSED,
  type SessionEvent,
  type SessionHandler,
} from "./session_event.ts";
import {
  type Counters,
  type Inspector,
  type InspectType,
  type SessionStats,
  zeroCounters,
} from "./stats.ts";
import { compileTerminator, type Terminator } from "./terminator.ts";
import { Watches } from "./watches.ts";

/**
 * A conversation without a socket.
 *
 * The methods are of three kinds, and nothing else changes a session:
 *
 * - **inputs**, what happened: {@linkcode connected}, {@linkcode receive}, {@linkcode receiveEnd},
 *   {@linkcode fail}, {@linkcode disconnected}, {@linkcode tick};
 * - **commands**, what you want: {@linkcode setTerminator}, {@linkcode push},
 *   {@linkcode pushWithProducer}, {@linkcode end}, {@linkcode closeWhenDone}, {@linkcode close},
 *   {@linkcode abort}, {@linkcode discardBuffers}, {@linkcode pause}, {@linkcode resume},
 *   {@linkcode demand}, {@linkcode beginHandover};
 * - **polls**, what to do next. After every input and every command, in this order:
 *   {@linkcode dispatch} or {@linkcode nextEvent} until there is nothing to tell;
 *   {@linkcode nextOutput} and {@linkcode sent} while {@linkcode wantsWrite};
 *   {@linkcode wantsHandover}: start TLS, or give the connection away, then
 *   {@linkcode handoverDone} or {@linkcode detached};
 *   {@linkcode wantsEnd}: send a FIN, then {@linkcode endSent}; {@linkcode wantsClose}: give the
 *   socket back, then {@linkcode disconnected}; {@linkcode wantsRead}: read or do not;
 *   {@linkcode tick}, then {@linkcode deadline}: when to come back at the latest.
 *
 * Time is an input: there is no clock and no timer here. What happened since the last tick counts as
 * having happened at the next, and while {@linkcode isTimed} is false none is needed.
 *
 * @example A conversation with a peer that exists only in this test
 * ```ts
 * import { Session } from "asynchat";
 *
 * const session = new Session();
 * session.setTerminator("\r\n");
 * session.connected();
 * session.receive(new TextEncoder().encode("hel"));
 * session.receive(new TextEncoder().encode("lo\r\n"));
 *
 * const told: string[] = [];
 * for (let event = session.nextEvent(); typeof event !== "symbol"; event = session.nextEvent()) {
 *   told.push(event.type === "data" ? new TextDecoder().decode(event.data) : event.type);
 * }
 * if (told.join() !== "connected,hel,lo,found") throw new Error(told.join());
 * ```
 */
export class Session {
  /** Called when a command or a producer may have changed what the polls answer. */
  onwake: (() => void) | undefined;
  /** Called when queued output has gone out, or never will; also while a hook is not done. */
  onoutput: (() => void) | undefined;
  /** Called with an error of your own code that came too late to be told as an event. */
  onlate: ((error: unknown) => void) | undefined;
  /** Looks on; see {@linkcode Inspector}. Nothing is spent on it while it is `undefined`. */
  oninspect: Inspector | undefined;
  /** @internal For recorders: called with each producer that is queued; the answer takes its place. */
  onproducer: ((producer: Producer) => Producer) | undefined;

  readonly #limits: Required<Limits>;
  /** `over`: nothing goes in or out any more. `closed`: the socket is gone as well. */
  #phase: "connecting" | "open" | "over" | "closed" = "connecting";
  #connectedDue = false;
  #closedTold = false;

  #holds = 0;
  #paused = false;
  /** The bytes are about to mean something else: `refuse` when none may have come by then. */
  #handover: "none" | "refuse" | "keep" = "none";

  readonly #intake: Intake;
  /** The peer's side: `ending` when its FIN has come, `ended` when that has been told. */
  #peer: "open" | "ending" | "ended" = "open";
  /** What comes is read, so that the peer can end in good order, but it is not told. */
  #deaf = false;
  /** We closed: nothing but the end is told. */
  #silent = false;

  readonly #outbox: Outbox = new Outbox({
    answered: () => this.#wake(),
    threw: (error, dropped) => this.#producerThrew(error, dropped),
    late: (error) => this.#late(error),
  });
  #drainDue = false;
  /** Our side: `ending` when nothing more may be pushed, `ended` when the FIN has been sent. */
  #ours: "open" | "ending" | "ended" = "open";
  #closing = false;
  #closeDue = false;

  readonly #ending: Ending = new Ending();
  #orderly: CloseReason = "closed";
  #reset = false;
  #failureDue: ChatError | undefined;
  #refusalDue: ChatError | undefined;
  #thrownDue: { readonly error: unknown } | undefined;

  readonly #counters: Counters = zeroCounters();
  readonly #watches: Watches;
  #timeoutDue: ChatError | undefined;

  /**
   * Starts a conversation that is not connected yet. Output may be queued already.
   *
   * @throws {RangeError} for a limit that is no positive number, or a low-water mark above the high.
   */
  constructor(limits: Limits = {}) {
    this.#limits = completeLimits(limits);
    this.#watches = new Watches(this.#limits);
    const { maxFrameLength, overlong } = this.#limits;
    this.#intake = new Intake(maxFrameLength, overlong === "skip", {
      framed: () => this.#framed(),
      overlong: () => this.#overlong(),
      terminated: () => this.#show("terminator"),
      isHeld: () => this.#holds > 0,
    });
  }

  // --- inputs: what happened ---------------------------------------------------------------------

  /** The connection stands. Queued output may go. */
  connected(): void {
    if (this.#phase !== "connecting") return;
    this.#phase = "open";
    this.#connectedDue = true;
    this.#watches.move();
    this.#show("connected");
  }

  /**
   * Bytes came. They are borrowed until {@linkcode wantsRead} is true again; after that `chunk` is
   * not looked at any more.
   *
   * @throws {Error} when called from inside a callback: the order of events would be lost.
   */
  receive(chunk: Uint8Array): void {
    if (this.#intake.isTelling) throw new Error("receive() was called from inside a callback");
    if (chunk.length === 0 || this.#peer !== "open" || this.isOver) return;
    this.#watches.move();
    this.#counters.chunksReceived++;
    this.#counters.bytesReceived += chunk.length;
    this.#show("received", chunk.length);
    if (!this.#deaf) this.#intake.add(chunk);
  }

  /** The peer sent its FIN. */
  receiveEnd(): void {
    if (this.#peer !== "open" || this.isOver) return;
    this.#peer = this.#deaf ? "ended" : "ending";
    this.#watches.progress();
    this.#show("peer-ended");
    this.#overWhenBothEnded();
  }

  /** The connection failed. What came before is told first; of several failures only the first. */
  fail(error: ChatError): void {
    if (this.isOver) return;
    if (error.kind !== "reset") this.#failureDue = error;
    this.#over(reasonOf(error), error);
  }

  /** The socket is gone. */
  disconnected(): void {
    if (!this.isOver) {
      this.fail(new ChatError("unknown", "the connection went away without a word"));
    }
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#show("closed");
  }

  /** It is `now`, in milliseconds of any monotonic clock. */
  tick(now: number): void {
    if (this.#phase !== "open") return;
    // A handshake has a timeout of its own, and its bytes are not seen here.
    if (this.wantsHandover) this.#watches.move();
    const passed = this.#watches.tick(now, {
      closing: this.#closing,
      frame: this.#frameUnderWay,
      reading: this.#tellsInput && this.#holds === 0,
    });
    if (passed !== undefined) this.#timeOut(passed);
  }

  // --- polls: what to do next --------------------------------------------------------------------

  /** Whether bytes are welcome. While false, the peer shall stall in the network, not in memory. */
  get wantsRead(): boolean {
    if (this.#phase !== "open" || this.#peer !== "open") return false;
    return this.#deaf || (this.#tellsInput && this.#holds === 0 && !this.#hasInput);
  }

  /** Whether {@linkcode nextOutput} may have something. */
  get wantsWrite(): boolean {
    return this.#phase === "open" && this.#outbox.isReady;
  }

  /** Whether a FIN is due: everything has gone out, and nothing will follow. */
  get wantsEnd(): boolean {
    return this.#phase === "open" && this.#handover === "none" &&
      this.#ours === "ending" && this.#outbox.isEmpty;
  }

  /** Whether a handover is due: what was queued before it has gone out, and nobody reads. */
  get wantsHandover(): boolean {
    return this.#phase === "open" && this.#handover !== "none" && this.#outbox.isGone;
  }

  /** Whether the socket shall be given back, and whether the peer shall see a reset. */
  get wantsClose(): false | "close" | "reset" {
    if (this.#phase !== "over") return false;
    return this.#reset ? "reset" : "close";
  }

  /** When {@linkcode tick} is due at the latest, on its clock; `undefined` for never. */
  get deadline(): number | undefined {
    return this.#phase === "open" ? this.#watches.deadline : undefined;
  }

  /** Whether there is, or may soon be, a deadline: else nobody need look at a clock. */
  get isTimed(): boolean {
    return this.#phase === "open" && this.#watches.isTimed(this.#closing);
  }

  /** What has been counted so far. */
  get stats(): SessionStats {
    return {
      ...this.#counters,
      bytesQueued: this.#outbox.bytes,
      connectedAt: this.#watches.startedAt,
      lastActivity: this.#watches.movedAt,
    };
  }

  /** Whether nothing has happened yet, and nothing been commanded but a terminator. */
  get isFresh(): boolean {
    const { pauses, holds } = this.#counters;
    return this.#phase === "connecting" && this.#ours === "open" && this.#outbox.isEmpty &&
      pauses + holds === 0 && !this.#intake.isBounded;
  }

  /** The limits in force. */
  get limits(): Required<Limits> {
    return this.#limits;
  }

  /** Whether the conversation is over: nothing goes in or out any more. */
  get isOver(): boolean {
    return this.#phase === "over" || this.#phase === "closed";
  }

  /** What ended it, or will, when that is no orderly end. */
  get error(): Error | undefined {
    return this.#ending.error;
  }

  /** Whether a {@linkcode beginHandover} is under way: leave reading as it is. */
  get isHandingOver(): boolean {
    return this.#handover !== "none";
  }

  /** Whether the peer has sent its FIN, told or not. */
  get hasPeerEnded(): boolean {
    return this.#peer !== "open";
  }

  /** Queued output, in bytes, that has not gone out; what producers hold is not counted. */
  get bytesQueued(): number {
    return this.#outbox.bytes;
  }

  /** Whether output is queued, bytes or a producer. */
  get hasOutput(): boolean {
    return !this.#outbox.isEmpty;
  }

  /** Whether queued output is down at the low-water mark, or below. */
  get isDrained(): boolean {
    return this.#outbox.bytes <= this.#limits.lowWaterMark;
  }

  /** Whether `push` is still possible. */
  get canPush(): boolean {
    return this.#ours === "open" && !this.#silent && !this.#closedTold;
  }

  /**
   * The next bytes to send, at most `max`; `undefined` when there are none now.
   *
   * They stay queued until {@linkcode sent} says how many went out: borrowed, and not touched until
   * then.
   */
  nextOutput(max: number): Uint8Array | undefined {
    return this.#phase === "open" ? this.#outbox.next(max) : undefined;
  }

  /** So many of the bytes that {@linkcode nextOutput} gave have gone out. */
  sent(size: number): void {
    if (this.#phase !== "open") return;
    this.#outbox.sent(size);
    if (size > 0) {
      this.#watches.progress();
      this.#watches.move();
      this.#counters.writes++;
      this.#counters.bytesSent += size;
      this.#show("sent", size);
    }
    this.#outputWent();
  }

  /** The FIN has been sent. */
  endSent(): void {
    if (this.#ours !== "ending") return;
    this.#ours = "ended";
    this.#watches.progress();
    this.#show("ended");
    if (this.#closing) this.#listenNoMore();
    this.#overWhenBothEnded();
  }

  /** Tells `handler` everything there is to tell, in order, until it answers `false`. */
  dispatch(handler: SessionHandler): void {
    if (this.#intake.isTelling) return;
    while (this.#tellNext(handler));
  }

  /**
   * The next event; {@linkcode NEED_DATA} or {@linkcode PAUSED} when there is none.
   *
   * For tests, and for those who like to pull. Set the next terminator when you have been told
   * `found`. It costs a state a frame, which {@linkcode dispatch} saves.
   */
  nextEvent(): SessionEvent | typeof NEED_DATA | typeof PAUSED {
    let event: SessionEvent | undefined;
    this.dispatch(keeper((told) => event = told));
    if (event !== undefined) return event;
    return this.#holds > 0 || (!this.#tellsInput && this.#hasInput) ? PAUSED : NEED_DATA;
  }

  // --- commands: what you want -------------------------------------------------------------------

  /**
   * Puts a terminator in force.
   *
   * From `found`, for the very next byte. While payload is being told, from the next frame on, as
   * it would otherwise depend on how the bytes were cut. From anywhere else, at once: bytes that
   * were held back are looked at again.
   *
   * @throws {RangeError | TypeError} when it is no terminator; the one in force stays.
   * @throws {LimitError} for a count above the frame limit; the one in force stays.
   */
  setTerminator(terminator: Terminator): void {
    const compiled = compileTerminator(terminator);
    if (compiled.kind === "count" && compiled.bytes > this.#limits.maxFrameLength) {
      throw overlongCount(compiled.bytes, this.#limits);
    }
    this.#intake.setTerminator(compiled);
    this.#wake();
  }

  /** The terminator as it was set; a count as the number of bytes still due. */
  getTerminator(): Terminator {
    return this.#intake.getTerminator();
  }

  /**
   * Queues output: text, as UTF-8, or a copy of the bytes, which are yours again at once.
   *
   * @returns whether the queue is below the high-water mark; `false` asks you to wait for `drained`
   * @throws {TypeError} for anything but text and byte views.
   * @throws {ChatError} kind `"closed"` when our side has ended.
   * @throws {LimitError} when the queue would grow beyond `maxQueued`; nothing is queued then.
   */
  push(piece: Piece): boolean {
    this.#checkPush();
    const outbox = this.#outbox, room = this.#limits.maxQueued - outbox.bytes;
    const gathered = outbox.gather(piece, room);
    if (gathered > 0) return this.#queued(gathered);
    const bytes = pieceBytes(piece);
    if (bytes.length === 0) return this.#isBelowHighWater();
    if (bytes.length > room) throw fullQueue(outbox.bytes, bytes.length, this.#limits);
    return this.#enqueue(typeof piece === "string" ? bytes : new Uint8Array(bytes));
  }

  /**
   * Queues a producer: it is asked for output when everything before it has gone out. Its pieces,
   * and bytes given instead of a producer, are borrowed until they have gone out, not copied.
   *
   * @returns whether the queue is below the high-water mark
   * @throws {TypeError} when it is no producer.
   * @throws {ChatError} kind `"closed"` when our side has ended.
   */
  pushWithProducer(producer: ProducerLike): boolean {
    if (typeof producer === "string") return this.push(producer);
    if (ArrayBuffer.isView(producer)) return this.pushWithProducer([producer]);
    // Checked first: making a producer locks a stream, which would be a pity for nothing.
    this.#checkPush();
    const made = toProducer(producer);
    return this.#enqueue(this.onproducer === undefined ? made : this.onproducer(made));
  }

  /** Asks a producer again that said {@linkcode NOT_YET}. */
  resumeProducers(): void {
    if (this.#outbox.resume()) this.#wake();
  }

  /** Ends our side once the queue has gone out: half-close. Input goes on. Idempotent. */
  end(): void {
    if (this.#ours !== "open" || this.isOver) return;
    this.#ours = "ending";
    this.#orderly = this.#peer === "open" ? "closed" : "ended";
    this.#wake();
  }

  /**
   * Closes once the queue has gone out: a FIN behind the last byte, then the peer may end its side
   * in peace, for at most `closeTimeout` without progress. Idempotent.
   *
   * Input is told until the FIN goes out, and read but dropped afterwards: a socket closed over
   * unread input would reset, and destroy what has not reached the peer.
   */
  closeWhenDone(): void {
    if (this.#closing || this.isOver) return;
    this.end();
    this.#closing = true;
    this.#watches.progress();
    if (this.#ours === "ended") this.#listenNoMore();
    this.#overWhenBothEnded();
    this.#wake();
  }

  /** Closes now: what is queued is dropped. Nothing but `closed` is told afterwards. Idempotent. */
  close(): void {
    this.#silence("closed", undefined);
  }

  /** Like {@linkcode close}, because of an error; with `reset` the peer shall see a reset. */
  abort(error: Error, reset = false): void {
    if (!this.isOver) this.#reset = reset;
    this.#silence(error instanceof ChatError ? reasonOf(error, "aborted") : "aborted", error);
  }

  /**
   * Takes no more input, because what came is wrong: tells `failed` with the error, whose hook may
   * still push an answer, then closes when that has gone out. Idempotent.
   */
  refuse(error: ChatError): void {
    if (this.#deaf || this.#silent || this.isOver) return;
    this.#ending.because(reasonOf(error), error);
    this.#refusalDue = error;
    this.#closeDue = true;
    this.#listenNoMore();
    this.#wake();
  }

  /**
   * Drops what has been received and not told, and what is queued and not gone out; keeps the
   * terminator, the connection and a pending close. A frame that is complete still ends.
   */
  discardBuffers(): void {
    this.#intake.discard();
    this.#outbox.discard(new ChatError("aborted", "the output queue was discarded"));
    this.#outputWent();
    this.#wake();
  }

  /** Stops telling input, and reading. Idempotent. */
  pause(): void {
    if (!this.#paused) {
      this.#paused = true;
      this.#counters.pauses++;
      this.#show("paused");
    }
    this.#intake.stop();
    this.#wake();
  }

  /** Goes on after {@linkcode pause}. Idempotent. */
  resume(): void {
    if (this.#paused) {
      this.#paused = false;
      this.#show("resumed");
    }
    this.#wake();
  }

  /** Whether {@linkcode pause} is in force. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /**
   * Tells so many frames more, then no input until the next call; the peer then stalls in the
   * network. What was asked for and not told yet adds up. Before the first call, and after
   * `Infinity`, there is no bound.
   *
   * @throws {RangeError} for what is neither a whole number from 0 on nor `Infinity`.
   */
  demand(frames: number): void {
    if (frames !== Infinity && !(Number.isSafeInteger(frames) && frames >= 0)) {
      throw new RangeError(
        `a demand is a whole number of frames from 0 on, or Infinity; got ${frames}`,
      );
    }
    this.#intake.demand(frames);
    this.#wake();
  }

  /**
   * Begins to hand the connection over, to TLS or to somebody else: tells no input any more, and
   * wants none. What is queued goes out, what is pushed from now on waits. Then
   * {@linkcode wantsHandover} is true; {@linkcode takeInput} has the input that was not told.
   *
   * @param refuse whether input that has come and was not told, or half of a frame, fails the
   * connection with kind `"protocol"`
   * @throws {ChatError | Error} as {@linkcode checkHandover} does.
   */
  beginHandover(refuse: boolean): void {
    this.checkHandover();
    this.#handover = refuse ? "refuse" : "keep";
    this.#outbox.fence();
    this.#intake.stop();
    this.#show("handover");
    this.#wake();
  }

  /**
   * Looks whether {@linkcode beginHandover} is possible.
   *
   * @throws {ChatError} kind `"closed"` when our side has ended, or nothing is listened to any more.
   * @throws {Error} when a handover is under way already.
   */
  checkHandover(): void {
    if (this.#handover !== "none") throw new Error("a handover is under way already");
    this.#checkPush();
    if (!this.#deaf && !this.isOver) return;
    throw new ChatError("closed", "the conversation is closing: it cannot be handed over");
  }

  /** Takes the input that has come and was not told, as one copy; its frame begins anew. */
  takeInput(): Uint8Array {
    return this.#intake.takeUnread();
  }

  /** TLS has begun: input is told again, and what waited goes out. */
  handoverDone(): void {
    if (!this.wantsHandover) return;
    this.#handover = "none";
    this.#outbox.lift();
    this.#watches.move();
    this.#show("handed-over");
    this.#wake();
  }

  /** Somebody else has the connection now. Nothing but `closed` is told afterwards. */
  detached(): void {
    if (this.#handover === "none" || this.isOver) return;
    this.#silence("detached", undefined);
    this.#phase = "closed";
    this.#show("closed");
  }

  /** A hook is not done: nothing is told until {@linkcode release} was called as often. */
  hold(): void {
    this.#holds++;
    this.#counters.holds++;
    this.#show("held");
  }

  /** The hook is done. */
  release(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    this.#show("released");
    this.#intake.settle();
    this.#wake();
  }

  // --- telling -----------------------------------------------------------------------------------

  /** Whether input may be told, as far as commands go. */
  get #tellsInput(): boolean {
    return !this.#paused && this.#intake.isDemanded && this.#handover === "none";
  }

  get #hasInput(): boolean {
    return this.#peer === "ending" || this.#intake.hasInput;
  }

  /** Tells one event, or what one chunk holds. Answers whether there may be more to tell. */
  #tellNext(handler: SessionHandler): boolean {
    if (this.#handover === "refuse" && this.#intake.hasUnread && !this.isOver) {
      this.fail(injected());
    }
    if (this.#holds > 0 || this.#closedTold) return false;
    if (this.#connectedDue) {
      this.#connectedDue = false;
      return handler.connected();
    }
    const thrown = this.#thrownDue;
    if (thrown !== undefined) {
      this.#thrownDue = undefined;
      return handler.thrown(thrown.error);
    }
    const refusal = this.#refusalDue;
    if (refusal !== undefined) {
      this.#refusalDue = undefined;
      return handler.failed(refusal);
    }
    if (this.#closeDue) {
      this.#closeDue = false;
      this.closeWhenDone();
    }
    // Who may push no more is not asked to.
    if (this.#drainDue && this.isDrained && this.#ours === "open" && !this.isOver) {
      this.#drainDue = false;
      this.#show("drained");
      return handler.drained();
    }
    const timeout = this.#timeoutDue;
    if (timeout !== undefined) {
      this.#timeoutDue = undefined;
      if (!this.#closing && !this.isOver) return handler.timedOut(timeout);
    }
    if (this.#hasInput) {
      if (!this.#tellsInput) return false;
      return this.#tellInput(handler);
    }
    const failure = this.#failureDue;
    if (failure !== undefined) {
      this.#failureDue = undefined;
      // What is held back is no frame, and no terminator that the hook sets shall make it one.
      this.#ending.cut(this.#intake.input);
      this.#dropInput();
      return handler.failed(failure);
    }
    if (this.#phase === "closed" && !this.#closedTold) {
      this.#closedTold = true;
      this.#ending.cut(this.#intake.input);
      handler.closed(this.#ending.report());
    }
    return false;
  }

  #tellInput(handler: SessionHandler): boolean {
    const last = this.#peer === "ending" && !this.#intake.hasChunk;
    const outcome = this.#intake.tell(handler, last);
    if (outcome !== "finished") return outcome === "more";
    this.#peer = "ended";
    this.#ending.cut(this.#intake.input);
    const goOn = handler.ended();
    this.#overWhenBothEnded();
    return goOn;
  }

  #framed(): void {
    this.#counters.framesReceived++;
    // Even a call that does nothing is felt at millions of frames a second.
    if (this.oninspect !== undefined) this.#show("frame");
  }

  #overlong(): void {
    // The hook that was given the last of it has closed meanwhile.
    if (this.#deaf || this.#silent) return;
    const error = overlongFrame(this.#limits);
    this.#counters.framesOverlong++;
    this.#show("overlong");
    const goOn = this.#limits.overlong === "skip" && this.#intake.terminatorKind !== "count";
    if (goOn) this.#refusalDue = error;
    else this.refuse(error);
  }

  // --- changing ----------------------------------------------------------------------------------

  #wake(): void {
    this.onwake?.();
  }

  #outputWent(): void {
    this.onoutput?.();
    if (this.#drainDue && this.isDrained) this.#wake();
  }

  #dropInput(): void {
    this.#intake.drop();
    if (this.#peer === "ending") this.#peer = "ended";
  }

  #listenNoMore(): void {
    this.#deaf = true;
    this.#dropInput();
  }

  #checkPush(): void {
    if (this.canPush) return;
    throw new ChatError(
      "closed",
      this.#phase === "open"
        ? "our side has ended: nothing can be pushed after closeWhenDone() or end()"
        : "the conversation is over: nothing can be pushed any more",
    );
  }

  #enqueue(entry: Uint8Array | Producer): boolean {
    if (this.isOver) {
      // The peer is gone and you have not been told yet: count it, and tell the count then.
      if (entry instanceof Uint8Array) this.#ending.bytesUnsent += entry.length;
      else this.#outbox.cancel(entry, this.#ending.error);
      return false;
    }
    this.#outbox.add(entry);
    return this.#queued(entry instanceof Uint8Array ? entry.length : 0);
  }

  #queued(bytes: number): boolean {
    this.#show("queued", bytes);
    this.#wake();
    return this.#isBelowHighWater();
  }

  #isBelowHighWater(): boolean {
    if (this.#outbox.bytes < this.#limits.highWaterMark) return true;
    if (!this.#drainDue) {
      this.#drainDue = true;
      this.#counters.highWaterEvents++;
      this.#show("full");
    }
    return false;
  }

  #producerThrew(error: unknown, dropped: number): void {
    this.#ending.bytesUnsent += dropped;
    this.#ending.because(
      "failed",
      error instanceof Error
        ? error
        : new ChatError("unknown", `a producer threw ${String(error)}`, { cause: error }),
    );
    this.#thrownDue = { error };
    this.closeWhenDone();
  }

  #late(error: unknown): void {
    this.onlate?.(error);
  }

  #overWhenBothEnded(): void {
    if (this.#peer !== "ended" || this.#ours !== "ended" || this.isOver) return;
    this.#over(this.#orderly, undefined);
  }

  #silence(reason: CloseReason, error: Error | undefined): void {
    if (this.#silent || this.#closedTold) return;
    this.#silent = true;
    this.#connectedDue = this.#closeDue = false;
    this.#refusalDue = this.#failureDue = this.#timeoutDue = undefined;
    if (this.#thrownDue !== undefined) this.#late(this.#thrownDue.error);
    this.#thrownDue = undefined;
    this.#dropInput();
    this.#over(reason, error);
    this.#wake();
  }

  #over(reason: CloseReason, error: Error | undefined): void {
    if (this.isOver) return;
    this.#phase = "over";
    // What came before a handover that failed belongs to neither side of it.
    if (this.#handover !== "none") this.#dropInput();
    this.#handover = "none";
    this.#ending.because(reason, error);
    this.#ending.bytesUnsent += this.#outbox.drop(
      error ?? new ChatError("closed", "the conversation ended before the producer did"),
    );
    this.onoutput?.();
    this.#show("over");
  }

  // --- time --------------------------------------------------------------------------------------

  /** A frame's number, the same as long as it is the same frame. */
  get #frameUnderWay(): number | undefined {
    const { framesReceived, framesOverlong } = this.#counters;
    const { input } = this.#intake;
    if (this.#deaf || this.#peer !== "open" || !isFrameUnderWay(input)) return undefined;
    // One that is being skipped is counted as too long already.
    return framesReceived + framesOverlong - (input.skipping ? 1 : 0);
  }

  #timeOut(watch: Watch): void {
    const error = timeoutError(watch, this.#limits);
    this.#show("timeout");
    switch (watch) {
      case "close":
        this.#dropInput();
        this.fail(error);
        break;
      case "frame":
        this.#ending.cut(this.#intake.input);
        this.refuse(error);
        break;
      case "idle":
        // A hook that is not done may never be, and no other may be called meanwhile.
        if (this.#holds > 0) this.abort(error);
        else this.#timeoutDue = error;
    }
    this.#wake();
  }

  // --- looking on --------------------------------------------------------------------------------

  #show(type: InspectType, bytes = 0): void {
    if (this.oninspect === undefined) return;
    try {
      this.oninspect({
        type,
        bytes,
        phase: this.#phase,
        terminator: this.#intake.terminatorKind,
        framesReceived: this.#counters.framesReceived,
        bytesQueued: this.#outbox.bytes,
        isPaused: this.#paused,
        isHeld: this.#holds > 0,
      });
    } catch (error) {
      this.#late(error);
    }
  }
}
