/**
 * LIFE: the end, and errors.
 *
 * @module
 */

import { Accepting } from "../../adapters/accepting.ts";
import { AsyncChat } from "../../core/async_chat.ts";
import { ChatError } from "../../core/errors.ts";
import { decode } from "../../core/text.ts";
import type { Transport, TransportEvents } from "../../core/transport.ts";
import type { Case } from "../case.ts";
import { ScriptedSocket } from "../scripted_socket.ts";
import { stage } from "./core_stage.ts";

/** The cases of the clauses LIFE. */
export const lifeCases: readonly Case[] = [
  {
    id: "LIFE-1.1",
    title: "the peer's end: handleClose, and the socket is given back",
    why: "A server that forgets either leaks a descriptor a connection.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage();
      socket.end();
      t.equal(told(), ["end", "close ended"], "what is told");
      t.equal(
        [socket.finSent, socket.closedBy],
        [true, "close"],
        "FIN sent, and how it was closed",
      );
    },
  },
  {
    id: "LIFE-2.1",
    title: "handleClose is called exactly once, last, however many ends come together",
    why: "asynchat calls it twice when the end and the hang-up come at once.",
    level: "MUST",
    role: "core",
    run(t) {
      const ends: ((on: ReturnType<typeof stage>) => void)[] = [
        ({ chat }) => chat.session.receiveEnd(),
        ({ chat }) => chat.session.fail(new ChatError("reset", "reset by the script")),
        ({ chat }) => chat.session.fail(new ChatError("unknown", "failed by the script")),
        ({ chat }) => chat.session.disconnected(),
        ({ chat }) => chat.close(),
        ({ chat }) => chat.abort(),
        ({ chat }) => chat.closeWhenDone(),
        ({ socket }) => socket.turn(),
      ];
      for (const first of ends) {
        for (const second of ends) {
          const on = stage({ handleError() {} });
          first(on);
          second(on);
          first(on);
          on.chat.close();
          on.socket.turn();
          second(on);
          on.socket.turn();
          const told = on.told();
          const closes = told.filter((event) => event.startsWith("close "));
          t.equal(closes.length, 1, `times handleClose was called (${told.join(", ")})`);
          t.equal(told.at(-1), closes[0], "what is told last");
        }
      }
    },
  },
  {
    id: "LIFE-3.1",
    title: "an exception or an error that nobody handles is reported, and closes the connection",
    why: "What is swallowed is never mended.",
    level: "MUST",
    role: "core",
    run(t) {
      const thrower = new AsyncChat({ terminator: "\n" });
      const first = new ScriptedSocket(thrower);
      first.feed("a\n"); // nobody has overridden foundTerminator
      t.equal(first.reported.length, 1, "exceptions reported");
      t.equal(
        /foundTerminator/.test(String(first.reported[0])),
        true,
        "whether it says what to do",
      );
      t.equal([first.isOpen, first.closedBy], [false, "close"], "open, and how it was closed");

      const second = new ScriptedSocket(new AsyncChat());
      const failure = new ChatError("unknown", "failed by the script");
      second.fail(failure);
      t.equal(second.reported.length, 1, "errors reported");
      t.equal(second.reported[0] === failure, true, "whether it is the failure");
      t.equal([second.isOpen, second.closedBy], [false, "close"], "open, and how it was closed");
    },
  },
  {
    id: "LIFE-3.2",
    title: "a handleException or handleError that throws is reported as well, and closes",
    why: "The code that handles errors is the code that is tested least.",
    level: "MUST",
    role: "core",
    run(t) {
      const { socket, told } = stage({
        terminator: "\n",
        foundTerminator() {
          throw new Error("first");
        },
        handleException() {
          throw new Error("second");
        },
      });
      socket.feed("a\n");
      t.equal(told(), ["data a", "found", "exception first", "close aborted"], "what is told");
      t.equal(socket.reported.map(String), ["Error: second"], "what is reported");

      const other = stage({
        handleError() {
          throw new Error("third");
        },
      });
      other.socket.fail(new ChatError("unknown", "failed by the script"));
      t.equal(other.told(), ["error unknown", "exception third", "close failed"], "what is told");
      t.equal(other.socket.reported.map(String), ["Error: third"], "what is reported");
    },
  },
  {
    id: "LIFE-5.1",
    title: "a connection that never stands: the error, then handleClose; never handleConnect",
    why: "Code that greets a peer that is not there hides why.",
    level: "MUST",
    role: "core",
    run(t) {
      let cancelled = 0;
      const { chat, socket, told, sent } = stage({ handleError() {} }, { connected: false });
      chat.push("hello");
      chat.pushWithProducer({ more: () => "x", cancel: () => cancelled++ });
      socket.fail(new ChatError("dns", "no such name"));
      t.equal(told(), ["error dns", "close failed"], "what is told");
      t.equal([sent(), chat.bytesQueued, cancelled], ["", 0, 1], "sent, queued, producers told");
    },
  },
  {
    id: "LIFE-7.1",
    title: "a factory that throws costs its own connection; the listener goes on",
    why: "asynchat's server closes with the first handler that throws.",
    level: "MUST",
    role: "core",
    run(t) {
      const reported: unknown[] = [];
      const closed: string[] = [];
      const accepting = new Accepting(
        { port: 0, onerror: (error) => void reported.push(error) },
        (peer) => {
          if (peer === "bad") throw new Error("boom");
          return new AsyncChat();
        },
      );
      const open = (peer: string) => (events: TransportEvents) =>
        deadTransport(peer, events, closed);
      t.equal(accepting.accept("bad", open("bad")), undefined, "the conversation of the bad one");
      t.equal(reported.map(String), ["Error: boom"], "what is reported");
      t.equal(closed, ["bad"], "connections given back");
      accepting.accept("good", open("good"));
      t.equal(accepting.size, 1, "conversations that stand");
    },
  },
  {
    id: "LIFE-8.1",
    title: "close() twice, before the connection, or after any end, is harmless",
    why: "Whoever cleans up cannot know who has done so before.",
    level: "MUST",
    role: "core",
    run(t) {
      for (const connected of [true, false]) {
        const { chat, socket, told } = stage({}, { connected });
        chat.close();
        chat.close();
        socket.turn();
        t.equal(told(), ["close closed"], "what is told");
        chat.close();
        chat.abort();
        chat.closeWhenDone();
        chat.end();
        chat.discardBuffers();
        socket.turn();
        t.equal(told(), [], "what is told afterwards");
      }
    },
  },
  {
    id: "LIFE-9.1",
    title: "how much is held back is the longest end of the input that begins the terminator",
    why: "asynchat exports the search as find_prefix_at_end; here it is seen by what is told.",
    level: "MUST",
    role: "core",
    run(t) {
      const rows: [input: string, terminator: string, held: number][] = [
        ["qwerty\r", "\r\n", 1],
        ["qwertydkjf", "\r\n", 0],
        ["\r\n.\r", "\r\n.\r\n", 4],
        ["ababa", "ababac", 5],
        ["aaaa", "aaab", 3],
        ["xabab", "abacabad", 2],
        ["abcabd", "abcabe", 0],
      ];
      for (const [input, terminator, held] of rows) {
        const { socket, told } = stage({ terminator });
        socket.feed(input);
        const shown = input.slice(0, input.length - held);
        t.equal(told(), shown === "" ? [] : [`data ${shown}`], `${input} with ${terminator}`);
      }
    },
  },
  {
    id: "LIFE-10.1",
    title: "by default the pieces of a frame are gathered, and getData() takes them once",
    why: "It makes a line server one method.",
    level: "SHOULD",
    role: "core",
    run(t) {
      const lines: string[] = [];
      const chat = new AsyncChat({
        terminator: "\r\n",
        foundTerminator() {
          lines.push(decode(this.getData()));
          lines.push(this.getText());
        },
      });
      new ScriptedSocket(chat, { readSize: 3 }).feed("abcd\r\n\r\nef\rg\r\n");
      t.equal(lines, ["abcd", "", "", "", "ef\rg", ""], "each frame, and what is left after it");
    },
  },
];

function deadTransport(peer: string, events: TransportEvents, closed: string[]): Transport {
  return {
    peer,
    local: undefined,
    canReset: false,
    resume() {},
    pause() {},
    write: (output) => output.length,
    end() {},
    close() {
      closed.push(peer);
      events.closed();
    },
  };
}
