/**
 * SEC-1 to 5, 11: attacks by frames that are too long, cut, or have no end.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import { Chat } from "../../core/chat.ts";
import type { Limits } from "../../core/limits.ts";
import { until } from "../../core/protocol.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import { segmentedProtocol } from "../../core/testing/segmented_protocol.ts";
import { type Segmented, verifySegmentation } from "../../core/testing/segmentation.ts";
import type { Case, Context } from "../case.ts";
import { bytes } from "./core_stage.ts";
import { faces } from "./faces.ts";
import { hasEnded, KIB, kindOf, seen, twins } from "./meeting.ts";
import { cutFrames } from "./shared.ts";

const CRLF = "\r\n";

/** The cases. */
export const secInput: readonly Case[] = [
  {
    id: "SEC-1.1",
    title:
      "a frame without an end, ten times the limit, costs one error and no frame, on every face",
    why: "One peer with one line would take all the memory there is.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const limit = 1000, chunk = "A".repeat(250);
      const endless = Array.from({ length: 40 }, () => chunk);
      for (const { name, hear } of faces) {
        const { frames, errors } = await hear(endless, limit);
        t.equal(frames, [], `frames told by ${name}`);
        t.equal(errors[0], "limit", `the error of ${name}`);
        t.need(errors.filter((kind) => kind === "limit").length === 1, `${name}: ${errors}`);
      }
    },
  },
  {
    id: "SEC-1.2",
    title: "an endless frame: what is held stays below the limit and one chunk, on both faces",
    why: "A limit that is looked at too late is none.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const limit = 1000, size = 250, chunk = "A".repeat(size);
      let told = 0;
      const hooks = new ManualPeer(
        new AsyncChat({
          terminator: CRLF,
          maxFrameLength: limit,
          collectIncomingData: (data) => void (told += data.length),
          handleError() {},
        }),
      );
      for (let i = 0; i < 40; i++) hooks.send(chunk);
      t.need(told <= limit, `AsyncChat was told ${told} bytes of one frame`);

      const chat = new Chat({ maxFrameLength: limit });
      const peer = new ManualPeer(chat.asyncChat);
      const reading = chat.readUntil(CRLF).then(() => undefined, kindOf);
      let sent = 0;
      for (let i = 0; i < 40 && chat.asyncChat.session.wantsRead; i++, sent += size) {
        peer.send(chunk);
        for (let turn = 0; turn < 10; turn++) await undefined;
      }
      t.equal(await reading, "limit", "how the read ends");
      t.need(sent <= limit + 2 * size, `Chat asked for ${sent} bytes`);
    },
  },
  ...twins(["SEC-1.3", "SEC-1.4"], {
    title: "a peer that sends ten times the limit without an end gets one answer, and the FIN",
    why: "The same attack over a network, where the bytes go on coming while we refuse them.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const limit = 64 * KIB;
    const { probe, peer } = await meet(
      [{ do: "send", bytes: 10 * limit }, { do: "recv-end" }, { do: "fin" }],
      {
        // The stream has it nowhere.
        terminator: "\0".repeat(64),
        maxFrameLength: limit,
        collectIncomingData() {},
        foundTerminator() {},
        handleError() {
          this.push("too long");
        },
      },
    );
    const { reason } = await probe.closed;
    t.equal([reason, probe.errors.map(kindOf)], ["limit", ["limit"]], "the end, and the errors");
    t.need(probe.received <= limit, `${probe.received} bytes were told`);
    t.equal(probe.log.includes("found"), false, "whether a frame was told");
    const { text, fin, reset } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal([text, fin, reset], ["too long", true, false], "what the peer was told");
  }),
  {
    id: "SEC-2.1",
    title: "a limit cannot be got round by how the frame is cut: one chunk, drip, every way",
    why: "Most framing libraries look at the limit only between chunks.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      for (const limit of [1, 4]) {
        for (const length of [limit, limit + 1, 7]) {
          const input = `${"x".repeat(length)}\r\nyz\r\n`;
          for (const overlong of ["close", "skip"] as const) {
            verifySegmentation(input, () => conversation({ maxFrameLength: limit, overlong }), {
              everyWayUpTo: 11,
            });
          }
          const line = until(CRLF, { max: limit });
          const ways = verifySegmentation(input, () =>
            segmentedProtocol(function* () {
              return yield* line;
            }), { everyWayUpTo: 11 });
          t.need(ways > 30, `only ${ways} ways were tried`);
        }
      }
    },
  },
  {
    id: "SEC-2.2",
    title: "an over-long frame in one chunk is refused as it is byte by byte, on every face",
    why: "Whoever sends it all at once must not be let through.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const input = `ok\r\n${"A".repeat(9)}\r\nEVIL\r\n`;
      for (const { name, skips, hear } of faces) {
        for (const chunks of [[input], [...input], [input.slice(0, 12), input.slice(12)]]) {
          const { frames, errors } = await hear(chunks, 8);
          t.equal(frames, skips ? ["ok", "EVIL"] : ["ok"], `frames told by ${name}`);
          t.equal(errors[0], "limit", `the first error of ${name}`);
        }
      }
    },
  },
  {
    id: "SEC-3.1",
    title: "a frame of exactly the limit whose delimiter is cut in two is accepted, on every face",
    why: "Whoever counts half a delimiter as payload refuses what is right, now and then.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      for (const { name, hear } of faces) {
        for (
          const chunks of [["hello\r\n"], ["hello\r", "\n"], ["hello", "\r\n"], [..."hello\r\n"]]
        ) {
          const { frames, errors } = await hear(chunks, 5);
          t.equal([frames, errors], [["hello"], []], `${name}, of ${JSON.stringify(chunks)}`);
        }
      }
    },
  },
  ...twins(["SEC-3.2", "SEC-3.3"], {
    title: "a frame of exactly the limit, each byte in a segment of its own, is accepted",
    why: "It is how a slow link sends it.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const frames: string[] = [];
    const { probe } = await meet(
      [{ do: "text", text: "hello\r\nworld\r\n", piece: 1 }, { do: "fin" }],
      {
        terminator: CRLF,
        maxFrameLength: 5,
        foundTerminator() {
          frames.push(this.getText());
        },
      },
    );
    t.equal((await probe.closed).reason, "ended", "how it ended");
    t.equal(frames, ["hello", "world"], "frames");
  }),
  {
    id: "SEC-4.1",
    title:
      "the tail of an over-long line never becomes a command: A x 3000 then SYST, on every face",
    why: "A server that drops the head of a line and goes on runs what the attacker put behind it.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const attack = "A".repeat(3000);
      const ways = [[attack, "SYST\r\n"], [`${attack}SYST\r\n`], [...`${attack}SYST\r\n`]];
      for (const { name, hear } of faces) {
        for (const limit of [1, 512, 3000, 3003]) {
          for (const chunks of ways) {
            const { frames, errors } = await hear(chunks, limit);
            t.equal(frames, [], `commands told by ${name} with a limit of ${limit}`);
            t.equal(errors[0], "limit", `the error of ${name}`);
          }
        }
      }
    },
  },
  ...twins(["SEC-4.2", "SEC-4.3"], {
    title:
      "the tail of an over-long line in a segment of its own is no command, whatever overlong is",
    why: "On the wire the head is often told, and dropped, before the tail has come.",
    level: "MUST",
  }, async (t: Context, meet) => {
    for (const overlong of ["close", "skip"] as const) {
      const frames: string[] = [];
      const { probe } = await meet([
        { do: "text", text: "A".repeat(3000), piece: 600 },
        { do: "text", text: "SYST\r\n" },
        { do: "text", text: "NOOP\r\n" },
        { do: "fin" },
      ], {
        terminator: CRLF,
        maxFrameLength: 512,
        overlong,
        foundTerminator() {
          frames.push(this.getText());
        },
        handleError() {},
      });
      await probe.closed;
      t.equal(frames, overlong === "skip" ? ["NOOP"] : [], `commands told with ${overlong}`);
      t.equal(probe.errors.map(kindOf), ["limit"], `errors told with ${overlong}`);
    }
  }),
  {
    id: "SEC-5.1",
    title:
      'the frame behind a skipped one is not swallowed: "long", "\\r", "\\nok\\r\\n" yields ok',
    why: "A decoder that forgets half a delimiter while it discards loses the next command.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      for (const { name, skips, hear } of faces) {
        if (!skips) continue;
        const { frames, errors } = await hear(["long", "\r", "\nok\r\n"], 3);
        t.equal([frames, errors], [["ok"], ["limit"]], `what ${name} told`);
      }
      for (const input of ["long\r\nok\r\n", "long\r\r\nok\r\n", "lo\r\rng\r\nok\r\n"]) {
        const skipping = () => conversation({ maxFrameLength: 3, overlong: "skip" });
        verifySegmentation(input, skipping, { everyWayUpTo: 11 });
        const once = skipping();
        once.receive(bytes(input));
        t.equal(once.result(), ["limit!", "ok"], `what is told of ${JSON.stringify(input)}`);
      }
    },
  },
  {
    id: "SEC-11.1",
    title:
      "a frame cut off by the peer's FIN is told as incomplete and never as a frame, on every face",
    why: '"DELETE /a" is not the beginning of "DELETE /a/b" that came in time.',
    level: "MUST",
    role: "core",
    async run(t: Context) {
      for (const { name, hear } of faces) {
        for (const half of ["DELETE /a", "DELETE /a\r"]) {
          const { frames, errors } = await hear([`NOOP\r\n${half}`], 64);
          t.equal([frames, errors], [["NOOP"], ["incomplete"]], `what ${name} told`);
        }
      }
    },
  },
  ...twins(["SEC-11.2", "SEC-11.3"], {
    title:
      "truncation by a FIN: what came is no frame, of any kind, and the report says it was cut",
    why: "Anybody on the way can cut a connection, and choose where.",
    level: "MUST",
  }, cutFrames),
];

/** Frames and errors of lines that end with CRLF. */
function conversation(limits: Limits): Segmented {
  const told: string[] = [];
  const peer = new ManualPeer(
    new AsyncChat({
      ...limits,
      terminator: CRLF,
      foundTerminator() {
        told.push(this.getText());
      },
      handleError(error) {
        told.push(`${error.kind}!`);
      },
    }),
  );
  return {
    receive: (chunk) => peer.send(chunk),
    end: () => peer.end(),
    result: () => told,
  };
}
