/**
 * WEB: conversations over Web Streams, on the streams of the runtime at hand.
 *
 * @module
 */

import { memoryPair } from "../../adapters/memory.ts";
import { streamsOf } from "../../adapters/streams.ts";
import { converse, type WebPair } from "../../adapters/web.ts";
import { AsyncChat } from "../../core/async_chat.ts";
import { Chat } from "../../core/chat.ts";
import type { Case, Context } from "../case.ts";
import { ascii, failureOf, KIB, kindOf, standstill, textOf, thrownBy } from "./meeting.ts";

/** Two pairs, each the other's peer. */
function pairs(): [WebPair, WebPair] {
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ];
}

/** Two chats, each the other's peer, without a stream between. */
function joined(options: Parameters<typeof memoryPair>[2] = {}): [Chat, Chat] {
  const [one, two] = [new Chat(), new Chat()];
  memoryPair(one, two, options);
  return [one, two];
}

async function pour(t: Context, chat: Chat, size: number): Promise<void> {
  const stream = t.stream();
  for (let at = 0; at < size;) {
    const end = Math.min(size, at + t.integer(1, 100 * KIB));
    await chat.write(stream.slice(at, end));
    at = end;
  }
  chat.end();
}

async function drain(t: Context, chat: Chat, size: number): Promise<void> {
  const stream = t.stream();
  let at = 0;
  for await (const piece of chat) {
    t.equal(stream.check(piece, at), undefined, "the first wrong byte");
    at += piece.length;
  }
  t.equal(at, size, "bytes before the end");
}

/** The cases of the clauses WEB. */
export const web: readonly Case[] = [
  {
    id: "WEB-1.1",
    title: "both directions carry every byte at once, in order, and then an end",
    why: "Streams of five runtimes are five implementations of one page of rules.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const size = 512 * KIB;
      const [one, two] = pairs().map((pair) => converse(pair)) as [Chat, Chat];
      await Promise.all([pour(t, one, size), pour(t, two, size), drain(t, one, size)].concat(
        drain(t, two, size),
      ));
      const reports = await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
      t.equal(reports.map(({ bytesUnsent }) => bytesUnsent), [0, 0], "bytes that were not sent");
    },
  },
  {
    id: "WEB-1.2",
    title: "the end of one direction leaves the other open",
    why: "An answer comes after the question has ended.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const [one, two] = pairs().map((pair) => converse(pair)) as [Chat, Chat];
      one.end();
      t.equal(await two.read(), null, "what the peer reads");
      await two.write("late");
      t.equal(textOf(await one.readExactly(4)), "late", "the answer");
      const closing = Promise.all([two.closeWhenDone(), one.closed]);
      t.equal(await one.read(), null, "the end behind it");
      void one.closeWhenDone();
      const reports = await closing;
      t.equal(reports.map(({ reason }) => reason), ["ended", "closed"], "how they ended");
    },
  },
  {
    id: "WEB-1.3",
    title: "a stream of bytes is read into our own memory, and one of chunks as it comes",
    why: "Both are called ReadableStream, and only one takes a buffer.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      for (const type of ["bytes", undefined] as const) {
        const sizes = [1, 70 * KIB, 5];
        const stream = t.stream();
        let at = 0;
        const pull = (controller: ReadableByteStreamController) => {
          const size = sizes.shift();
          if (size === undefined) {
            controller.close();
            return controller.byobRequest?.respond(0);
          }
          controller.enqueue(stream.slice(at, at + size) as Uint8Array<ArrayBuffer>);
          at += size;
        };
        const readable = new ReadableStream(
          type === "bytes" ? { type, pull: pull as never } : { pull: pull as never },
        );
        const chat = converse({ readable, writable: new WritableStream() });
        await drain(t, chat, 70 * KIB + 6);
        await chat.closeWhenDone();
      }
    },
  },
  {
    id: "WEB-1.4",
    title: "an end inside a frame is told, and is no frame",
    why: "Half a command, taken for a whole one, deletes the wrong thing.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const [mine, theirs] = pairs();
      const frames: string[] = [];
      const chat = converse(
        mine,
        new AsyncChat({
          terminator: "\n",
          foundTerminator() {
            frames.push(this.getText());
          },
        }),
      );
      const peer = converse(theirs);
      await peer.write("whole\nhal");
      await peer.write("f");
      void peer.closeWhenDone();
      const { reason, incomplete } = await chat.closed;
      t.equal(frames, ["whole"], "frames");
      t.equal([reason, incomplete?.received], ["ended", 4], "the report");
    },
  },
  {
    id: "WEB-2.1",
    title: "a peer that does not read stalls the writer after a few writes, and nothing is lost",
    why: "Else a slow reader costs as much memory as a fast writer has to say.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const size = 1024 * KIB;
      const [one, two] = pairs().map((pair) => converse(pair)) as [Chat, Chat];
      const writing = pour(t, one, size);
      const queued = () => one.bytesQueued;
      await standstill(t, queued);
      const { bytesSent } = one.asyncChat.stats;
      t.need(bytesSent <= 256 * KIB, `${bytesSent} bytes went out to a peer that does not read`);
      t.need(queued() <= 164 * KIB, `${queued()} bytes are queued, and every write was awaited`);
      await drain(t, two, size);
      await writing;
      await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
    },
  },
  {
    id: "WEB-2.2",
    title: "a stream is asked for the next chunk when the last has been read, and not before",
    why: "A stream that is asked ahead fills our memory instead of stalling its source.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      let asked = 0;
      const readable = new ReadableStream<Uint8Array>({
        pull(controller) {
          asked++;
          controller.enqueue(ascii("1234567890"));
        },
      }, { highWaterMark: 0 });
      const chat = converse({ readable, writable: new WritableStream() });
      await standstill(t, () => asked);
      t.equal(asked, 1, "chunks asked for while nobody reads");
      await chat.readExactly(25);
      await standstill(t, () => asked);
      t.equal(asked, 3, "chunks asked for when 25 bytes of 10 each were read");
      chat.close();
      await chat.closed;
    },
  },
  {
    id: "WEB-3.1",
    title: "bytes that were written do not change afterwards, though the stream keeps them",
    why: "A TransformStream hands its reader the very array that was written.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const kept: Uint8Array[] = [];
      const readable = new ReadableStream<Uint8Array>({ start: (source) => source.close() });
      const writable = new WritableStream<Uint8Array>({ write: (chunk) => void kept.push(chunk) });
      const chat = converse({ readable, writable });
      for (let i = 0; i < 9; i++) {
        await chat.write(`piece ${i};`);
        await standstill(t, () => kept.length);
      }
      await chat.closeWhenDone();
      const expected = Array.from({ length: 9 }, (_, i) => `piece ${i};`).join("");
      t.equal(kept.map(textOf).join(""), expected, "what was kept");
    },
  },
  {
    id: "WEB-4.1",
    title: 'a conversation that is cut is told to the other as an error of kind "reset", once',
    why: "The end of half of an answer would pass for a whole one.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      for (const cut of ["close", "abort"] as const) {
        const [mine, theirs] = pairs();
        const errors: unknown[] = [];
        const told: string[] = [];
        const chat = converse(mine);
        const peer = converse(
          theirs,
          new AsyncChat({
            handleEnd: () => void told.push("end"),
            handleError: (error) => void errors.push(error),
            handleClose: ({ reason }) => void told.push(reason),
          }),
        );
        await chat.write("half of ");
        chat[cut]();
        const { error } = await peer.closed;
        t.equal(
          [told, kindOf(error), errors],
          [["reset"], "reset", []],
          `the other side, ${cut}()`,
        );
        await chat.closed;
      }
    },
  },
  {
    id: "WEB-4.2",
    title: "what a stream fails with is the cause of a ChatError, to whoever reads",
    why: "Without it nobody finds out what went wrong in the pipe.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const mine = new Error("mine");
      const readable = new ReadableStream<Uint8Array>({ start: (source) => source.error(mine) });
      const chat = converse({ readable, writable: new WritableStream() });
      const { kind, cause } = await failureOf(t, () => chat.read(), "reading");
      t.equal(kind, "unknown", "the kind");
      t.need(cause === mine, "the cause is another error");
      t.equal((await chat.closed).reason, "failed", "how it ended");
    },
  },
  {
    id: "WEB-5.1",
    title: "a stream that is locked is refused with a TypeError, and nothing is taken",
    why: "Two readers of one stream get half of it each.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const chat = new AsyncChat();
      const writer = writable.getWriter();
      const error = await thrownBy(t, () => converse({ readable, writable }, chat), "converse()");
      t.need(error instanceof TypeError, `expected a TypeError, got ${error}`);
      t.equal(readable.locked, false, "whether the other stream is locked");
      writer.releaseLock();
      converse({ readable, writable }, chat);
      chat.closeWhenDone();
      t.equal((await chat.closed).reason, "closed", "how it ended, once the lock was released");
    },
  },
  {
    id: "WEB-6.1",
    title: "a chat as a pair of streams pipes through, and carries every byte and the ends",
    why: "pipeTo() is how a file gets into a conversation, and out of one.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const size = 512 * KIB;
      const [one, two] = joined();
      const { readable, writable } = streamsOf(two);
      const echoing = readable.pipeThrough(new TransformStream()).pipeTo(writable);
      await Promise.all([pour(t, one, size), drain(t, one, size), echoing]);
      const reports = await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
      t.equal(reports.map(({ reason }) => reason), ["closed", "ended"], "how they ended");
    },
  },
  {
    id: "WEB-6.2",
    title:
      "a chat's readable asks when it is asked, and once cancelled leaves the rest to the chat",
    why: "A view that reads ahead takes bytes that somebody else has to read.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const [one, two] = joined({ segment: 4 });
      const { readable, writable } = streamsOf(two);
      await one.write("headbodytail");
      const reader = readable.getReader();
      const { value } = await reader.read();
      t.equal(textOf(value), "head", "what the reader got");
      await reader.cancel();
      t.equal(textOf(await two.readExactly(8)), "bodytail", "what the chat reads then");
      const writer = writable.getWriter();
      await writer.write("answer");
      await writer.close();
      t.equal(textOf(await one.readExactly(6)), "answer", "what can still be written");
      t.equal(await one.read(), null, "the end behind it");
      await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
    },
  },
  {
    id: "WEB-6.3",
    title: "aborting a chat's writable aborts the conversation, also while a write waits",
    why: "Whoever pipes into it gives up because nothing moves.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const [one, two] = joined({ capacity: 10 });
      const writer = streamsOf(one).writable.getWriter();
      const closed = writer.closed.catch((error: unknown) => error);
      const writing = writer.write(new Uint8Array(100 * KIB)).catch(() => "rejected");
      const mine = new Error("mine");
      await writer.abort(mine);
      const { reason, error } = await one.closed;
      t.equal([reason, await writing], ["aborted", "rejected"], "the chat, and the write");
      t.need(error === mine && await closed === mine, "the reason has got lost");
      two.close();
      await two.closed;
    },
  },
];
