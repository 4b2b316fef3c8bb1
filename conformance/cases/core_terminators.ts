/**
 * TERM: terminators.
 *
 * @module
 */

import type { Terminator } from "../../core/terminator.ts";
import { decode } from "../../core/text.ts";
import type { Case } from "../case.ts";
import { bytes, stage, throwsAs } from "./core_stage.ts";

/** The cases of the clauses TERM. */
export const terminatorCases: readonly Case[] = [
  {
    id: "TERM-1.1",
    title:
      "setTerminator takes text, bytes, a list, an integer or null; getTerminator gives it back",
    why: "Code that saves a terminator and puts it back must get what it had.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat } = stage();
      const terminators: Terminator[] = ["\r\n", bytes("\0\xff"), ["\r\n", bytes("\n")], 7, null];
      for (const terminator of terminators) {
        chat.setTerminator(terminator);
        t.equal(chat.getTerminator(), terminator, "the terminator given back");
      }
    },
  },
  {
    id: "TERM-2.1",
    title: "a negative number throws RangeError; the terminator in force stays",
    why: "A length that was computed wrongly must not change the framing on its way out.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage({ terminator: "x" });
      throwsAs(t, () => chat.setTerminator(-1), RangeError, "setTerminator(-1)");
      t.equal(chat.getTerminator(), "x", "the terminator in force");
      socket.feed("axb");
      t.equal(told(), ["data a", "found", "data b"], "what the old terminator gives");
    },
  },
  {
    id: "TERM-3.1",
    title: "before the first setTerminator input is raw",
    why: "asynchat has no default, and kills the channel on the first byte.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage();
      t.equal(chat.getTerminator(), null, "the terminator in force");
      socket.feed("a\nb\r\n");
      t.equal(told(), ["data a\nb\r\n"], "what is told");
    },
  },
  {
    id: "TERM-4.1",
    title: "setTerminator(0) throws RangeError, with the remedy in the message; the old one stays",
    why: "As raw input, a content length of 0 would hang for ever.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage({ terminator: "\n" });
      const { message } = throwsAs(t, () => chat.setTerminator(0), RangeError, "setTerminator(0)");
      t.equal(/empty frame.*null/s.test(message), true, `a remedy in the message "${message}"`);
      t.equal(chat.getTerminator(), "\n", "the terminator in force");
      socket.feed("a\n");
      t.equal(told(), ["data a", "found"], "what the old terminator gives");
    },
  },
  {
    id: "TERM-5.1",
    title: "an empty terminator is the same as null",
    why: "Programs rely on it: a device that frames by time has no terminator to set.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const empty of ["", new Uint8Array(0)]) {
        const { chat, socket, told } = stage({ terminator: "\n" });
        chat.setTerminator(empty);
        t.equal(chat.getTerminator(), null, "the terminator in force");
        socket.feed("abc\n");
        t.equal(told(), ["data abc\n"], "what is told");
      }
    },
  },
  {
    id: "TERM-6.1",
    title: "a boolean, or anything else that is no terminator, throws TypeError; the old one stays",
    why: "As a number, true would be 1 byte and false raw input, and nobody would be told.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat } = stage({ terminator: "\n" });
      for (const wrong of [true, false, undefined, {}, 1n, () => 1, [true], ["\n", 3]]) {
        const set = () => chat.setTerminator(wrong as unknown as Terminator);
        throwsAs(t, set, TypeError, `setTerminator(${String(wrong)})`);
        t.equal(chat.getTerminator(), "\n", "the terminator in force");
      }
    },
  },
  {
    id: "TERM-7.1",
    title: "a number that is not a safe integer throws RangeError at set time; the old one stays",
    why: "Told with the first data, the error would come far from the code that made it.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage({ terminator: "\n", maxFrameLength: Infinity });
      for (const wrong of [1.5, NaN, Infinity, -Infinity, 2 ** 53, Number.MIN_VALUE]) {
        throwsAs(t, () => chat.setTerminator(wrong), RangeError, `setTerminator(${wrong})`);
        t.equal(chat.getTerminator(), "\n", "the terminator in force");
      }
      socket.feed("a\n");
      t.equal(told(), ["data a", "found"], "what the old terminator gives");
    },
  },
  {
    id: "TERM-8.1",
    title: "text is encoded at set time, as UTF-8",
    why: "A delimiter beyond ASCII would never be found, or split in its middle.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage({ terminator: "\u00e9" });
      socket.feed(bytes("a\xc3"));
      t.equal(told(), ["data a"], "what is told before the delimiter's second byte");
      socket.feed(bytes("\xa9b"));
      t.equal(told(), ["found", "data b"], "what is told with it");
      t.equal(chat.getTerminator(), "\u00e9", "the terminator given back");
    },
  },
  {
    id: "TERM-9.1",
    title: "the terminator's bytes are copied when set, and when given back",
    why: "A buffer used again would change the framing in the middle of a conversation.",
    level: "MUST",
    role: "core",
    run(t) {
      const own = bytes("\n"), listed = bytes("\n");
      for (const terminator of [own, [listed, "\r\n"]]) {
        const { chat, socket, told } = stage({ terminator });
        own[0] = listed[0] = 0x62;
        const given = chat.getTerminator() as Uint8Array | Uint8Array[];
        (given instanceof Uint8Array ? given : given[0]!)[0] = 0x63;
        socket.feed("a\nbc\n");
        t.equal(told(), ["data a", "found", "data bc", "found"], "what is told");
        own[0] = listed[0] = 0x0a;
      }
    },
  },
  {
    id: "TERM-9b.1",
    title: "any byte view is accepted, and read in bytes from its own offset",
    why: "Half of the platform hands out bytes as something other than a Uint8Array.",
    level: "SHOULD",
    role: "core",
    run(t) {
      const { buffer } = bytes("xx\r\nxx");
      const views = [
        new DataView(buffer, 2, 2),
        new Uint16Array(buffer, 2, 1),
        new Int8Array(buffer, 2, 2),
      ];
      for (const view of views) {
        const { socket, told } = stage({ terminator: view });
        socket.feed("a\r\nb");
        t.equal(told(), ["data a", "found", "data b"], `what ${view.constructor.name} gives`);
      }
    },
  },
  {
    id: "TERM-10.1",
    title: "getTerminator counts a number down as data comes; inside foundTerminator it is 0",
    why: "It is how a protocol asks how much is still due.",
    level: "MUST",
    role: "core",
    run(t) {
      const seen: Terminator[] = [];
      const { chat, socket } = stage({
        terminator: 5,
        foundTerminator() {
          seen.push(this.getTerminator());
        },
      });
      seen.push(chat.getTerminator());
      socket.feed("abc");
      seen.push(chat.getTerminator());
      socket.feed("de");
      seen.push(chat.getTerminator());
      t.equal(seen, [5, 2, 0, 0], "before, under way, inside foundTerminator, after");
    },
  },
  {
    id: "TERM-11.1",
    title: "numbers up to 2^53 - 1 work",
    why: "Payloads beyond 4 GiB exist, and 32-bit arithmetic would wrap.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const count of [2 ** 31, 2 ** 32 + 1, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
        const { chat, socket, told } = stage({ maxFrameLength: Infinity });
        chat.setTerminator(count);
        socket.feed("abc");
        t.equal(chat.getTerminator(), count - 3, `bytes still due of ${count}`);
        t.equal(told(), ["data abc"], "what is told");
      }
    },
  },
  {
    id: "TERM-12.1",
    title: "of several delimiters the leftmost ends the frame, at the same place the longest",
    why: "A line server that takes both kinds of line end must not see an empty line between.",
    level: "MUST",
    role: "core",
    run(t) {
      const rows: [terminator: string[], input: string, expected: string[]][] = [
        [["\r", "\r\n", "\n"], "a\r\nb\nc\rd", ["a", "b", "c"]],
        [["\n", "\r\n"], "a\r\nb\nc\r", ["a", "b"]],
        [["ab", "abcd"], "xabcyabcdz", ["x", "cy"]],
        [["b", "abc"], "xabyabcz", ["xa", "y"]],
      ];
      for (const [terminator, input, expected] of rows) {
        for (const readSize of [1, 2, 3, Infinity]) {
          const frames: string[] = [];
          let frame = "";
          const { socket } = stage({
            terminator,
            collectIncomingData: (data) => void (frame += decode(data)),
            foundTerminator() {
              frames.push(frame);
              frame = "";
            },
          }, { readSize });
          socket.feed(input);
          t.equal(frames, expected, `the frames of ${JSON.stringify(input)}, read by ${readSize}`);
        }
      }
    },
  },
];
