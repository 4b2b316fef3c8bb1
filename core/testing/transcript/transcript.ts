/**
 * What a transcript is: everything that was done to a session, and everything that it told.
 *
 * @module
 */

import type { CloseReason } from "../../close_report.ts";
import type { ErrorKind } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { SessionStats } from "../../stats.ts";
import type { Terminator } from "../../terminator.ts";

/** What can be done to a session, by its name there; the last two come from producers. */
export type TranscriptCall =
  | "connected"
  | "receive"
  | "receiveEnd"
  | "fail"
  | "disconnected"
  | "tick"
  | "dispatch"
  | "nextOutput"
  | "sent"
  | "endSent"
  | "setTerminator"
  | "push"
  | "pushWithProducer"
  | "resumeProducers"
  | "end"
  | "closeWhenDone"
  | "close"
  | "abort"
  | "refuse"
  | "discardBuffers"
  | "pause"
  | "resume"
  | "demand"
  | "hold"
  | "release"
  | "beginHandover"
  | "takeInput"
  | "handoverDone"
  | "detached"
  | "answer"
  | "cancelFailed";

/** What a session tells: its events, an error that came too late, and what it asks of producers. */
export type TranscriptTold =
  | "connected"
  | "data"
  | "found"
  | "drained"
  | "timedOut"
  | "ended"
  | "thrown"
  | "failed"
  | "closed"
  | "late"
  | "more"
  | "cancel";

/** An error, as far as a transcript keeps it: no stack, no cause. */
export interface TranscriptErrorRecord {
  /** Its name; empty for what was thrown and is no error. */
  readonly name: string;
  /** What it said. Replays do not compare it: the wording may change in any release. */
  readonly message: string;
  /** Of a `ChatError`. */
  readonly kind?: ErrorKind;
  /** The system's code. */
  readonly code?: string;
  /** Of a `LimitError`: the bound, in bytes. */
  readonly limit?: number;
  /** Of a `LimitError`: bytes held when it was reached. */
  readonly held?: number;
  /** Of an `IncompleteFrameError`: bytes that did come. */
  readonly received?: number;
  /** Of an `IncompleteFrameError`: what would have ended the frame, in words. */
  readonly expected?: string;
}

/** A close report, as far as a transcript keeps it. */
export interface TranscriptReport {
  /** How it ended, in one word. */
  readonly reason: CloseReason;
  /** Queued output, in bytes, that was never handed to the system. */
  readonly bytesUnsent: number;
  /** What ended it. */
  readonly error?: TranscriptErrorRecord;
  /** The frame that was cut. */
  readonly incomplete?: TranscriptErrorRecord;
}

/**
 * One thing that happened: a call of the session, or what it told. Only the members that the call,
 * or the event, is about are there.
 */
export interface TranscriptEntry {
  /**
   * How deep it stands: what a session tells during a call is one deeper than the call, and a
   * command given inside a hook is one deeper than the event that the hook answers.
   */
  readonly depth: number;
  /** What was done to the session; exactly one of this and {@linkcode told} is there. */
  readonly call?: TranscriptCall;
  /** What the session told, or asked. */
  readonly told?: TranscriptTold;
  /** Payload that went in: received, pushed, or produced. */
  readonly bytes?: Uint8Array;
  /** The size, in bytes, of payload that came out, or of all payload when no more is kept. */
  readonly size?: number;
  /** Its FNV-1a checksum, 32 bits. */
  readonly sum?: number;
  /**
   * The time of a tick; the bytes that were sent, or asked for at most; frames demanded; 1 for an
   * abort with a reset, and for a handover that refuses input.
   */
  readonly value?: number;
  /** The terminator that was set. */
  readonly terminator?: Terminator;
  /** Which producer; they are counted from 1. */
  readonly producer?: number;
  /** What a producer answered, when that was no piece. */
  readonly answer?: "end" | "not yet" | "promise" | "no piece";
  /** What the connection failed with, an abort gave as its reason, an event told. */
  readonly error?: TranscriptErrorRecord;
  /** How it ended. */
  readonly report?: TranscriptReport;
  /** The hook asked for no more to be told: it has returned a promise. */
  readonly stop?: true;
  /** What the call, or the hook, threw. */
  readonly threw?: TranscriptErrorRecord;
}

/** How a transcript ends. */
export interface TranscriptEnd {
  /** The bound on its memory was reached: what happened later was not recorded. */
  readonly full: boolean;
  /** Calls and hooks that were under way when it ended: how deep the next entry would have stood. */
  readonly open: number;
  /** What the session had counted; absent while something was under way. */
  readonly stats?: SessionStats;
}

/** A session, recorded: immutable. Its bytes are shared, and not to be changed. */
export interface Transcript {
  /** Whether payload was kept, or its sizes alone; only the first can be replayed. */
  readonly payload: "bytes" | "sizes";
  /** The limits in force. */
  readonly limits: Required<Limits>;
  /** What happened, in the order in which it happened. */
  readonly entries: readonly TranscriptEntry[];
  /** How it ends. */
  readonly end: TranscriptEnd;
}

/**
 * A transcript cannot be read, or a session does not do again what a transcript says it did.
 *
 * @example
 * ```ts
 * import { Session } from "asynchat";
 * import { recordTranscript, replayTranscript, TranscriptError } from "asynchat/testing";
 *
 * const session = new Session();
 * const recording = recordTranscript(session);
 * session.setTerminator("\n");
 * session.connected();
 * session.receive(new TextEncoder().encode("a\n"));
 * while (typeof session.nextEvent() !== "symbol");
 *
 * // Without what came, it cannot have told a frame.
 * const { transcript } = recording;
 * const entries = transcript.entries.filter(({ call }) => call !== "receive");
 * try {
 *   replayTranscript({ ...transcript, entries });
 *   throw new Error("unreachable");
 * } catch (error) {
 *   if (!(error instanceof TranscriptError) || error.observed !== "nothing") throw error;
 * }
 * ```
 */
export class TranscriptError extends Error {
  /** `"TranscriptError"`. */
  override name = "TranscriptError";
  /** Where in `entries`; `undefined` when it is not about one. */
  readonly index: number | undefined;
  /** What the transcript says, in words. */
  readonly expected: string | undefined;
  /** What was so instead. */
  readonly observed: string | undefined;

  /** Makes the error for the entry at `index`, if it is about one. */
  constructor(message: string, index?: number, expected?: string, observed?: string) {
    super(message);
    this.index = index;
    this.expected = expected;
    this.observed = observed;
  }
}
