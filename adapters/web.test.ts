import { describe, expect, it } from "vitest";
import { AsyncChat } from "../core/async_chat.ts";
import { Chat } from "../core/chat.ts";
import type { ChatError } from "../core/errors.ts";
import { randomFrom } from "../core/testing/segmentation.ts";
import { decode, encode } from "../core/text.ts";
import { capabilities, converse, type WebPair } from "./web.ts";

type Bytes = TransformStream<Uint8Array, Uint8Array>;

/** Two pairs, each the other's peer. */
function pairs(): [WebPair, WebPair] {
  const there: Bytes = new TransformStream(), back: Bytes = new TransformStream();
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ];
}

/** Everything that can happen without new input has happened. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

function deferred<T = void>() {
  let resolve!: (value: T) => void, reject!: (reason: unknown) => void;
  const promise = new Promise<T>((...both) => [resolve, reject] = both);
  return { promise, resolve, reject };
}

/** A stream of chunks, or of bytes, that is not asked ahead. */
function readableOf(type: "bytes" | undefined, source: {
  start?(controller: ReadableStreamDefaultController<unknown>): void;
  pull?(controller: ReadableStreamDefaultController<unknown>): void;
  cancel?(reason: unknown): void;
}): ReadableStream {
  const typed = type === undefined ? source : { ...source, type };
  return new ReadableStream(typed as object, { highWaterMark: 0 });
}

/** A pair of which the tests hold the inner ends. */
function held(type?: "bytes") {
  const told: unknown[] = [];
  let source!: ReadableStreamDefaultController<unknown>;
  let sink: (chunk: Uint8Array) => unknown = () => {};
  const readable = readableOf(type, {
    start: (controller) => void (source = controller),
    cancel: (reason) => void told.push("cancel", (reason as ChatError).kind),
  });
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => sink(chunk) as void,
    close: () => void told.push("close"),
    abort: (reason) => void told.push("abort", reason.kind),
  });
  return {
    pair: { readable, writable },
    told,
    source,
    end() {
      source.close();
      // A read into somebody's own memory has to be answered.
      (source as unknown as ReadableByteStreamController).byobRequest?.respond(0);
    },
    takes: (write: (chunk: Uint8Array) => unknown) => sink = write,
  };
}

async function all(chat: Chat): Promise<string> {
  let text = "";
  for await (const piece of chat) text += decode(piece);
  return text;
}

describe("converse()", () => {
  it("carries both directions at once, to the last byte and the end", async () => {
    const [one, two] = pairs().map((pair) => converse(pair)) as [Chat, Chat];
    const size = 3 * 1024 * 1024;
    const random = randomFrom(5);
    const send = async (chat: Chat, step: number) => {
      for (let at = 0; at < size;) {
        const length = Math.min(size - at, 1 + Math.floor(random() * 200_000));
        await chat.write(Uint8Array.from({ length }, (_, i) => (at + i) * step));
        at += length;
      }
      chat.end();
    };
    const receive = async (chat: Chat, step: number) => {
      let at = 0;
      for await (const piece of chat) {
        for (const byte of piece) if (byte !== (at++ * step & 0xff)) return `wrong at ${at - 1}`;
      }
      return at;
    };
    const results = await Promise.all([
      receive(one, 3),
      receive(two, 5),
      send(one, 5),
      send(two, 3),
    ]);
    expect(results.slice(0, 2)).toEqual([size, size]);
    await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
  });

  it("finds the same frames however a stream was cut, of chunks or of bytes", async () => {
    const text = "one\r\n\r\ntwo\rthree\n\r\n" + "x".repeat(200) + "\r\nlast";
    const results = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const random = randomFrom(seed);
      const { pair, source, end } = held(seed % 2 === 0 ? "bytes" : undefined);
      const frames: string[] = [];
      const chat = converse(
        pair,
        new AsyncChat({
          terminator: "\r\n",
          foundTerminator() {
            frames.push(this.getText());
          },
        }),
      );
      for (let rest = text; rest !== "";) {
        const size = 1 + Math.floor(random() ** 2 * rest.length);
        source.enqueue(encode(rest.slice(0, size)));
        rest = rest.slice(size);
        if (random() < 0.3) await settled();
      }
      end();
      const { reason, incomplete } = await chat.closed;
      results.add([...frames, reason, incomplete?.received].join("|"));
    }
    expect([...results]).toEqual([`one||two\rthree\n|${"x".repeat(200)}|ended|4`]);
  });

  it("asks for nothing while nobody reads", async () => {
    for (const type of [undefined, "bytes"] as const) {
      let asked = 0;
      const readable = readableOf(type, {
        pull: (controller) => {
          asked++;
          controller.enqueue(new Uint8Array(1000));
        },
      });
      const chat = converse({ readable, writable: new WritableStream() });
      await settled();
      expect(asked).toBe(1);
      await chat.readExactly(2500);
      await settled();
      expect(asked).toBe(3);
      chat.close();
      await chat.closed;
    }
  });

  it("has one write under way, and the queue in the core", async () => {
    const { pair, takes, source, told } = held();
    const writes: { size: number; done: () => void }[] = [];
    takes((chunk) => {
      const { promise, resolve } = deferred();
      writes.push({ size: chunk.length, done: resolve });
      return promise;
    });
    const chat = converse(pair, new Chat({ highWaterMark: 1000, lowWaterMark: 700 }));
    await chat.write(new Uint8Array(600));
    let resolved = false;
    const second = chat.write(new Uint8Array(600)).then(() => resolved = true);
    await settled();
    expect([writes.length, resolved]).toEqual([1, false]);
    writes[0]!.done();
    await second;
    expect(chat.bytesQueued).toBeLessThanOrEqual(700);
    chat.end();
    await settled();
    expect(told).toEqual([]);
    for (let i = 1; i < 9; i++, await settled()) writes[i]?.done();
    expect(told).toEqual(["close"]);
    expect(writes.reduce((sum, { size }) => sum + size, 0)).toBe(1200);
    source.close();
    expect(await chat.read()).toBe(null);
    expect((await chat.closeWhenDone()).reason).toBe("closed");
  });

  it("writes memory that the stream may keep, detach and change", async () => {
    const kept: Uint8Array[] = [];
    for (
      const keep of [(chunk: Uint8Array) => chunk, (chunk: Uint8Array) => {
        return structuredClone(chunk, { transfer: [chunk.buffer as ArrayBuffer] });
      }]
    ) {
      const { pair, takes, source } = held();
      takes((chunk) => void kept.push(keep(chunk)));
      const chat = converse(pair);
      for (const text of ["first ", "second ", "third"]) {
        await chat.write(text);
        await settled();
      }
      source.close();
      await chat.closeWhenDone();
      expect(kept.splice(0).map(decode).join("")).toBe("first second third");
    }
  });

  it("takes text, buffers and views, and nothing else", async () => {
    const { pair, source } = held();
    const chat = converse(pair);
    source.enqueue("é");
    source.enqueue(new Uint8Array([0, 97, 98, 0]).buffer.slice(1, 3));
    source.enqueue(new DataView(encode("xcx").buffer as ArrayBuffer, 1, 1));
    source.enqueue(encode(""));
    source.enqueue(7);
    expect(decode(await chat.readExactly(5))).toBe("éabc");
    await expect(chat.read()).rejects.toMatchObject({
      kind: "unknown",
      cause: expect.any(TypeError),
    });
    expect((await chat.closed).reason).toBe("failed");
  });

  it("half-closes both ways, whoever begins", async () => {
    const [one, two] = pairs().map((pair) => converse(pair)) as [Chat, Chat];
    one.end();
    expect(await two.read()).toBe(null);
    await two.write("late");
    two.end();
    expect(await all(one)).toBe("late");
    const reports = await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
    expect(reports.map(({ reason }) => reason)).toEqual(["closed", "ended"]);
  });

  it("tells an end inside a frame, and no frame", async () => {
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
    await peer.write("whole\nhalf");
    const [report] = await Promise.all([chat.closed, peer.closeWhenDone()]);
    expect(frames).toEqual(["whole"]);
    expect([report.reason, report.incomplete?.received]).toEqual(["ended", 4]);
  });

  it.each(["close", "abort", "reset"] as const)("cuts both streams on %s", async (how) => {
    const { pair, takes, told } = held();
    takes(() => new Promise(() => {}));
    const chat = converse(pair);
    await chat.write("a");
    await settled();
    await chat.write("b");
    if (how === "close") chat.close();
    else chat.abort(new Error("mine"), { reset: how === "reset" });
    expect(await chat.closed).toMatchObject({
      reason: how === "close" ? "closed" : "aborted",
      bytesUnsent: 2,
    });
    expect(told).toEqual(["cancel", "reset"]);
    // The stream waits for the write that it has, and nobody waits for the stream.
    expect(pair.writable.locked).toBe(true);
  });

  it("is told as a reset by the conversation at the other end", async () => {
    const [mine, theirs] = pairs();
    const chat = converse(mine), peer = converse(theirs);
    await chat.write("a");
    expect(await peer.readExactly(1)).toEqual(encode("a"));
    chat.abort(new Error("mine"), { reset: true });
    await expect(peer.read()).rejects.toMatchObject({ kind: "reset" });
    expect((await peer.closed).reason).toBe("reset");
    await expect(peer.write("b")).rejects.toMatchObject({ kind: "reset" });
  });

  it("puts the stream's error into our words, and keeps it as the cause", async () => {
    const boom = new Error("boom");
    const cases: [unknown, string][] = [
      [boom, "unknown"],
      [Object.assign(new Error("cut"), { code: "ECONNRESET" }), "reset"],
      [new DOMException("cut", "AbortError"), "reset"],
      [undefined, "reset"],
      ["a word", "unknown"],
    ];
    for (const [thrown, kind] of cases) {
      const reading = held();
      const errors: ChatError[] = [];
      const chat = converse(
        reading.pair,
        new AsyncChat({ handleError: (error) => void errors.push(error) }),
      );
      reading.source.error(thrown);
      const report = await chat.closed;
      expect(report.error).toMatchObject({ kind });
      if (thrown !== undefined) expect(report.error?.cause).toBe(thrown);
      expect(errors).toEqual(kind === "reset" ? [] : [report.error]);

      const writing = held();
      writing.takes(() => Promise.reject(thrown));
      const writer = converse(writing.pair);
      const unread = writer.read().catch((error) => error.kind);
      void writer.write("x".repeat(100)).catch(() => {});
      await settled();
      writing.source.close();
      expect(await writer.closed).toMatchObject({ error: { kind }, bytesUnsent: 100 });
      expect(await unread).toBe(kind);
    }
  });

  it("refuses a stream that is locked, and leaves everything as it was", async () => {
    for (const name of ["readable", "writable"] as const) {
      const [pair, other] = pairs();
      const lock = name === "readable"
        ? (pair.readable as ReadableStream).getReader()
        : (pair.writable as WritableStream).getWriter();
      const chat = new Chat();
      expect(() => converse(pair, chat)).toThrow(new RegExp(`${name}.*locked`));
      expect(() => converse(pair, chat)).toThrow(TypeError);
      lock.releaseLock();
      converse(pair, chat);
      await Promise.all([chat.closeWhenDone(), converse(other).closeWhenDone()]);
    }
    expect(() => converse({} as WebPair)).toThrow(/Web Streams/);
  });

  it("cuts a pair that a used conversation is bound to", async () => {
    const [first, peer] = pairs();
    const chat = converse(first);
    const { pair, told } = held();
    expect(() => converse(pair, chat)).toThrow(/has had its conversation/);
    await settled();
    expect(told).toEqual(["cancel", "reset", "abort", "reset"]);
    await Promise.all([chat.closeWhenDone(), converse(peer).closeWhenDone()]);
  });

  it("uses what a socket has besides", async () => {
    const inOrder = held();
    const calls: unknown[] = [];
    const socket = (pair: WebPair): WebPair => ({
      ...pair,
      close: () => void calls.push("close"),
      abort: (reason) => void calls.push("abort", (reason as ChatError).kind),
    });
    const chat = converse(socket(inOrder.pair), { peer: "a socket" });
    expect(chat.peer).toBe("a socket");
    inOrder.source.close();
    await chat.closeWhenDone();
    expect([calls.splice(0), inOrder.told]).toEqual([["close"], ["close"]]);

    const cut = held();
    const another = converse(socket(cut.pair));
    another.close();
    await another.closed;
    expect(calls).toEqual(["abort", "reset"]);

    const idle = held();
    const { promise, reject } = deferred<never>();
    const third = new AsyncChat();
    third.pause();
    converse({ ...idle.pair, closed: promise }, third);
    await settled();
    reject(Object.assign(new Error("gone"), { code: "ECONNRESET" }));
    expect((await third.closed).reason).toBe("reset");
  });

  it("changes hands in the middle, from one conversation to another", async () => {
    for (const type of ["bytes", undefined] as const) {
      const { pair, source, end } = held(type);
      const lines: string[] = [];
      const first = converse(pair);
      source.enqueue(encode("head\nearly\n"));
      lines.push(`${await first.readLine()}`);
      const { attach, input } = await first.detach();
      expect(decode(input)).toBe("early\n");
      source.enqueue(encode("late\n"));
      const second = new Chat();
      attach(second);
      end();
      for await (const line of second.frames("\n")) lines.push(decode(line));
      expect(lines).toEqual(["head", "early", "late"]);
      expect((await second.closeWhenDone()).reason).toBe("ended");
    }
  });

  it("says what it can do", () => {
    expect(capabilities).toMatchObject({ listen: false, reset: true });
  });
});
