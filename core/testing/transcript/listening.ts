/**
 * What stands between a session and those whom it calls, while it is recorded.
 *
 * @module
 */

import { NOT_YET, type Piece, pieceBytes, type Producer } from "../../producer.ts";
import { isPromiseLike } from "../../promise_like.ts";
import type { SessionHandler } from "../../session_event.ts";
import { type Note, NOTHING_MORE, type Tape } from "./tape.ts";
import type { TranscriptErrorRecord, TranscriptTold } from "./transcript.ts";
import { recordError, recordReport } from "./values.ts";

/** A handler that records what it is told, and hands it on; `onstop` is called when it says stop. */
export function recordedHandler(
  tape: Tape,
  to: SessionHandler,
  onstop: () => void,
): SessionHandler {
  const event = (told: TranscriptTold, run: () => boolean, note: () => Note = NOTHING_MORE) =>
    tape.tell(told, note, run, (goOn) => {
      if (goOn) return {};
      onstop();
      return { stop: true };
    });
  const because = (error: unknown) => () => ({ error: recordError(error) });
  return {
    connected: () => event("connected", () => to.connected()),
    data: (source, start, end) =>
      event("data", () => to.data(source, start, end), () => tape.observe(source, start, end)),
    found: () => event("found", () => to.found()),
    drained: () => event("drained", () => to.drained()),
    timedOut: (error) => event("timedOut", () => to.timedOut(error), because(error)),
    ended: () => event("ended", () => to.ended()),
    thrown: (error) => event("thrown", () => to.thrown(error), because(error)),
    failed: (error) => event("failed", () => to.failed(error), because(error)),
    closed: (report) =>
      tape.tell("closed", () => ({ report: recordReport(report) }), () => to.closed(report)),
  };
}

/** A producer that records what it is asked, and what it answers. */
export function recordedProducer(tape: Tape, producer: Producer, id: number): Producer {
  const note = () => ({ producer: id });
  return {
    next() {
      const produced = tape.tell("more", note, () => producer.next(), (produced) => {
        return isPromiseLike(produced) ? { answer: "promise" } : answerOf(tape, produced);
      });
      if (!isPromiseLike(produced)) return produced;
      return relayed(produced, (act, { error, value }) => {
        const answer = () => error === undefined ? answerOf(tape, value) : { error };
        return tape.call("answer", () => ({ producer: id, ...answer() }), act);
      });
    },
    cancel(reason) {
      const done = tape.tell("cancel", note, () => producer.cancel(reason), (done) => {
        return isPromiseLike(done) ? { answer: "promise" } : {};
      });
      if (!isPromiseLike(done)) return done;
      return relayed(done, (act, { error }) => {
        if (error === undefined) return act();
        return tape.call("cancelFailed", () => ({ producer: id, error }), act);
      });
    },
  };
}

function answerOf(tape: Tape, produced: unknown): Note {
  if (produced === NOT_YET) return { answer: "not yet" };
  if (produced === null || produced === undefined) return { answer: "end" };
  if (typeof produced !== "string" && !ArrayBuffer.isView(produced)) return { answer: "no piece" };
  const bytes = pieceBytes(produced as Piece);
  return bytes.length === 0 ? { answer: "end" } : tape.payloadOf(bytes);
}

/** What a promise has settled with. */
interface Settled {
  readonly value?: unknown;
  readonly error?: TranscriptErrorRecord;
}

/** The same promise, to whoever has settled it; what that brings about is run through `step`. */
function relayed<T>(
  promise: PromiseLike<T>,
  step: <R>(act: () => R, settled: Settled) => R,
): PromiseLike<T> {
  return {
    then: (onfulfilled, onrejected) =>
      promise.then(
        onfulfilled && ((value) => step(() => onfulfilled(value), { value })),
        onrejected && ((error) => step(() => onrejected(error), { error: recordError(error) })),
      ),
  };
}
