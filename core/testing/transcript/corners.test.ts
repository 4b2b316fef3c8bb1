/** Entries that conversations seldom bring about, and transcripts that were tampered with. */

import { describe, expect, it } from "vitest";
import { ChatError, IncompleteFrameError, LimitError } from "../../errors.ts";
import { Session } from "../../session.ts";
import { toProducer } from "../../producer.ts";
import { describeEntry, formatTranscript } from "./format.ts";
import { parseTranscript, stringifyTranscript } from "./lines.ts";
import { recordedProducer } from "./listening.ts";
import { recordTranscript } from "./recorder.ts";
import { replayTranscript } from "./replay.ts";
import { Tape } from "./tape.ts";
import { type TranscriptEntry, TranscriptError } from "./transcript.ts";
import { recordError, reviveError } from "./values.ts";

const broken = { name: "TypeError", message: "broken" };

describe("describeEntry()", () => {
  it.each<[Omit<TranscriptEntry, "depth">, string]>([
    [{ call: "receive", bytes: Uint8Array.of(104, 105) }, '< 2 bytes "hi"'],
    [{ call: "receive", size: 2 }, "< 2 bytes"],
    [{ call: "takeInput" }, "takeInput(), 0 bytes"],
    [{ call: "takeInput", size: 2, sum: 7 }, "takeInput(), 2 bytes (sum 7)"],
    [{ call: "push", bytes: new Uint8Array(500) }, `push 500 bytes "${"\\u0000".repeat(64)}"…`],
    [{ call: "setTerminator" }, "setTerminator(null)"],
    [{ call: "setTerminator", terminator: 3 }, "setTerminator(3)"],
    [{ call: "setTerminator", terminator: Uint8Array.of(97) }, 'setTerminator(bytes "a")'],
    [
      { call: "setTerminator", terminator: ["a", Uint8Array.of(98)] },
      'setTerminator(["a", bytes "b"])',
    ],
    [
      { call: "cancelFailed", producer: 2, error: broken },
      "producer 2 failed when it was cancelled: TypeError: broken",
    ],
    [
      { call: "answer", producer: 1, error: broken },
      "producer 1 has answered: TypeError: broken",
    ],
    [{ call: "answer", producer: 1, answer: "end" }, "producer 1 has answered: end"],
    [{ call: "hold" }, "(its promise is pending)"],
    [{ call: "release" }, "(the hook's promise has settled)"],
    [{ call: "abort", error: { name: "", message: "why" } }, "abort(a value: why)"],
    [{ call: "refuse" }, "refuse(nothing)"],
    [{ call: "fail", error: { ...broken, kind: "reset" } }, "the connection failed: reset: broken"],
    [{ call: "demand", value: 3 }, "demand(3)"],
    [{ call: "close" }, "close()"],
    [{ told: "cancel", producer: 3 }, "producer 3 is cancelled"],
    [{ told: "found", threw: broken }, "* found, and threw TypeError: broken"],
  ])("%j", (entry, words) => {
    const said = describeEntry({ depth: 0, ...entry });
    if (entry.bytes?.length !== 500) return expect(said).toBe(words);
    expect(said).toMatch(/^push 500 bytes "(\\u0000)+"…$/);
  });
});

describe("formatTranscript()", () => {
  it("says how a transcript ends", () => {
    const session = new Session();
    const { transcript } = recordTranscript(session);
    const last = (end: typeof transcript.end) =>
      formatTranscript({ ...transcript, end }).split("\n").at(-1);
    expect(last({ full: false, open: 0 })).toBe("(end)");
    expect(last({ full: false, open: 1 })).toBe("(and it went on)");
    expect(last({ full: true, open: 1 })).toMatch(/the bound on its size was reached/);
  });
});

describe("errors", () => {
  it("are revived as they were recorded", () => {
    const errors = [
      new ChatError("reset", "gone", { code: "ECONNRESET" }),
      new ChatError("closed", "over"),
      new LimitError("too long", 3, 4),
      new IncompleteFrameError(3, "a delimiter"),
      new TypeError("wrong"),
      new Error("plain"),
    ];
    for (const error of errors) {
      const record = recordError(error);
      const revived = reviveError(record);
      expect(recordError(revived)).toEqual(record);
      if (error instanceof ChatError) expect(revived).toBeInstanceOf(error.constructor);
    }
    expect(reviveError(recordError("no error"))).toBe("no error");
  });
});

describe("a recording", () => {
  it("of text given as a producer, empty pieces and a reset is replayed and read again", () => {
    const session = new Session();
    const recording = recordTranscript(session);
    session.connected();
    session.pushWithProducer("text");
    session.pushWithProducer({ more: () => "" });
    session.pushWithProducer({ more: () => undefined });
    session.pushWithProducer({ more: () => "x" });
    let sent = "";
    for (let bytes = session.nextOutput(9); bytes !== undefined; bytes = session.nextOutput(9)) {
      sent += new TextDecoder().decode(bytes);
      session.sent(bytes.length);
      if (sent.length > 6) session.abort(new TypeError("enough"), true);
    }
    session.disconnected();
    while (typeof session.nextEvent() !== "symbol");
    const { transcript } = recording;
    const told = replayTranscript(transcript).map(({ type }) => type);
    expect(told).toEqual(["closed"]);
    const read = parseTranscript(stringifyTranscript(transcript));
    expect(read).toEqual(transcript);
    expect(replayTranscript(read)).toHaveLength(1);
    expect(read.entries.find(({ call }) => call === "abort")).toMatchObject({ value: 1 });
  });

  it("that tells what the session does not is refused, with the place", () => {
    const session = new Session();
    const recording = recordTranscript(session);
    session.connected();
    session.nextEvent();
    const { transcript } = recording;
    const entries = [...transcript.entries, { depth: 0, told: "found" as const }];
    expect(() => replayTranscript({ ...transcript, entries })).toThrow(TranscriptError);
  });
});

describe("a tape", () => {
  it("ends once, also when it ends while something is being noted", () => {
    const tape = new Tape(new Session(), "bytes", 1000);
    let ends = 0;
    tape.onend = () => ends++;
    const ending = () => {
      tape.finish(false);
      return {};
    };
    expect(tape.tell("late", ending, () => "done")).toBe("done");
    tape.finish(true);
    expect([ends, tape.transcript.entries, tape.transcript.end.full]).toEqual([1, [], false]);
  });

  it("notes a cancel that is promised to fail, and not one that succeeds", async () => {
    for (const fails of [false, true]) {
      const tape = new Tape(new Session(), "bytes", 1000);
      const cancel = () => fails ? Promise.reject(new Error("late")) : Promise.resolve();
      const producer = recordedProducer(tape, toProducer({ more: () => "x", cancel }), 1);
      await (producer.cancel("why") as PromiseLike<void>).then(() => {}, () => {});
      expect(tape.transcript.entries.map(({ told, call }) => told ?? call))
        .toEqual(fails ? ["cancel", "cancelFailed"] : ["cancel"]);
    }
  });
});
