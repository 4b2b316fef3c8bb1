/**
 * DIS: discarding buffers.
 *
 * @module
 */

import type { Case } from "../case.ts";
import { stage } from "./core_stage.ts";

/** The cases of the clauses DIS. */
export const discardCases: readonly Case[] = [
  {
    id: "DIS-1.1",
    title: "discardBuffers() clears held input and the queue; keeps terminator and connection",
    why: "It is how a protocol gets back in step.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage({ terminator: "\r\n" });
      let cancelled = 0;
      socket.room = 0;
      chat.push("a");
      chat.pushWithProducer({ more: () => "p", cancel: () => cancelled++ });
      socket.feed("\r");
      chat.discardBuffers();
      t.equal(chat.bytesQueued, 0, "bytes queued");
      t.equal(cancelled, 1, "times the producer was told");
      t.equal(chat.getTerminator(), "\r\n", "the terminator in force");
      socket.room = Infinity;
      socket.feed("\n");
      t.equal([told(), sent()], [["data \n"], ""], "what is told of the next byte, what went out");
      t.equal(socket.isOpen, true, "whether it is open");
    },
  },
  {
    id: "DIS-2.1",
    title: "a count under way is not restored",
    why: "The peer has sent those bytes: counting them again swallows the next frame.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told } = stage({ terminator: 5 });
      socket.feed("ab");
      chat.discardBuffers();
      t.equal(chat.getTerminator(), 3, "bytes still due");
      socket.feed("cdef");
      t.equal(told(), ["data abcde", "found", "data f"], "what is told");
    },
  },
  {
    id: "DIS-3.1",
    title: "a pending closeWhenDone() survives",
    why: "asynchat forgets it, and the channel never closes.",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage();
      socket.room = 0;
      chat.push("x");
      chat.closeWhenDone();
      chat.discardBuffers();
      t.equal([told(), socket.isOpen], [[], true], "what is told inside the call");
      socket.turn();
      t.equal([sent(), told()], ["", ["close closed"]], "what went out, and what is told");
      t.equal(socket.finSent, true, "FIN sent");
    },
  },
  {
    id: "DIS-4.1",
    title: "the conversation works on",
    why: "Who wants it to end has close() and abort().",
    level: "MUST",
    role: "core",
    run(t) {
      const { chat, socket, told, sent } = stage({ terminator: "\n" });
      socket.feed("ab");
      chat.push("lost");
      chat.discardBuffers();
      socket.feed("cd\n");
      chat.push("kept");
      socket.turn();
      t.equal(told(), ["data abcd", "found"], "what is told");
      t.equal(sent(), "kept", "what went out");
    },
  },
  {
    id: "DIS-4.2",
    title: "what goes out of bytes that are discarded when some of them have gone out",
    why: "Half of an answer, followed by the next one, reads like neither.",
    level: "INFO",
    role: "core",
    run(t) {
      const { chat, socket, sent } = stage();
      socket.room = 2;
      chat.push("abcd");
      socket.turn();
      chat.discardBuffers();
      socket.room = Infinity;
      chat.push("x");
      socket.turn();
      t.info("sent when abcd was discarded after two bytes, then x", sent());
    },
  },
];
