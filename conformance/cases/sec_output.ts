/**
 * SEC-14, 17, 18, 24: attacks on what we send, what we hold, and what we write down.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import { Chat } from "../../core/chat.ts";
import { chunked } from "../../core/framing/chunked.ts";
import { delimited } from "../../core/framing/delimited.ts";
import { decimal, hexadecimal } from "../../core/framing/digits.ts";
import { dotStuffed } from "../../core/framing/dot_stuffed.ts";
import { lines } from "../../core/framing/lines.ts";
import { netstring } from "../../core/framing/netstring.ts";
import { parse, Parser } from "../../core/parser.ts";
import { exactly, until } from "../../core/protocol.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import type { Case, Context } from "../case.ts";
import { bytes } from "./core_stage.ts";
import { KIB, kindOf, textOf, twins } from "./meeting.ts";
import { boundedQueue } from "./shared.ts";

/** The cases. */
export const secOutput: readonly Case[] = [
  {
    id: "SEC-14.1",
    title:
      "injection of commands by CRLF in what is sent is refused by every framing that has ends",
    why: "A user's name with a line end in it would be two commands to the server.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      const acts: Readonly<Record<string, (text: string) => Uint8Array>> = {
        "lines()": (text) => lines().encode(text),
        "lines(), either": (text) => lines({ ending: "either" }).encode(text),
        "delimited()": (text) => delimited(["\r\n", "\n", "\r"]).encode(bytes(text)),
        "dotStuffed()": (text) => dotStuffed().encode(bytes(`${text}.\r\n`)),
        "a trailer's name": (text) =>
          chunked().encode({ body: bytes(""), trailers: [[text, "v"]] }),
        "a trailer's value": (text) =>
          chunked().encode({ body: bytes(""), trailers: [["n", text]] }),
      };
      for (const [name, encode] of Object.entries(acts)) {
        for (const end of name === "dotStuffed()" ? ["\n", "\r"] : ["\r\n", "\n", "\r"]) {
          for (const text of [`bob${end}`, `${end}bob`, `bob${end}DELE 1`]) {
            // A text may have lines; what it may not have is an end that only some would see.
            const tried = name === "dotStuffed()" ? `bob${end}` : text;
            t.equal(
              kindThrown(() => encode(tried)),
              "protocol",
              `${name} of ${JSON.stringify(tried)}`,
            );
          }
        }
      }
    },
  },
  {
    id: "SEC-17.1",
    title:
      "one byte kept of each large chunk does not keep the chunks: what is handed out is a copy",
    why: "400 views of one byte each can hold 25 MiB.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const chunk = bytes(`a\n${"x".repeat(64 * KIB)}\nb`);
      const kept: Uint8Array[] = [];
      const hooks = new ManualPeer(
        new AsyncChat({
          terminator: "\n",
          foundTerminator() {
            const data = this.getData();
            if (data.length < 3) kept.push(data);
          },
        }),
      );
      for (let i = 0; i < 3; i++) hooks.send(chunk);

      const chat = new Chat();
      const peer = new ManualPeer(chat.asyncChat);
      peer.send(chunk);
      kept.push(await chat.readExactly(1), await chat.readUntil("\n"));
      await chat.readUntil("\n");
      kept.push(await chat.read() ?? new Uint8Array(0));

      const parser = new Parser(function* () {
        return [yield* exactly(1), (yield* until("\n")).slice(0, 0)];
      });
      for (const pair of parser.receive(chunk)) kept.push(...pair);

      t.need(kept.length > 7, `only ${kept.length} pieces were kept`);
      for (const { length, buffer } of kept) {
        t.need(
          buffer.byteLength <= 2 * length + KIB,
          `${length} bytes keep ${buffer.byteLength} alive`,
        );
      }
    },
  },
  {
    id: "SEC-17.2",
    title: "a frame in 100,000 chunks of one byte is held in few pieces, and handed out as one",
    why: "An object for each byte takes a hundred times the memory of the byte.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      const count = 100_000, lengths: number[] = [];
      const chat = new AsyncChat({
        terminator: "\n",
        foundTerminator() {
          const { length, buffer } = this.getData();
          lengths.push(length, buffer.byteLength);
        },
      });
      const peer = new ManualPeer(chat);
      const one = Uint8Array.of(0x78);
      for (let i = 0; i < count; i++) peer.send(one);
      peer.send("\n");
      t.equal(lengths[0], count, "bytes of the frame");
      t.need(lengths[1]! <= 2 * count, `it keeps ${lengths[1]} bytes alive`);
    },
  },
  {
    id: "SEC-18.1",
    title: "a peer that never reads: push answers false, then throws, and the queue keeps its cap",
    why: "Answers to somebody who does not listen must not fill the memory.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      const highWaterMark = 8 * KIB, lowWaterMark = 4 * KIB, maxQueued = 64 * KIB;
      const chat = new AsyncChat({ highWaterMark, lowWaterMark, maxQueued });
      const peer = new ManualPeer(chat);
      peer.room = 0;
      const piece = new Uint8Array(KIB);
      let welcome = 0, warned = 0, kind: string | undefined;
      while (kind === undefined && warned < 1000) {
        kind = kindThrown(() => {
          if (chat.push(piece)) welcome++;
          else warned++;
        });
        peer.settle();
        t.need(chat.bytesQueued <= maxQueued, `${chat.bytesQueued} bytes are queued`);
      }
      t.equal(
        [welcome, warned, kind],
        [7, 57, "limit"],
        "pushes that were true, false, and the end",
      );
      chat.abort(new Error("does not read"));
      peer.settle();
      t.equal(chat.bytesQueued, 0, "bytes that an abort leaves behind");
    },
  },
  ...twins(["SEC-18.2", "SEC-18.3"], {
    title: "a peer that never reads stalls whoever waits for drained(), over a real connection",
    why:
      "Behind the queue there are the runtime's and the system's, which must be bounded as well.",
    level: "MUST",
    budget: 15_000,
  }, boundedQueue),
  {
    id: "SEC-24.1",
    title:
      "secrets in traces: inspect, stats, errors and the report tell sizes, and no byte of payload",
    why: "Logs are read by many, and kept for long.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const secret = "hunter2", log: unknown[] = [];
      const note = (...what: unknown[]) => void log.push(...what);
      for (const overlong of ["close", "skip"] as const) {
        const chat = new AsyncChat({
          terminator: "\r\n",
          maxFrameLength: 20,
          overlong,
          inspect: note,
          foundTerminator() {
            this.push(this.getData());
            if (this.stats.framesReceived === 2) throw new Error("in the hook");
          },
          handleError: note,
          handleException: note,
          handleClose: note,
        });
        const peer = new ManualPeer(chat);
        peer.send(`PASS ${secret}\r\nPASS ${secret}\r\n${`PASS ${secret}`.repeat(3)}`);
        peer.send(`${secret}\r\n${secret}`);
        chat.closeWhenDone();
        note(thrown(() => chat.push(secret)), chat.stats);
        peer.end();
        note(await chat.closed);
      }
      const chat = new Chat({ maxFrameLength: 20 });
      const peer = new ManualPeer(chat.asyncChat);
      peer.send(secret.repeat(4));
      note(await chat.readUntil("\n").catch((error) => error));
      note(thrown(() => lines().encode(`PASS ${secret}\r\n`)));
      note(thrown(() => lines({ max: 3 }).encode(secret)));
      note(thrown(() => chunked().encode({ body: bytes(""), trailers: [["Key", `${secret}\n`]] })));
      note(thrown(() => decimal(bytes(secret))), thrown(() => hexadecimal(bytes(secret))));
      note(thrown(() => parse(netstring().decode, `${secret}:`)));
      peer.fail();
      await undefined;
      peer.settle();
      note(await chat.closed);

      t.need(log.length > 40, `only ${log.length} things were told`);
      for (const told of log) {
        const text = shown(told);
        t.need(!text.includes(secret) && !text.includes("104,117,110"), `this was told: ${text}`);
      }
    },
  },
];

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

function kindThrown(act: () => unknown): string | undefined {
  return kindOf(thrown(act));
}

/** Everything that a logger could make of it. */
function shown(told: unknown): string {
  return JSON.stringify(told, (_, value) => {
    if (ArrayBuffer.isView(value)) return `${textOf(value as Uint8Array)} ${value}`;
    if (!(value instanceof Error)) return value;
    return { ...value, message: value.message, stack: value.stack, cause: value.cause };
  }) ?? "";
}
