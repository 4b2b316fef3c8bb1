/**
 * IN: input framing.
 *
 * @module
 */

import type { AsyncChatOptions } from "../../core/async_chat_options.ts";
import type { AsyncChat } from "../../core/async_chat.ts";
import { ChatError, LimitError } from "../../core/errors.ts";
import type { CloseReport } from "../../core/close_report.ts";
import type { Terminator } from "../../core/terminator.ts";
import type { Case } from "../case.ts";
import { bytes, stage } from "./core_stage.ts";

/** Hooks that keep the conversation open over an exception. */
const KEEP_OPEN: AsyncChatOptions & ThisType<AsyncChat> = { handleException() {} };

function boom(): never {
  throw new Error("boom");
}

/** The cases of the clauses IN. */
export const inputCases: readonly Case[] = [
  {
    id: "IN-1.1",
    title: "data before the terminator is collected, then foundTerminator is called once",
    why: "It is what the library is for.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({ terminator: "\r\n" });
      socket.feed("hello\r\n");
      t.equal(told(), ["data hello", "found"], "what is told");
    },
  },
  {
    id: "IN-2.1",
    title: "an empty frame calls foundTerminator, and no collectIncomingData",
    why: "An empty line ends a header; a collected nothing would look like data.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, pieces } = stage({ terminator: "\r\n" });
      socket.feed("\r\n\r\na\r\n");
      t.equal(pieces(), ["found", "found", "data a", "found"], "what is told");
    },
  },
  {
    id: "IN-3.1",
    title: "every frame of a chunk is told in order, at once, without its terminator",
    why: "A pipelined request that waits for more input waits for ever.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({ terminator: "\r\n" });
      socket.feed("a\r\nbc\r\nd");
      t.equal(told(), ["data a", "found", "data bc", "found", "data d"], "what is told");
    },
  },
  {
    id: "IN-4.1",
    title: "cutting the input elsewhere changes nothing but where data is cut (all 1,024 ways)",
    why: "The network cuts as it likes: a protocol that depends on it works on one machine only.",
    level: "MUST",
    role: "core",
    run(t) {
      const input = "x\r\n\r\n\r\ry\r\nz";
      const terminators: Terminator[] = ["\r\n", "\r\r\n", "\r\n\r\n", 3, null, ["\r", "\r\n"]];
      for (const terminator of terminators) {
        let whole: string | undefined;
        for (let cuts = 0; cuts < 2 ** (input.length - 1); cuts++) {
          const { socket, told } = stage({ terminator });
          let from = 0;
          for (let at = 1; at <= input.length; at++) {
            if (at < input.length && (cuts >> (at - 1) & 1) === 0) continue;
            socket.feed(input.slice(from, at));
            from = at;
          }
          socket.end();
          const result = JSON.stringify(told());
          whole ??= result;
          if (result === whole) continue;
          t.equal(result, whole, `${JSON.stringify(terminator)}, cuts ${cuts.toString(2)}`);
        }
      }
    },
  },
  {
    id: "IN-5.1",
    title: "what may start the terminator is held back, and told as data once it does not",
    why: "Told early, half a terminator is in the data; dropped, the data has a hole.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({ terminator: "\r\n.\r\n" });
      socket.feed("\r\n.\r");
      t.equal(told(), [], "what is told while it may be the terminator");
      socket.feed("!");
      t.equal(told(), ["data \r\n.\r!"], "what is told once it is not");
    },
  },
  {
    id: "IN-6.1",
    title: "the longest possible start of the terminator at the end is held back",
    why: "With a shorter one the terminator's first bytes are told, and it is never found.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({ terminator: "aabc" });
      socket.feed("abcaab");
      t.equal(told(), ["data abc"], "what is told of abcaab");
      socket.feed("b");
      t.equal(told(), ["data aabb"], "what is told once it was not the terminator");
      socket.feed("aab");
      socket.feed("c");
      t.equal(told(), ["found"], "what is told when it was");
    },
  },
  {
    id: "IN-7.1",
    title: "the leftmost match counts, and matches do not overlap",
    why: "Two ends of one conversation that search differently disagree on every frame after.",
    level: "MUST",
    role: "core",
    run(t) {
      const rows: [terminator: string, input: string, expected: string[]][] = [
        ["aab", "aaab", ["data a", "found"]],
        ["aa", "aaaa", ["found", "found"]],
        ["aaa", "aaaax", ["found", "data ax"]],
      ];
      for (const [terminator, input, expected] of rows) {
        for (const readSize of [1, 2, Infinity]) {
          const { socket, told } = stage({ terminator }, { readSize });
          socket.feed(input);
          t.equal(told(), expected, `${input} cut at ${terminator}, read by ${readSize}`);
        }
      }
    },
  },
  {
    id: "IN-8.1",
    title: "nothing else is held back: at most one byte less than the terminator has",
    why: "Held data is data that a protocol waits for.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({ terminator: "\r\n.\r\n" });
      socket.feed("0123456789\r\n.\r");
      t.equal(told(), ["data 0123456789"], "what is told");
      let fed = 0, got = 0;
      const terminator = "abaab";
      const watched = stage({
        terminator,
        collectIncomingData: (data) => void (got += data.length),
        foundTerminator: () => void (got += terminator.length),
      });
      for (let i = 0; i < 2_000; i++) {
        const piece = Array.from({ length: t.integer(1, 4) }, () => t.random() < 0.6 ? "a" : "b");
        watched.socket.feed(piece.join(""));
        fed += piece.length;
        if (fed - got >= terminator.length) t.equal(fed - got, terminator.length - 1, "bytes held");
      }
    },
  },
  {
    id: "IN-9.1",
    title: "a read without data calls nothing",
    why: "An empty piece reads like an empty frame, or like the end.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const terminator of ["\n", 3, null]) {
        const { chat, socket, told } = stage({ terminator });
        socket.feed("");
        t.equal(told(), [], "what is told");
        t.equal(chat.session.wantsRead, true, "whether more is welcome");
      }
    },
  },
  {
    id: "IN-10.1",
    title: "all 256 byte values pass unchanged",
    why: "Binary data that goes through text on its way is not the same data.",
    level: "MUST",
    role: "core",
    run(t) {
      const all = Uint8Array.from({ length: 256 }, (_, value) => value);
      for (const terminator of [null, 256, bytes("\xff\xff\xff"), bytes("\0\0")]) {
        for (const readSize of [1, 7, Infinity]) {
          const got: number[] = [];
          const { socket } = stage(
            { terminator, collectIncomingData: (data) => void got.push(...data) },
            { readSize },
          );
          socket.feed(all);
          socket.end();
          t.equal(got, [...all], `what came, terminator ${String(terminator)}`);
        }
      }
    },
  },
  {
    id: "IN-12.1",
    title: "with null every chunk is told as it came, and foundTerminator never",
    why: "Raw input is for those who pass bytes on.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, pieces } = stage({ terminator: null });
      for (const chunk of ["ab", "c\n", "\r\n"]) socket.feed(chunk);
      t.equal(pieces(), ["data ab", "data c\n", "data \r\n"], "what is told");
    },
  },
  {
    id: "IN-13.1",
    title: "a terminator set in foundTerminator rules the very next byte, also in the same chunk",
    why: "A header that gives the body's length comes in one segment with the body.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const readSize of [1, 3, Infinity]) {
        const next: Terminator[] = [5, "\n"];
        const { socket, told } = stage({
          terminator: "\r\n",
          foundTerminator() {
            const terminator = next.shift();
            if (terminator !== undefined) this.setTerminator(terminator);
          },
        }, { readSize });
        socket.feed("H: 5\r\n12345next\n");
        const expected = ["data H: 5", "found", "data 12345", "found", "data next", "found"];
        t.equal(told(), expected, `what is told, read by ${readSize}`);
      }
    },
  },
  {
    id: "IN-14.1",
    title: "a terminator set in collectIncomingData rules from the next frame, however it is cut",
    why: "Ruling at once, it would depend on where the network cut the frame.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const readSize of [1, 2, Infinity]) {
        const { socket, told } = stage({
          terminator: "\n",
          collectIncomingData() {
            this.setTerminator("c");
          },
        }, { readSize });
        socket.feed("aca\nb\nc");
        const expected = ["data aca", "found", "data b\n", "found"];
        t.equal(told(), expected, `what is told, read by ${readSize}`);
      }
    },
  },
  {
    id: "IN-14b.1",
    title:
      "a terminator set in collectIncomingData rules from the next frame while bytes are counted",
    why: "asynchat subtracts from the new one: a TypeError, or a count that swallows bytes.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const next of ["x", 2]) {
        for (const readSize of [1, 2, Infinity]) {
          const { socket, told } = stage({
            terminator: 4,
            collectIncomingData() {
              this.setTerminator(next);
            },
          }, { readSize });
          socket.feed("abxdwzx");
          const expected = next === "x"
            ? ["data abxd", "found", "data wz", "found"]
            : ["data abxd", "found", "data wz", "found", "data x"];
          t.equal(told(), expected, `what is told with ${next} next, read by ${readSize}`);
        }
      }
    },
  },
  {
    id: "IN-15.1",
    title: "a terminator set from outside is tried on held bytes without waiting for input",
    why: "The peer may be waiting for our answer to just these bytes.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage({ terminator: "\r\n" });
      socket.feed("abc\r");
      t.equal(told(), ["data abc"], "what is told before");
      chat.setTerminator("\r");
      socket.turn();
      t.equal(told(), ["found"], "what is told by setting another terminator");
      chat.setTerminator("\r\n");
      socket.feed("\r");
      chat.setTerminator(null);
      socket.turn();
      t.equal(told(), ["data \r"], "what is told by setting null");
    },
  },
  {
    id: "IN-15b.1",
    title: "a number set from outside counts held bytes, and ends the frame when they are enough",
    why: "Nothing more may come before we answer.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage({ terminator: "\r\n\r\n" });
      socket.feed("abc\r\n\r");
      t.equal(told(), ["data abc"], "what is told before");
      chat.setTerminator(2);
      socket.turn();
      t.equal(told(), ["data \r\n", "found", "data \r"], "what is told by setting 2");
    },
  },
  {
    id: "IN-16.1",
    title: "a number takes exactly so many bytes, told in pieces as they come",
    why: "One byte more or less, and every frame after it is wrong.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, pieces } = stage({ terminator: 5 });
      for (const chunk of ["ab", "cd", "efg"]) socket.feed(chunk);
      t.equal(pieces(), ["data ab", "data cd", "data e", "found", "data fg"], "what is told");
    },
  },
  {
    id: "IN-17.1",
    title: "foundTerminator is called with the last byte of a number, not with the next chunk",
    why: "The next chunk may be the answer to ours.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({ terminator: 3 });
      socket.feed("abc");
      t.equal(told(), ["data abc", "found"], "what is told");
    },
  },
  {
    id: "IN-18.1",
    title: "after a number was reached and nothing was set, input is raw",
    why: "asynchat does so, and a number that began again would cut what follows at random.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({ terminator: 3 });
      socket.feed("abcdef");
      socket.feed("ghi");
      t.equal(told(), ["data abc", "found", "data defghi"], "what is told");
    },
  },
  {
    id: "IN-19.1",
    title: "foundTerminator throws: told to handleException, reported and closed by default",
    why: "A bug that is swallowed is found by the users of the users.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({ terminator: "\n", foundTerminator: boom });
      socket.feed("a\nb\nc");
      t.equal(told(), ["data a", "found", "exception boom", "close aborted"], "what is told");
      t.equal(socket.reported.map(String), ["Error: boom"], "what is reported");
    },
  },
  {
    id: "IN-19.2",
    title:
      "foundTerminator throws and the application keeps it open: the rest of the chunk is told",
    why: "asynchat leaves the rest until more input comes, if it ever does.",
    level: "MUST",
    role: "core",
    run(t) {
      let frames = 0;
      const { socket, told } = stage({
        ...KEEP_OPEN,
        terminator: "\n",
        foundTerminator() {
          if (++frames === 1) boom();
        },
      });
      socket.feed("a\nb\nc");
      const expected = ["data a", "found", "exception boom", "data b", "found", "data c"];
      t.equal(told(), expected, "what is told");
      t.equal(socket.isOpen, true, "whether it is open");
    },
  },
  {
    id: "IN-20.1",
    title: "collectIncomingData throws: those bytes count as told, and are not told again",
    why: "asynchat tells them again: data twice.",
    level: "MUST",
    role: "core",
    run(t) {
      const rows: [Terminator, string[]][] = [
        ["\n", ["data ab", "exception boom", "found", "data c"]],
        [2, ["data ab", "exception boom", "found", "data \nc"]],
        [null, ["data ab\nc", "exception boom"]],
      ];
      for (const [terminator, expected] of rows) {
        let pieces = 0;
        const { socket, told } = stage({
          ...KEEP_OPEN,
          terminator,
          collectIncomingData() {
            if (++pieces === 1) boom();
          },
        });
        socket.feed("ab\nc");
        t.equal(told(), expected, `what is told with ${JSON.stringify(terminator)}`);
      }
    },
  },
  {
    id: "IN-21.1",
    title: "close() or abort() in foundTerminator: no frame after it is told, though it was read",
    why: "Code that has cleaned up is called again, by the connection it has given up.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const how of ["close", "abort"] as const) {
        const { socket, told } = stage({
          terminator: "\n",
          foundTerminator() {
            this[how]();
          },
        });
        socket.feed("a\nb\nc");
        const reason = how === "close" ? "closed" : "aborted";
        t.equal(told(), ["data a", "found", `close ${reason}`], `what is told after ${how}()`);
      }
    },
  },
  {
    id: "IN-22.1",
    title: "close() or abort() in collectIncomingData suppresses the frame's foundTerminator",
    why: "Half of a frame is no frame, and the end is the end.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const how of ["close", "abort"] as const) {
        for (const terminator of ["\n", 1]) {
          const { socket, told } = stage({
            terminator,
            collectIncomingData() {
              this[how]();
            },
          });
          socket.feed("a\nb\n");
          const reason = how === "close" ? "closed" : "aborted";
          t.equal(told(), ["data a", `close ${reason}`], `what is told after ${how}()`);
        }
      }
    },
  },
  {
    id: "IN-23.1",
    title: "discardBuffers() in a callback drops the rest of the chunk; the frame under way ends",
    why: "It is how a protocol gets back in step: whatever was sent before the error goes.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const hook of ["foundTerminator", "collectIncomingData"] as const) {
        const { socket, told } = stage({
          terminator: "\n",
          [hook](this: AsyncChat) {
            this.discardBuffers();
          },
        });
        socket.feed("a\nb\nc");
        t.equal(told(), ["data a", "found"], `what is told after discarding in ${hook}`);
        socket.feed("d\n");
        t.equal(told(), ["data d", "found"], "what is told of later input");
      }
    },
  },
  {
    id: "IN-24.1",
    title: "at the end of input, held bytes are told as data before the end",
    why: "asynchat loses them: the peer sent them, and they were no terminator.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({ terminator: "\r\n" });
      socket.feed("abc\r");
      socket.end();
      t.equal(told(), ["data abc\r", "end", "close ended"], "what is told");
    },
  },
  {
    id: "IN-25.1",
    title:
      "the end inside a frame: what came is told, no foundTerminator; the report says it was cut",
    why: "A truncated message must not pass for a whole one.",
    level: "MUST",
    role: "core",
    run(t) {
      const rows: [Terminator, received: number][] = [[5, 3], ["\r\n", 3], ["c!", 3]];
      for (const [terminator, received] of rows) {
        const reports: CloseReport[] = [];
        const { socket, told } = stage({
          terminator,
          handleClose: (report) => void reports.push(report),
        });
        socket.feed("abc");
        socket.end();
        t.equal(told(), ["data abc", "end", "close ended"], "what is told");
        const { incomplete } = reports[0]!;
        t.equal(incomplete?.kind, "incomplete", "the report's error");
        t.equal(incomplete?.received, received, "bytes received of the frame");
      }
    },
  },
  {
    id: "IN-25.2",
    title: "the end between two frames, or in raw input, is not reported as a cut frame",
    why: "A warning at every orderly end is a warning that nobody reads.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const terminator of [3, "c", null]) {
        const reports: CloseReport[] = [];
        const { socket } = stage({
          terminator,
          handleClose: (report) => void reports.push(report),
        });
        socket.feed("abc");
        socket.end();
        t.equal(reports.map(({ incomplete }) => incomplete), [undefined], "a cut frame");
      }
    },
  },
  {
    id: "IN-26.1",
    title: "nothing is collected after handleClose, whatever is done then",
    why: "What handleClose has cleaned up must not be needed again.",
    level: "MUST",
    role: "core",
    run(t) {
      const ends: ((on: ReturnType<typeof stage>) => void)[] = [
        ({ socket }) => socket.end(),
        ({ socket }) => socket.fail(new ChatError("reset", "reset by the script")),
        ({ socket }) => socket.fail(new ChatError("unknown", "failed by the script")),
        ({ chat }) => chat.close(),
        ({ chat }) => chat.abort(),
        ({ chat }) => chat.closeWhenDone(),
      ];
      for (const end of ends) {
        const on = stage({ terminator: "\r\n", handleError() {} });
        on.socket.feed("abc\r");
        end(on);
        on.socket.turn();
        t.equal(on.told().at(-1)?.startsWith("close "), true, "whether the end came last");
        on.socket.feed("\n");
        on.chat.setTerminator("\r");
        on.socket.turn();
        on.chat.setTerminator(null);
        on.chat.resume();
        on.socket.end();
        t.equal(on.told(), [], "what is told after handleClose");
      }
    },
  },
  {
    id: "IN-27.1",
    title: "reset and end are told apart; other failures are told to handleError, then closed",
    why: "After a reset the peer may not have read our answer: a retry can be wrong, or needed.",
    level: "MUST",
    role: "core",
    run(t) {
      const ended = stage();
      ended.socket.end();
      t.equal(ended.told(), ["end", "close ended"], "what is told at the end");
      const reset = stage();
      reset.socket.fail(new ChatError("reset", "reset by the script"));
      t.equal(reset.told(), ["close reset"], "what is told of a reset");
      const failed = stage();
      failed.socket.fail(new ChatError("unknown", "failed by the script"));
      t.equal(failed.told(), ["error unknown", "close failed"], "what is told of another failure");
    },
  },
  {
    id: "IN-27.2",
    title: "what came before a failure is told before it",
    why: "The peer's last words often say why it cut the connection.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage({ terminator: "\n" });
      chat.session.receive(bytes("a\nb\n"));
      socket.fail(new ChatError("reset", "reset by the script"));
      t.equal(told(), ["data a", "found", "data b", "found", "close reset"], "what is told");
    },
  },
  {
    id: "IN-28.1",
    title: "a frame beyond the limit: its first bytes are told, then one error, then it closes",
    why: "Without a limit one peer can take all the memory there is.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const readSize of [1, 3, Infinity]) {
        const errors: unknown[] = [];
        const { socket, told } = stage({
          terminator: "\r\n",
          maxFrameLength: 4,
          handleError: (error) => void errors.push(error),
        }, { readSize });
        socket.feed("abcd\r\nabcde\r\nx\r\n");
        const expected = ["data abcd", "found", "data abcd", "error limit", "close limit"];
        t.equal(told(), expected, `what is told, read by ${readSize}`);
        t.equal(errors.map((error) => error instanceof LimitError), [true], "limit errors");
      }
    },
  },
  {
    id: "IN-28.2",
    title:
      'with overlong "skip" a frame beyond the limit costs one error, and the next ones are told',
    why: "A log receiver wants the next line more than it minds the long one.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const readSize of [1, 3, Infinity]) {
        const { socket, told } = stage({
          terminator: "\r\n",
          maxFrameLength: 4,
          overlong: "skip",
          handleError() {},
        }, { readSize });
        socket.feed("abcdefgh\r\nx\r\n");
        const expected = ["data abcd", "error limit", "data x", "found"];
        t.equal(told(), expected, `what is told, read by ${readSize}`);
      }
    },
  },
  {
    id: "IN-28.3",
    title: "a number above the limit is refused when it is set; the terminator in force stays",
    why: "The peer says the length: it must not decide how much we hold.",
    level: "MUST",
    role: "core",
    async run(t) {
      const { chat } = stage({ terminator: "\n", maxFrameLength: 4 });
      chat.setTerminator(4);
      await t.rejects(() => chat.setTerminator(5), "limit", "setTerminator above the limit");
      t.equal(chat.getTerminator(), 4, "the terminator in force");
    },
  },
  {
    id: "IN-29.1",
    title: "receive() called from inside a callback: what happens",
    why: "For authors of drivers: frames inside of frames would be told in no order.",
    level: "INFO",
    role: "core",
    run(t) {
      let answer = "nothing";
      const { socket } = stage({
        terminator: "\n",
        foundTerminator() {
          try {
            this.session.receive(bytes("b\n"));
          } catch (error) {
            answer = String(error);
          }
        },
      });
      socket.feed("a\n");
      t.info("receive() inside a callback", answer);
    },
  },
];
