/**
 * Records what is done to a session, and what it tells.
 *
 * @module
 */

import type { AsyncChat } from "../../async_chat.ts";
import type { Chat } from "../../chat.ts";
import { pieceBytes } from "../../producer.ts";
import type { Session } from "../../session.ts";
import type { SessionHandler } from "../../session_event.ts";
import { bytesOf, type Delimiting, type Terminator } from "../../terminator.ts";
import { recordedHandler, recordedProducer } from "./listening.ts";
import { type Note, NOTHING_MORE, type Outcome, Tape } from "./tape.ts";
import type { Transcript, TranscriptCall } from "./transcript.ts";
import { recordError } from "./values.ts";

/** How to record. */
export interface TranscriptOptions {
  /**
   * `"bytes"`, the default, keeps payload, and the transcript can be replayed; `"sizes"` keeps its
   * sizes alone, for a transcript that is only to be read. Either keeps terminators and the messages
   * of errors.
   */
  readonly payload?: "bytes" | "sizes";
  /** Memory that the transcript may take, in bytes, about; 1 MiB. Then it says so, and stops. */
  readonly maxSize?: number;
}

/** A transcript under way. */
export interface Recording {
  /** What has been recorded so far, as a value that does not change; also from inside a hook. */
  readonly transcript: Transcript;
  /** Records no more, and leaves the session as it was before. Idempotent. */
  stop(): void;
}

/**
 * Records a conversation of either face, or a bare session: what came, what was commanded, what
 * producers answered, what was told.
 *
 * It looks on and changes nothing, and a conversation that is not recorded pays nothing for it.
 * Payload is kept, as it came and as it was pushed: treat a transcript as you treat what was said.
 *
 * @param conversation not connected yet; a terminator may have been set, and nothing else done
 * @throws {Error} when it is connected, has output or was paused, or is being recorded: what came
 * before would be missing.
 * @throws {RangeError} for a `maxSize` that is no positive number.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { ManualPeer, recordTranscript, replayTranscript } from "asynchat/testing";
 *
 * const chat = new AsyncChat({
 *   terminator: "\n",
 *   foundTerminator() {
 *     this.push(`you said ${this.getText()}\n`);
 *   },
 * });
 * const recording = recordTranscript(chat);
 * const peer = new ManualPeer(chat);
 * peer.send("hel");
 * peer.send("lo\n");
 *
 * // Without the chat and its hooks: the session alone does again what it did.
 * const told = replayTranscript(recording.transcript).map(({ type }) => type);
 * if (told.join() !== "connected,data,data,found") throw new Error(told.join());
 * ```
 */
export function recordTranscript(
  conversation: AsyncChat | Chat | Session,
  options: TranscriptOptions = {},
): Recording {
  const { payload = "bytes", maxSize = 1024 * 1024 } = options;
  if (!(maxSize > 0)) throw new RangeError(`maxSize must be above 0 bytes; got ${maxSize}`);
  const session = sessionOf(conversation);
  if (session.onproducer !== undefined) throw new Error("this session is being recorded already");
  if (!session.isFresh) {
    throw new Error(
      "a transcript begins with the conversation: record it before it is connected, and before " +
        "anything is pushed or paused; a constructor that pushes can call recordTranscript(this)",
    );
  }
  return new Recorder(session, new Tape(session, payload, maxSize));
}

function sessionOf(conversation: AsyncChat | Chat | Session): Session {
  if ("asyncChat" in conversation) return conversation.asyncChat.session;
  return "session" in conversation ? conversation.session : conversation;
}

/** Methods that take nothing, and answer nothing. */
const PLAIN = [
  "connected",
  "receiveEnd",
  "disconnected",
  "endSent",
  "resumeProducers",
  "end",
  "closeWhenDone",
  "close",
  "discardBuffers",
  "pause",
  "resume",
  "hold",
  "release",
  "handoverDone",
  "detached",
] as const;

/** Stands before the methods of one session, and before everything that it calls. */
class Recorder implements Recording {
  readonly #session: Session;
  readonly #tape: Tape;
  readonly #undo: (() => void)[] = [];
  #producers = 0;

  constructor(session: Session, tape: Tape) {
    this.#session = session;
    this.#tape = tape;
    tape.onend = () => this.#undo.splice(0).forEach((undo) => undo());
    const terminator = session.getTerminator();
    if (terminator !== null) tape.call("setTerminator", () => ({ terminator }), () => {});
    for (const name of PLAIN) this.#wrap(name, session[name] as () => void, NOTHING_MORE);
    this.#wrapInputs();
    this.#wrapCommands();
    this.#wrapPolls();
    this.#wrapProperties();
  }

  get transcript(): Transcript {
    return this.#tape.transcript;
  }

  stop(): void {
    this.#tape.finish(false);
  }

  #wrapInputs(): void {
    const session = this.#session, tape = this.#tape;
    this.#wrap("receive", session.receive, (chunk) => tape.payloadOf(chunk), (_, { length }) => {
      return length === 0 ? null : {};
    });
    this.#wrap("fail", session.fail, (error) => ({ error: recordError(error) }));
    this.#wrap("tick", session.tick, (now) => ({ value: now }));
  }

  #wrapCommands(): void {
    const session = this.#session, tape = this.#tape;
    this.#wrap("setTerminator", session.setTerminator, (terminator) => ({
      terminator: copyOf(terminator),
    }));
    this.#wrap("push", session.push, (piece) => tape.payloadOf(pieceBytes(piece)));
    this.#wrap("refuse", session.refuse, (error) => ({ error: recordError(error) }));
    this.#wrap("abort", session.abort, (error, reset) => ({
      error: recordError(error),
      ...(reset ? { value: 1 } : {}),
    }));
    this.#wrap("demand", session.demand, (frames) => ({ value: frames }));
    this.#wrap("beginHandover", session.beginHandover, (refuse) => ({ value: refuse ? 1 : 0 }));
    this.#wrap("takeInput", session.takeInput, NOTHING_MORE, (bytes) => tape.observe(bytes));
    const { pushWithProducer } = session;
    const note = () => ({ producer: this.#producers + 1 });
    this.#replace("pushWithProducer", (producer) => {
      // It is what the session makes of text.
      if (typeof producer === "string") return session.push(producer);
      const run = () => pushWithProducer.call(session, producer);
      return tape.call("pushWithProducer", note, run);
    });
  }

  #wrapPolls(): void {
    const session = this.#session, tape = this.#tape;
    this.#wrap("nextOutput", session.nextOutput, (max) => ({ value: max }), (bytes) => {
      return bytes === undefined ? null : tape.observe(bytes);
    });
    this.#wrap("sent", session.sent, (size) => ({ value: size }));

    const { dispatch } = session;
    let known: SessionHandler | undefined, recorded: SessionHandler;
    let hasStopped = false;
    this.#replace("dispatch", (handler) => {
      const wasQuiet = tape.isQuiet;
      // The session knows its handler again by its identity.
      if (handler !== known) recorded = recordedHandler(tape, handler, () => hasStopped = true);
      known = handler;
      hasStopped = false;
      tape.call("dispatch", NOTHING_MORE, () => dispatch.call(session, recorded), () => {
        tape.isQuiet = !hasStopped;
        return wasQuiet ? null : {};
      });
    });
  }

  #wrapProperties(): void {
    const session = this.#session, tape = this.#tape;
    const { onlate, oninspect } = session;
    let inspectorThrew = false;
    session.onlate = (error) => {
      if (!inspectorThrew) {
        return tape.tell("late", () => ({ error: recordError(error) }), () => onlate?.(error));
      }
      // There is no inspector in a replay.
      inspectorThrew = false;
      onlate?.(error);
    };
    session.onproducer = (producer) => recordedProducer(tape, producer, ++this.#producers);
    this.#undo.push(() => {
      session.onlate = onlate;
      session.onproducer = undefined;
    });
    if (oninspect === undefined) return;
    session.oninspect = (event) => {
      try {
        oninspect(event);
      } catch (error) {
        inspectorThrew = true;
        throw error;
      }
    };
    this.#undo.push(() => session.oninspect = oninspect);
  }

  #wrap<Name extends keyof Session & TranscriptCall, Args extends unknown[], Result>(
    name: Name,
    method: (...args: Args) => Result,
    note: (...args: Args) => Note,
    outcome: (result: Result, ...args: Args) => Outcome = NOTHING_MORE,
  ): void {
    const wrapped = (...args: Args) =>
      this.#tape.call(
        name,
        () => note(...args),
        () => method.apply(this.#session, args),
        (result) => outcome(result, ...args),
      );
    this.#replace(name, wrapped as unknown as Session[Name]);
  }

  #replace<Name extends keyof Session>(name: Name, value: Session[Name]): void {
    const session: Partial<Session> = this.#session;
    Object.defineProperty(session, name, { value, configurable: true, writable: true });
    this.#undo.push(() => delete session[name]);
  }
}

/** Yours may change. */
function copyOf(terminator: Terminator): Terminator {
  if (ArrayBuffer.isView(terminator)) return new Uint8Array(bytesOf(terminator));
  return Array.isArray(terminator)
    ? terminator.map((one) => copyOf(one) as Delimiting)
    : terminator;
}
