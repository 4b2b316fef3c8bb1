/**
 * OUT: the output queue.
 *
 * @module
 */

import { ChatError } from "../../core/errors.ts";
import { NOT_YET, type Piece, type Produced } from "../../core/producer.ts";
import type { CloseReport } from "../../core/close_report.ts";
import type { Case } from "../case.ts";
import { bytes, stage, throwsAs } from "./core_stage.ts";

/** Answers these, one after the other, then the end, once. */
function moreOf(...parts: Produced[]): { more(): Produced } {
  let calls = 0;
  return {
    more() {
      if (calls > parts.length) throw new Error("a producer was asked behind its end");
      return parts[calls++];
    },
  };
}

/** What nobody can send. */
const UNSENDABLE: readonly unknown[] = [
  1,
  true,
  null,
  undefined,
  {},
  [1, 2],
  new ArrayBuffer(2),
  Symbol("x"),
];

/** The cases of the clauses OUT. */
export const outputCases: readonly Case[] = [
  {
    id: "OUT-1.1",
    title: "what is queued goes out first in, first out, over push and producers",
    why: "Two answers that swap places are two wrong answers.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      chat.push("a");
      chat.pushWithProducer(moreOf("b", "c"));
      chat.push(bytes("d"));
      chat.pushWithProducer(["e"]);
      chat.pushWithProducer("f");
      socket.turn();
      t.equal(sent(), "abcdef", "what went out");
    },
  },
  {
    id: "OUT-2.1",
    title: "when pushed bytes go out",
    why: "For authors of drivers: in the call, or when they are asked for.",
    level: "INFO",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      chat.push("a");
      t.info("sent within push()", sent());
      socket.turn();
      t.info("sent on the next turn", sent());
    },
  },
  {
    id: "OUT-3.1",
    title: "text and byte views can be pushed; anything else throws TypeError and queues nothing",
    why: "A number sent as text, or a file name sent for a file, is found by the peer.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      for (const wrong of UNSENDABLE) {
        throwsAs(t, () => chat.push(wrong as Piece), TypeError, `push(${String(wrong)})`);
      }
      t.equal(chat.session.hasOutput, false, "whether anything is queued");
      chat.push("text");
      chat.push(bytes("bytes"));
      socket.turn();
      t.equal(sent(), "textbytes", "what went out");
    },
  },
  {
    id: "OUT-6.1",
    title: "a short send: the rest goes first; nothing is lost, nothing is sent twice",
    why: "A full socket takes what it likes, at any byte.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      chat.outBufferSize = 7;
      let pushed = "", got = "", part = 0;
      for (let i = 0; i < 500; i++) {
        const text = `<${i}>`.repeat(t.integer(1, 3));
        pushed += text;
        if (t.random() < 0.2) chat.pushWithProducer(moreOf(text.slice(0, 2), text.slice(2)));
        else if (t.random() < 0.5) chat.push(text);
        else chat.push(bytes(text));
        socket.room = part = t.integer(0, 9);
        socket.turn();
        const piece = sent();
        if (piece.length > part) t.equal(piece.length, part, "bytes taken, by the room there was");
        got += piece;
      }
      socket.room = Infinity;
      socket.turn();
      t.equal(got + sent(), pushed, "what went out");
      t.equal(chat.bytesQueued, 0, "bytes left");
    },
  },
  {
    id: "OUT-7.1",
    title: "an empty push does nothing: no write, and nothing queued",
    why: "An empty write spends a turn, and on some sockets it is an end.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat } = stage();
      for (const empty of ["", new Uint8Array(0), new DataView(new ArrayBuffer(2), 1, 0)]) {
        t.equal(chat.push(empty), true, "whether more is welcome");
        t.equal(chat.session.wantsWrite, false, "whether a write is wanted");
        chat.pushWithProducer(empty);
        t.equal(chat.session.nextOutput(10), undefined, "what there is to write");
        t.equal(chat.session.hasOutput, false, "whether anything is queued");
      }
    },
  },
  {
    id: "OUT-8.1",
    title: "what is pushed before the connection is queued, and sent after it, in order",
    why: "Code that greets first should not have to wait.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage({}, { connected: false });
      chat.push("a");
      chat.push("b");
      socket.turn();
      t.equal(sent(), "", "what went out before");
      t.equal(chat.session.nextOutput(10), undefined, "what there is to write before");
      socket.connect();
      t.equal(told(), ["connect"], "what is told");
      t.equal(sent(), "ab", "what went out after");
    },
  },
  {
    id: "OUT-9.1",
    title: "push in handleConnect works, behind what was queued before",
    why: "It is where a client introduces itself.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage({
        handleConnect() {
          this.push("hi");
        },
      }, { connected: false });
      chat.push("early ");
      socket.connect();
      t.equal(sent(), "early hi", "what went out");
    },
  },
  {
    id: "OUT-10.1",
    title:
      "more() is called only when everything before the producer went out; pushes go behind it",
    why: "A producer asked early reads a file into memory that nobody waits for.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      let out = "", number = 0;
      const before: string[] = [];
      const look = () => out += sent();
      socket.room = 1;
      chat.push("12");
      chat.pushWithProducer({
        more() {
          before.push(look());
          return number++ === 0 ? "345" : null;
        },
      });
      chat.push("tail");
      socket.turn();
      t.equal(before, [], "calls of more() while a byte before it has not gone out");
      for (const room of [1, 2, 0, 1, Infinity]) {
        socket.room = room;
        socket.turn();
      }
      t.equal(before, ["12", "12345"], "what had gone out at each call of more()");
      t.equal(look(), "12345tail", "what went out");
    },
  },
  {
    id: "OUT-11.1",
    title: "more() is not called before the connection stands",
    why: "A producer may begin what only a connection justifies.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage({}, { connected: false });
      let calls = 0;
      chat.pushWithProducer({ more: () => calls++ === 0 ? "x" : null });
      socket.turn();
      t.equal(calls, 0, "calls before");
      socket.connect();
      t.equal([calls, sent()], [2, "x"], "calls and output after");
    },
  },
  {
    id: "OUT-12.1",
    title: "an empty part, null or undefined ends the producer",
    why: "asynchat's producers say so, each in its own way.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const end of ["", new Uint8Array(0), null, undefined]) {
        const { chat, socket, sent } = stage();
        chat.pushWithProducer(moreOf("p", end, "never"));
        chat.push("q");
        socket.turn();
        t.equal(sent(), "pq", `what went out, ended by ${JSON.stringify(end)}`);
      }
    },
  },
  {
    id: "OUT-12.2",
    title: 'a producer that answers "not yet" is asked again after resumeProducers(), or a push',
    why: "Without such a word, a producer that waits would have to end.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      let calls = 0;
      const parts: Produced[] = [NOT_YET, "a", NOT_YET, "b", null];
      chat.pushWithProducer({
        more() {
          calls++;
          return parts.shift();
        },
      });
      socket.turn();
      socket.turn();
      t.equal([calls, sent()], [1, ""], "calls and output while it waits");
      chat.resumeProducers();
      socket.turn();
      t.equal([calls, sent()], [3, "a"], "calls and output after resumeProducers()");
      chat.push("tail");
      socket.turn();
      t.equal([calls, sent()], [5, "btail"], "calls and output after a push");
    },
  },
  {
    id: "OUT-13.1",
    title: "a long part is sent to its end before more() is called again",
    why: "Else the next part comes into the middle of this one.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      chat.outBufferSize = 3;
      let out = "";
      const before: string[] = [];
      const parts = ["abcdefg", "h"];
      chat.pushWithProducer({
        more() {
          before.push(out += sent());
          return parts.shift();
        },
      });
      for (const room of [2, 1, 0, 3, 1, Infinity]) {
        socket.room = room;
        socket.turn();
        out += sent();
      }
      t.equal(out, "abcdefgh", "what went out");
      t.equal(before, ["", "abcdefg", "abcdefgh"], "what had gone out at each call of more()");
    },
  },
  {
    id: "OUT-14.1",
    title: "bytes and text given as a producer are sent as they are",
    why: "Code that takes either need not look which it has.",
    level: "SHOULD",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      chat.outBufferSize = 3;
      chat.pushWithProducer(bytes("abcd"));
      chat.pushWithProducer("efg");
      socket.turn();
      t.equal(sent(), "abcdefg", "what went out");
    },
  },
  {
    id: "OUT-15.1",
    title: "an iterable is a producer; an empty piece does not end it",
    why: "A generator is the shortest producer there is.",
    level: "SHOULD",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      chat.pushWithProducer(function* () {
        yield "a";
        yield "";
        yield bytes("b");
      }());
      chat.pushWithProducer([]);
      chat.push("c");
      socket.turn();
      t.equal(sent(), "abc", "what went out");
    },
  },
  {
    id: "OUT-16.1",
    title: "a producer that throws: handleException, then close; never out of the caller's push",
    why: "asynchat throws into whoever pushes next, and asks the producer again and again.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage();
      let calls = 0;
      chat.push("before");
      chat.pushWithProducer({
        more() {
          if (calls++ === 0) return "part";
          if (calls > 5) return null; // asked far too often: it shall not go on for ever
          throw new Error("boom");
        },
      });
      chat.push("behind");
      socket.turn();
      t.equal(sent(), "beforepart", "what went out");
      t.equal(told(), ["exception boom", "close failed"], "what is told");
      t.equal(calls, 2, "calls of more()");
      t.equal(socket.reported.map(String), ["Error: boom"], "what is reported");
    },
  },
  {
    id: "OUT-16.2",
    title: "a producer whose promise rejects, or that answers no bytes, ends the same way",
    why: "A failure must not depend on how it was said.",
    level: "MUST",
    role: "core",
    async run(t) {
      const failures: [answer: () => unknown, told: string][] = [
        [() => Promise.reject(new Error("boom")), "exception boom"],
        [() => Promise.resolve(42), "exception only text and byte views can be sent; got 42"],
        [() => 42, "exception only text and byte views can be sent; got 42"],
      ];
      for (const [answer, expected] of failures) {
        const { chat, socket, told, sent } = stage();
        chat.push("before");
        let calls = 0;
        chat.pushWithProducer({ more: () => ++calls > 5 ? null : answer() as Produced });
        chat.push("behind");
        socket.turn();
        for (let turns = 0; socket.isOpen && turns < 10; turns++) {
          await undefined;
          socket.turn();
        }
        t.equal([sent(), calls], ["before", 1], "what went out, and calls of more()");
        t.equal(told(), [expected, "close failed"], "what is told");
      }
    },
  },
  {
    id: "OUT-17.1",
    title: "an object that looks empty is a producer like any other, and takes nothing with it",
    why: "asynchat drops the parts of a falsy producer; of an empty one, the next in the queue.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      const parts = ["a", "b"];
      const producer = {
        length: 0,
        valueOf: () => 0,
        more: () => parts.shift(),
        *[Symbol.iterator]() {},
      };
      chat.pushWithProducer(producer);
      chat.push("next");
      chat.pushWithProducer(new Set<string>());
      chat.push("last");
      socket.turn();
      t.equal(sent(), "abnextlast", "what went out");
    },
  },
  {
    id: "OUT-18.1",
    title: "push inside more() goes behind the producer",
    why: "asynchat swaps the parts.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      let calls = 0;
      chat.pushWithProducer({
        more() {
          if (++calls === 1) chat.push("X");
          return calls <= 2 ? String(calls) : null;
        },
      });
      socket.turn();
      t.equal(sent(), "12X", "what went out");
    },
  },
  {
    id: "OUT-19.1",
    title:
      "discardBuffers() inside more() ends the producer: its part is not sent; the rest works on",
    why: "asynchat fails on its empty queue, or sends the part that was discarded.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage();
      let calls = 0, cancelled = 0;
      chat.pushWithProducer({
        more() {
          if (calls++ > 0) throw new Error("asked again");
          chat.discardBuffers();
          return "part";
        },
        cancel: () => cancelled++,
      });
      chat.push("behind");
      socket.turn();
      t.equal([calls, cancelled, sent()], [1, 1, ""], "calls, times cancelled, what went out");
      chat.push("x");
      socket.turn();
      t.equal(sent(), "x", "what went out later");
      t.equal(told(), [], "what is told");
    },
  },
  {
    id: "OUT-20.1",
    title: "closeWhenDone() closes after the last byte and the last part",
    why: "The last line is the answer; without it the rest was for nothing.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage();
      socket.room = 1;
      chat.push("ab");
      chat.pushWithProducer(moreOf("p", "q"));
      chat.closeWhenDone();
      let out = "";
      for (const room of [1, 1, 1]) {
        socket.room = room;
        socket.turn();
        out += sent();
        t.equal([told(), socket.finSent], [[], false], `told, and FIN sent, after ${out}`);
      }
      socket.room = Infinity;
      socket.turn();
      t.equal(out + sent(), "abpq", "what went out");
      t.equal(told(), ["close closed"], "what is told");
      t.equal(
        [socket.finSent, socket.closedBy],
        [true, "close"],
        "FIN sent, and how it was closed",
      );
    },
  },
  {
    id: "OUT-21.1",
    title: "closeWhenDone() of an idle conversation closes on the next turn, not inside the call",
    why: "A caller that is called back from inside its own call is in no state for it.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage();
      chat.closeWhenDone();
      t.equal([told(), socket.isOpen], [[], true], "told, and open, inside the call");
      socket.turn();
      t.equal([told(), socket.isOpen], [["close closed"], false], "told, and open, a turn later");
    },
  },
  {
    id: "OUT-22.1",
    title: 'push after closeWhenDone() throws kind "closed", and what was queued still goes out',
    why: "asynchat drops it in silence.",
    level: "MUST",
    role: "core",
    async run(t) {
      const { chat, socket, sent } = stage();
      chat.push("a");
      chat.closeWhenDone();
      await t.rejects(() => chat.push("b"), "closed", "push()");
      await t.rejects(() => chat.pushWithProducer(moreOf("c")), "closed", "pushWithProducer()");
      socket.turn();
      t.equal(sent(), "a", "what went out");
    },
  },
  {
    id: "OUT-23.1",
    title: "closeWhenDone() twice, or after the end: one close",
    why: "Every path of a protocol that ends may say so.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage();
      chat.push("a");
      chat.closeWhenDone();
      chat.closeWhenDone();
      socket.turn();
      chat.closeWhenDone();
      socket.turn();
      t.equal([sent(), told()], ["a", ["close closed"]], "what went out, and what is told");
    },
  },
  {
    id: "OUT-24.1",
    title: "pushWithProducer() of anything that is no producer throws TypeError and queues nothing",
    why: "In asynchat null is a hidden close.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage();
      for (const wrong of [null, undefined, 1, {}, { more: "x" }, () => "x"]) {
        const push = () => chat.pushWithProducer(wrong as unknown as Piece);
        throwsAs(t, push, TypeError, `pushWithProducer(${String(wrong)})`);
      }
      socket.turn();
      t.equal(chat.session.hasOutput, false, "whether anything is queued");
      t.equal([told(), socket.isOpen], [[], true], "what is told, and whether it is open");
    },
  },
  {
    id: "OUT-25.1",
    title: "closeWhenDone() before the connection: waits for it, flushes, closes",
    why: "Send one line and hang up is a protocol, too.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage({}, { connected: false });
      chat.push("a");
      chat.closeWhenDone();
      socket.turn();
      t.equal([sent(), told(), socket.finSent], ["", [], false], "before the connection");
      socket.connect();
      t.equal([sent(), told()], ["a", ["connect", "close closed"]], "with the connection");
    },
  },
  {
    id: "OUT-26.1",
    title: "input is told between closeWhenDone() and the FIN",
    why: "The peer's next command was sent before it could know.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage({ terminator: "\n" });
      socket.room = 0;
      chat.push("a");
      chat.closeWhenDone();
      socket.feed("in\n");
      t.equal(told(), ["data in", "found"], "what is told while output waits");
      socket.room = Infinity;
      socket.turn();
      t.equal([sent(), told()], ["a", ["close closed"]], "what went out, and is told, at last");
    },
  },
  {
    id: "OUT-27.1",
    title:
      "a send that fails: a reset closes, anything else is an error first; the rest is counted",
    why: "asynchat says neither why nor how much the peer has not got.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const kind of ["reset", "unknown"] as const) {
        const reports: CloseReport[] = [];
        const { chat, socket, told, sent } = stage({
          handleError() {},
          handleClose: (report) => void reports.push(report),
        });
        socket.room = 2;
        chat.push("abcde");
        socket.turn();
        socket.room = Infinity;
        const failure = socket.writeError = new ChatError(kind, "failed by the script");
        socket.turn();
        t.equal(sent(), "ab", "what went out");
        const expected = kind === "reset" ? ["close reset"] : ["error unknown", "close failed"];
        t.equal(told(), expected, "what is told");
        t.equal(reports[0]!.bytesUnsent, 3, "bytes not sent");
        t.equal(reports[0]!.error === failure, true, "whether the report has the failure");
      }
    },
  },
  {
    id: "OUT-28.1",
    title: "after the end the queue is empty, its producers have been told, and push throws",
    why: "asynchat keeps the queue of a dead channel, and lets it grow.",
    level: "MUST",
    role: "core",
    async run(t) {
      for (const end of ["close", "abort", "reset", "failed"] as const) {
        let cancelled = 0;
        const { chat, socket } = stage({ handleError() {} });
        socket.room = 0;
        chat.push("abc");
        chat.pushWithProducer({ more: () => "x", cancel: () => cancelled++ });
        if (end === "close" || end === "abort") chat[end]();
        else socket.fail(new ChatError(end === "reset" ? "reset" : "unknown", "by the script"));
        socket.turn();
        t.equal(chat.bytesQueued, 0, `bytes queued after ${end}`);
        t.equal(chat.session.hasOutput, false, `whether anything is queued after ${end}`);
        t.equal(cancelled, 1, `times the producer was told after ${end}`);
        await t.rejects(() => chat.push("x"), "closed", `push() after ${end}`);
        await t.rejects(() => chat.pushWithProducer(["x"]), "closed", `a producer after ${end}`);
      }
    },
  },
  {
    id: "OUT-29.1",
    title: "push() copies bytes: the caller's buffer is its own again at once, and left as it is",
    why: "asynchat sends what the buffer holds later: another answer, or half of one.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      const buffer = bytes("abcdef");
      socket.room = 2;
      chat.push(buffer.subarray(0, 4));
      buffer.fill(0x58);
      socket.turn();
      buffer.fill(0x59);
      chat.push(buffer);
      socket.room = Infinity;
      socket.turn();
      t.equal(sent(), "abcdYYYYYY", "what went out");
      t.equal([...buffer], [...bytes("YYYYYY")], "the buffer");
    },
  },
  {
    id: "OUT-29.2",
    title: "a producer may write over the piece it gave as soon as it is asked for the next",
    why: "A file is read through one buffer; a copy of each piece would double the work.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      const buffer = new Uint8Array(3);
      let pieces = 0;
      chat.push("<");
      chat.pushWithProducer({ more: () => pieces === 3 ? null : buffer.fill(0x61 + pieces++) });
      chat.push(">");
      let out = "";
      for (let turns = 0; turns < 12; turns++) {
        socket.room = 1;
        socket.turn();
        out += sent();
      }
      t.equal(out, "<aaabbbccc>", "what went out");
    },
  },
  {
    id: "OUT-30.1",
    title: "views count in bytes, from their own offset",
    why: "asynchat counts items: six of eight bytes are lost.",
    level: "MUST",
    role: "core",
    run(t) {
      const { buffer } = bytes("xxabcdefghxx");
      const views = [
        new Uint16Array(buffer, 2, 4),
        new DataView(buffer, 2, 8),
        new BigUint64Array(bytes("abcdefgh").buffer),
      ];
      for (const view of views) {
        const { chat, socket, sent } = stage();
        chat.outBufferSize = 3;
        chat.push(view);
        t.equal(chat.bytesQueued, 8, "bytes queued");
        chat.pushWithProducer(moreOf(view));
        socket.turn();
        t.equal(sent(), "abcdefghabcdefgh", `what went out of a ${view.constructor.name}`);
      }
    },
  },
  {
    id: "OUT-31.1",
    title: "text is encoded before it is queued: every count is in bytes, no character is cut",
    why: "asynchat counts characters where the socket counts bytes: a letter is lost.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      const text = "\u00e9\u20ac\u{1f600}ab";
      chat.push(text);
      t.equal(chat.bytesQueued, 11, "bytes queued");
      chat.pushWithProducer(moreOf(text));
      const got: number[] = [];
      for (let turns = 0; turns < 22; turns++) {
        socket.room = 1;
        socket.turn();
        got.push(...socket.takeSent());
      }
      const encoded = bytes("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80ab");
      t.equal(got, [...encoded, ...encoded], "what went out, byte by byte");
      t.equal(sent(), "", "what went out beyond");
    },
  },
  {
    id: "OUT-33.1",
    title:
      "wantsWrite is a boolean: true exactly while something is queued and the connection stands",
    why: "A loop that asks for writing when there is nothing to write spins.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket } = stage({}, { connected: false });
      const { session } = chat;
      const seen: unknown[] = [session.wantsWrite, session.hasOutput];
      socket.room = 0;
      chat.push("ab");
      seen.push(session.wantsWrite, session.hasOutput);
      socket.connect();
      seen.push(session.wantsWrite, session.hasOutput);
      socket.room = 1;
      socket.turn();
      seen.push(session.wantsWrite, session.hasOutput);
      socket.room = Infinity;
      socket.turn();
      seen.push(session.wantsWrite, session.hasOutput);
      const expected = [false, false, false, true, true, true, true, true, false, false];
      t.equal(seen, expected, "wantsWrite and hasOutput: idle, queued, connected, half sent, sent");
    },
  },
  {
    id: "OUT-34.1",
    title: "the peer ends its side: what we have queued still goes out, then our FIN",
    why: "asynchat closes and drops: a client that ends its request gets half of its answer.",
    level: "MUST",
    role: "core",
    run(t) {
      const reports: CloseReport[] = [];
      const { socket, told, sent } = stage({
        terminator: "\n",
        foundTerminator() {
          this.push("abcdef");
          this.pushWithProducer(moreOf("gh", "i"));
        },
        handleClose: (report) => void reports.push(report),
      });
      socket.room = 4;
      socket.feed("req\n");
      socket.end();
      t.equal(told(), ["data req", "found", "end"], "what is told while output waits");
      socket.room = Infinity;
      socket.turn();
      t.equal(sent(), "abcdefghi", "what went out");
      t.equal([told(), socket.finSent], [["close ended"], true], "what is told, and FIN sent");
      t.equal(reports[0]!.bytesUnsent, 0, "bytes not sent");
    },
  },
];
