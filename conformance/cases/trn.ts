/**
 * TRN: transcripts. What was told on a live socket is told again by the core alone.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import { Chat } from "../../core/chat.ts";
import type { SessionEvent } from "../../core/session_event.ts";
import { parseTranscript, stringifyTranscript } from "../../core/testing/transcript/lines.ts";
import { type Recording, recordTranscript } from "../../core/testing/transcript/recorder.ts";
import { replayTranscript } from "../../core/testing/transcript/replay.ts";
import { TranscriptError } from "../../core/testing/transcript/transcript.ts";
import type { Case, Context, Probe, Step } from "../case.ts";
import { type Common, type Hooks, KIB, kindOf, type Meet, textOf, twins } from "./meeting.ts";
import { RECORDED, TOLD } from "./trn_recorded.ts";

const WHY = "A bug that was seen once, on a machine that is not yours, can be seen again on yours.";

/** The cases of the clauses TRN. */
export const trn: readonly Case[] = [
  ...recorded(["TRN-1.1", "TRN-1.2"], {
    title:
      "a transcript of changing terminators, a producer and a half-close replays as it was told",
  }, (t) => {
    let text = "";
    for (let i = 0; i < 12; i++) {
      const body = "\r\n\r".repeat(t.integer(0, 5)) + "\xe9";
      text += `length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}trailer\r${i}\n`;
    }
    let frames = 0;
    return {
      program: [
        { do: "text", text, piece: t.integer(1, 9) },
        { do: "fin" },
        { do: "recv-end" },
      ],
      hooks: {
        terminator: "\r\n\r\n",
        foundTerminator() {
          const frame = this.getText();
          const part = ++frames % 3;
          if (part === 1) this.setTerminator(Number(frame.slice("length: ".length)));
          else this.setTerminator(part === 2 ? ["\n", "\n."] : "\r\n\r\n");
          if (part === 0) this.pushWithProducer(piecesOf(frame));
        },
      },
      reason: "ended",
    };
  }),
  ...recorded(["TRN-2.1", "TRN-2.2"], {
    title:
      "a transcript of hooks that return promises, and of backpressure, replays as it was told",
  }, (t) => ({
    program: [
      { do: "text", text: `${"x".repeat(KIB)}\n`.repeat(24) },
      { do: "fin" },
      { do: "recv-end" },
    ],
    hooks: {
      terminator: "\n",
      highWaterMark: 4 * KIB,
      lowWaterMark: KIB,
      async foundTerminator() {
        const frame = this.getData();
        if (t.random() < 0.5) await t.settle();
        for (let i = 0; i < 6; i++) {
          if (!this.push(frame)) await this.drained();
        }
      },
    },
    reason: "ended",
  })),
  ...recorded(["TRN-3.1", "TRN-3.2"], {
    title: "a transcript of a reset inside a frame, and of a producer that it cuts, replays so",
  }, () => ({
    program: [
      { do: "text", text: "whole\nhalf" },
      { do: "recv", bytes: 100 },
      { do: "reset" },
    ],
    hooks: {
      terminator: "\n",
      foundTerminator() {
        this.pushWithProducer({ more: () => "line\n".repeat(50) });
      },
    },
    reason: "reset",
  })),
  ...recorded(["TRN-4.1", "TRN-4.2"], {
    title: "a transcript of an abort from inside a hook, over frames that have come, replays so",
  }, () => {
    let frames = 0;
    return {
      program: [{ do: "text", text: "a\nb\nc\nd\n" }, { do: "recv-end" }],
      hooks: {
        terminator: "\n",
        foundTerminator() {
          this.push("never sent");
          if (++frames === 2) this.abort(new Error("enough"));
        },
      },
      reason: "aborted",
    };
  }),
  ...recorded(["TRN-5.1", "TRN-5.2"], {
    title: "a transcript of timeouts replays without waiting for them",
  }, () => {
    let asked = 0;
    return {
      program: [{ do: "text", text: "half" }, { do: "recv-end" }, { do: "fin" }],
      hooks: {
        terminator: "\n",
        idleTimeout: 60,
        foundTerminator() {},
        handleTimeout() {
          if (++asked < 3) this.push("ping\n");
          else this.closeWhenDone();
        },
      },
      reason: "closed",
    };
  }),
  {
    id: "TRN-6.1",
    role: "client",
    title: "a transcript of the async face, with a read that is given up, replays as it was told",
    why: WHY,
    level: "MUST",
    async run(t: Context) {
      const peer = await t.peer([
        { do: "text", text: "one\r\ntwo" },
        { do: "hold" },
        { do: "text", text: "\r\nrest" },
        { do: "fin" },
        { do: "recv-end" },
      ]);
      const chat = new Chat();
      const recording = recordTranscript(chat);
      await t.adapter.connect({ ...peer.target, onerror: t.onerror }, chat.asyncChat);
      const heard = [await chat.readLine()];
      const given = await chat.readUntil("\r\n", { timeout: 20 }).catch((error) => error);
      t.equal(kindOf(given), "timeout", "how the read was given up");
      await peer.release();
      heard.push(await chat.readLine());
      await chat.writeAll(piecesOf("thanks"));
      for await (const piece of chat) heard.push(textOf(piece));
      await chat.closeWhenDone();
      t.equal(heard.slice(0, 2), ["one", "two"], "lines read");
      const { pieces, told } = replayed(t, recording);
      t.equal(pieces.join(""), "one\r\ntwo\r\nrest", "payload told again");
      t.equal(told.at(-1), "close", "the last event told again");
    },
  },
  {
    id: "TRN-7.1",
    role: "core",
    title: "a transcript that was recorded on a socket of Node 20 replays to the same events here",
    why: "The core is the same everywhere, so that what fails on one runtime is mended on another.",
    level: "MUST",
    run(t: Context) {
      const events = replayTranscript(parseTranscript(RECORDED));
      t.equal(events.map(lineOf), TOLD, "events told again");
    },
  },
  {
    id: "TRN-7.2",
    role: "core",
    title: "a transcript of which any line is changed or missing is refused, here as elsewhere",
    why: "What was damaged on its way must not be taken for a bug.",
    level: "MUST",
    run(t: Context) {
      const lines = RECORDED.trimEnd().split("\n");
      lines.forEach((line, i) => {
        const at = t.integer(0, line.length - 1);
        const changed = line.slice(0, at) + (line[at] === "7" ? "8" : "7") + line.slice(at + 1);
        needRefused(t, lines.with(i, changed), `line ${i + 1} is changed at letter ${at + 1}`);
        needRefused(t, lines.toSpliced(i, 1), `line ${i + 1} is missing`);
      });
    },
  },
];

/** What a recorded conversation is made of. */
interface Plan {
  readonly program: readonly Step[];
  readonly hooks: Hooks;
  /** How it is to end. */
  readonly reason: string;
}

/** Twins whose live conversation is recorded, and compared with its replay. */
function recorded(
  ids: readonly [client: string, server: string],
  common: Pick<Common, "title">,
  plan: (t: Context) => Plan,
): readonly Case[] {
  return twins(ids, { ...common, why: WHY, level: "MUST" }, async (t: Context, meet: Meet) => {
    const { program, hooks, reason } = plan(t);
    const pieces: string[] = [];
    let recording: Recording | undefined;
    const { probe } = await meet(program, { ...hooks, ...keeping(pieces) }, {
      prepare(chat) {
        recording = recordTranscript(chat, { maxSize: Infinity });
      },
    });
    t.equal((await probe.closed).reason, reason, "how it ended");
    t.need(recording !== undefined, "the conversation was not prepared");
    needSame(t, probe, pieces, recording);
  });
}

/** Gathers as usual, and keeps the pieces as they came. */
function keeping(pieces: string[]): Hooks {
  return {
    collectIncomingData(data) {
      pieces.push(textOf(data));
      return AsyncChat.prototype.collectIncomingData.call(this, data);
    },
  };
}

/** Fails unless the replay tells what the hooks were told: the same events, the same payload. */
function needSame(
  t: Context,
  probe: Probe,
  pieces: readonly string[],
  recording: Recording,
): void {
  const again = replayed(t, recording);
  t.equal(again.told, probe.log, "hooks called, and events told again");
  t.equal(again.pieces, pieces, "pieces of payload told, and told again");
}

/** The replay, by way of text. */
function replayed(
  t: Context,
  { transcript }: Recording,
): { readonly told: readonly string[]; readonly pieces: readonly string[] } {
  t.info("entries", transcript.entries.length);
  const events = replayTranscript(parseTranscript(stringifyTranscript(transcript)));
  const told = events.map(({ type }) => HOOK_OF[type])
    // As the log of the hooks has it: pieces of data in a row count as one.
    .filter((hook, i, all) => hook !== "data" || all[i - 1] !== "data");
  return {
    told,
    pieces: events.flatMap((event) => event.type === "data" ? textOf(event.data) : []),
  };
}

const HOOK_OF: Readonly<Record<SessionEvent["type"], string>> = {
  connected: "connect",
  data: "data",
  found: "found",
  drained: "drain",
  timedOut: "timeout",
  ended: "end",
  failed: "error",
  thrown: "exception",
  closed: "close",
};

/** An event in a line. */
function lineOf(event: SessionEvent): string {
  switch (event.type) {
    case "data":
      return `data ${JSON.stringify(textOf(event.data))}`;
    case "closed":
      return `closed ${event.report.reason} ${event.report.bytesUnsent}`;
    case "failed":
    case "timedOut":
      return `${event.type} ${event.error.kind}`;
    default:
      return event.type;
  }
}

function needRefused(t: Context, lines: readonly string[], how: string): void {
  try {
    parseTranscript(lines.join("\n"));
  } catch (error) {
    t.need(error instanceof TranscriptError, `${how}: expected a TranscriptError, got ${error}`);
    return;
  }
  t.need(false, `${how}, and it was read all the same`);
}

async function* piecesOf(text: string): AsyncGenerator<string> {
  for (const letter of text) {
    await Promise.resolve();
    yield letter;
  }
}
