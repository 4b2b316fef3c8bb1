/**
 * SEC-12, 13, 20: attacks on framings, by what looks like an end, and by lengths.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import { Chat } from "../../core/chat.ts";
import { chunked } from "../../core/framing/chunked.ts";
import { dotStuffed } from "../../core/framing/dot_stuffed.ts";
import type { Framing } from "../../core/framing/framing.ts";
import { lengthPrefixed } from "../../core/framing/length_prefixed.ts";
import { lines } from "../../core/framing/lines.ts";
import { netstring } from "../../core/framing/netstring.ts";
import { parse, Parser } from "../../core/parser.ts";
import { exactly } from "../../core/protocol.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import { segmentedProtocol } from "../../core/testing/segmented_protocol.ts";
import { everyString, verifySegmentation } from "../../core/testing/segmentation.ts";
import type { Case, Context } from "../case.ts";
import { bytes } from "./core_stage.ts";
import { faces } from "./faces.ts";
import { kindOf, textOf, thrownBy } from "./meeting.ts";

/** The cases. */
export const secFraming: readonly Case[] = [
  {
    id: "SEC-12.1",
    title:
      "smuggling by a lone CR or LF: no look-alike of CRLF.CRLF ends a text, however it is cut",
    why:
      "Where two servers disagree about the end, what is behind it is a command for one of them.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      const { decode } = dotStuffed();
      let tried = 0;
      for (let length = 1; length <= 5; length++) {
        for (const between of everyString("\r\n.", length)) {
          if (`\nx${between}`.includes("\r\n.\r\n")) continue;
          const input = `x${between}QUIT\r\n`;
          const error = incomplete(decode, input);
          t.equal(error, "incomplete", `${JSON.stringify(input)} as the whole of a text`);
          t.equal(parse(decode, `${input}.\r\n`).length, 1, `texts in ${JSON.stringify(input)}`);
          tried++;
        }
      }
      t.need(tried > 300, `only ${tried} look-alikes were tried`);
      for (const alike of ["\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\n.\r"]) {
        verifySegmentation(`x${alike}QUIT\r\n`, () => segmentedProtocol(decode));
        const told: string[] = [];
        const peer = new ManualPeer(
          new AsyncChat({
            terminator: "\r\n.\r\n",
            foundTerminator() {
              told.push(this.getText());
            },
          }),
        );
        peer.send(`x${alike}QUIT\r\n.\r\n`);
        t.equal(told, [`x${alike}QUIT`], "what is told with the delimiter itself");
      }
    },
  },
  {
    id: "SEC-12.2",
    title: "smuggling by a lone CR or LF: unless you say so, only CRLF ends a line, on every face",
    why:
      "A command that one side sees inside another's argument is carried out by that side alone.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const line = "MAIL FROM:<a>\nRSET\rQUIT\n\rNOOP";
      for (const { name, hear } of faces) {
        for (const chunks of [[`${line}\r\n`], [...`${line}\r\n`]]) {
          t.equal((await hear(chunks, 64)).frames, [line], `the commands that ${name} told`);
        }
      }
      t.equal(parse(lines().decode, `${line}\r\n`), [line], "lines() by default");
    },
  },
  {
    id: "SEC-13.1",
    title:
      "the bytes behind a counted payload are looked at, each of them: nothing but CRLF will do",
    why: "Skipping two bytes that should be CRLF moves the border between two requests.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      for (let byte = 0; byte < 256; byte++) {
        const one = String.fromCharCode(byte);
        needTrailer(t, chunked(), `1\r\na${one}\n0\r\n\r\n`, one === "\r");
        needTrailer(t, chunked(), `1\r\na\r${one}0\r\n\r\n`, one === "\n");
        needTrailer(t, netstring(), `1:a${one}`, one === ",");
      }
    },
  },
  {
    id: "SEC-20.1",
    title: "lengths that are huge, negative, overflowing or oddly written are refused at sight",
    why: "A length is the peer's word: what is allocated for it is the peer's decision.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      for (const [name, { decode }, input] of LENGTHS) {
        const parser = new Parser<unknown>(decode);
        let kind: string | undefined;
        try {
          for (const _ of parser.receive(bytes(input))) t.need(false, `${name}: a message`);
        } catch (error) {
          kind = kindOf(error);
        }
        t.need(kind === "limit" || kind === "protocol", `${name} was taken: ${kind}`);
      }
      const bad = [-1, 1.5, NaN, Infinity, 2 ** 53, 2 ** 31, 1024 * 1024 + 1];
      for (const length of bad) {
        t.need(refused(() => exactly(length)), `exactly(${length}) was accepted`);
        const chat = new AsyncChat({ terminator: "\n" });
        t.need(refused(() => chat.setTerminator(length)), `setTerminator(${length}) was accepted`);
        t.equal(chat.getTerminator(), "\n", "the terminator in force");
      }
    },
  },
  {
    id: "SEC-20.2",
    title: "readExactly() refuses a huge, negative or odd length at once, without waiting for it",
    why: "The async face takes its lengths from the same peer.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      for (const length of [-1, 1.5, NaN, 2 ** 53, 2 ** 31, 1024 * 1024 + 1]) {
        const chat = new Chat();
        const peer = new ManualPeer(chat.asyncChat);
        await thrownBy(t, () => chat.readExactly(length), `readExactly(${length})`);
        peer.send("ok");
        t.equal(textOf(await chat.readExactly(2)), "ok", "the next read");
      }
    },
  },
];

const MANY = "9".repeat(400);
const HUGE = "\xff".repeat(8);

/** Heads whose payload never comes. */
const LENGTHS:
  readonly (readonly [name: string, framing: Framing<unknown, never>, head: string])[] = [
    ["4 bytes, 2^32 - 1", lengthPrefixed(), HUGE.slice(4)],
    ["4 bytes, 2^31", lengthPrefixed(), "\x80\0\0\0"],
    ["8 bytes, 2^64 - 1", lengthPrefixed({ size: 8 }), HUGE],
    ["8 bytes, no limit", lengthPrefixed({ size: 8, max: Infinity }), HUGE],
    ["a length below its own header", lengthPrefixed({ includesHeader: true }), "\0\0\0\x03"],
    ["varint, endless", lengthPrefixed({ size: "varint" }), "\xff".repeat(400)],
    ["varint, 2^53", lengthPrefixed({ size: "varint", max: Infinity }), "\x80".repeat(7) + "\x10"],
    ["netstring, 400 digits", netstring(), MANY],
    ["netstring, 19 digits, no limit", netstring({ max: Infinity }), "9".repeat(19)],
    ["netstring, minus", netstring(), "-1:"],
    ["netstring, plus", netstring(), "+1:"],
    ["netstring, exponent", netstring(), "1e3:"],
    ["netstring, leading zero", netstring(), "01:"],
    ["chunk, 400 digits", chunked(), `${MANY}\r\n`],
    ["chunk, 2^53", chunked({ max: Infinity }), "20000000000000\r\n"],
    ["chunk, minus", chunked(), "-1\r\n"],
    ["chunk, 0x", chunked(), "0x1\r\n"],
    ["chunk, 1 TiB", chunked(), "10000000000\r\n"],
  ];

function refused(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}

/** The kind of the error that the input ends with. */
function incomplete(protocol: Framing<unknown>["decode"], input: string): string | undefined {
  try {
    parse(protocol, input);
    return undefined;
  } catch (error) {
    return kindOf(error);
  }
}

function needTrailer(
  t: Context,
  { decode }: Framing<unknown, never>,
  input: string,
  isRight: boolean,
): void {
  let kind: string | undefined;
  try {
    parse<unknown>(decode, bytes(input));
  } catch (error) {
    kind = kindOf(error);
  }
  t.equal(kind, isRight ? undefined : "protocol", `what comes of ${JSON.stringify(input)}`);
}
