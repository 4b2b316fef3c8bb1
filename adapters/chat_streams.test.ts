import { describe, expect, it } from "vitest";
import { Chat } from "../core/chat.ts";
import { randomFrom } from "../core/testing/segmentation.ts";
import { decode } from "../core/text.ts";
import { memoryPair } from "./memory.ts";
import { streamsOf } from "./streams.ts";
import { converse } from "./web.ts";

function joined(options: { capacity?: number; segment?: number } = {}): [Chat, Chat] {
  const [one, two] = [new Chat(), new Chat()];
  memoryPair(one, two, options);
  return [one, two];
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

async function textOf(stream: ReadableStream): Promise<string> {
  return await new Response(stream).text();
}

describe("streamsOf()", () => {
  it("pipes through what takes streams, and back, unchanged", async () => {
    const [one, two] = joined({ capacity: 1000, segment: 77 });
    const random = randomFrom(3);
    const data = Uint8Array.from({ length: 300_000 }, () => random() * 256);
    const echoing = streamsOf(two);
    const echo = echoing.readable.pipeTo(echoing.writable);
    const { readable, writable } = streamsOf(one);
    const sending = new Response(data).body!
      .pipeThrough(new CompressionStream("deflate"))
      .pipeTo(writable);
    const back = await new Response(readable.pipeThrough(new DecompressionStream("deflate")))
      .arrayBuffer();
    await Promise.all([sending, echo]);
    expect(Buffer.from(back).equals(data)).toBe(true);
    const reports = await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
    expect(reports.map(({ reason }) => reason)).toEqual(["closed", "ended"]);
  });

  it("is a pair that a conversation can be spoken over", async () => {
    const [one, two] = joined({ segment: 3 });
    const inner = converse(streamsOf(one)), peer = converse(streamsOf(two));
    for (let i = 0; i < 50; i++) {
      await inner.write(`${i}\n`);
      expect(await peer.readLine()).toBe(String(i));
    }
    inner.end();
    expect(await peer.read()).toBe(null);
    await Promise.all([peer.closeWhenDone(), inner.closeWhenDone()]);
    const reports = await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
    expect(reports.map(({ bytesUnsent }) => bytesUnsent)).toEqual([0, 0]);
  });

  it("reads when it is asked, and holds nothing", async () => {
    const [one, two] = joined({ capacity: 10 });
    const { readable } = streamsOf(two);
    void one.write("x".repeat(50));
    await settled();
    const before = one.bytesQueued;
    expect(before).toBeGreaterThanOrEqual(30);
    await settled();
    expect(one.bytesQueued).toBe(before);
    const reader = readable.getReader();
    const { value } = await reader.read();
    await settled();
    expect(one.bytesQueued).toBe(before - value.length);
    two.close();
    await one.closed;
  });

  it("gives bytes that are the reader's own, also in memory that it lends", async () => {
    const [one, two] = joined();
    const reader = streamsOf(two).readable.getReader({ mode: "byob" });
    await one.write("abcdef");
    const first = await reader.read(new Uint8Array(4));
    const second = await reader.read(new Uint8Array(4));
    expect(decode(first.value!) + decode(second.value!)).toBe("abcdef");
    const last = reader.read(new Uint8Array(4));
    one.end();
    expect(await last).toMatchObject({ done: true, value: { length: 0 } });
    await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
  });

  it("holds the writer back while the queue is full, and closes behind the last byte", async () => {
    const one = new Chat({ highWaterMark: 100, lowWaterMark: 50 }), two = new Chat();
    memoryPair(one, two, { capacity: 10 });
    const writer = streamsOf(one).writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 10; i++) {
        await writer.ready;
        void writer.write(new Uint8Array(60).buffer);
        written++;
      }
      await writer.close();
      return "closed";
    })();
    await settled();
    expect(written).toBeLessThanOrEqual(3);
    expect(await Promise.race([writing, settled()])).toBe(undefined);
    let read = 0;
    for await (const piece of two) read += piece.length;
    expect([read, await writing]).toEqual([600, "closed"]);
    await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
  });

  it("cancels reading and no more: the chat goes on where the stream stopped", async () => {
    const [one, two] = joined({ segment: 4 });
    const { readable, writable } = streamsOf(two);
    await one.write("headbody");
    const reader = readable.getReader();
    expect(decode((await reader.read()).value)).toBe("head");
    await reader.cancel("enough");
    expect(decode(await two.readExactly(4))).toBe("body");
    const writer = writable.getWriter();
    await writer.write("answer\n");
    expect(await one.readLine()).toBe("answer");
    // A read that waits is given up.
    const another = streamsOf(two).readable.getReader();
    const waiting = another.read();
    await another.cancel();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await one.write("more");
    expect(decode(await two.readExactly(4))).toBe("more");
    await Promise.all([one.closeWhenDone(), two.closeWhenDone()]);
  });

  it("aborts the conversation when the writable is, also while a write waits", async () => {
    const one = new Chat({ highWaterMark: 100, lowWaterMark: 50 }), two = new Chat();
    memoryPair(one, two, { capacity: 10 });
    const writer = streamsOf(one).writable.getWriter();
    const closed = writer.closed.catch((error) => error);
    const writing = writer.write(new Uint8Array(1000)).catch((error) => error);
    await settled();
    const mine = new Error("mine");
    await writer.abort(mine);
    const { reason, error, bytesUnsent } = await one.closed;
    expect([reason, error, bytesUnsent > 900]).toEqual(["aborted", mine, true]);
    expect(await closed).toBe(mine);
    expect(await writing).toMatchObject({ name: "UnsentError" });
    two.close();
    await two.closed;
  });

  it("passes a failure on to both, and what came before it", async () => {
    const [one, two] = joined({ segment: 2 });
    const { readable, writable } = streamsOf(two);
    const writer = writable.getWriter(), reader = readable.getReader();
    await one.write("ab");
    await settled();
    one.abort(undefined, { reset: true });
    await expect(writer.closed).rejects.toMatchObject({ kind: "reset" });
    await expect(writer.write("x")).rejects.toMatchObject({ kind: "reset" });
    expect(decode((await reader.read()).value)).toBe("ab");
    await expect(reader.read()).rejects.toMatchObject({ kind: "reset" });
  });

  it("rejects close() when not all could be sent", async () => {
    const [one, two] = joined({ capacity: 10 });
    const writer = streamsOf(one).writable.getWriter();
    writer.closed.catch(() => {});
    await writer.write("x".repeat(100));
    const closing = writer.close().catch((error) => error);
    await settled();
    two.abort(undefined, { reset: true });
    expect(await closing).toMatchObject({ kind: "reset" });
    expect((await one.closed).bytesUnsent).toBeGreaterThan(0);
  });

  it("refuses what is neither text nor bytes", async () => {
    const [one, two] = joined();
    const writer = streamsOf(one).writable.getWriter();
    writer.closed.catch(() => {});
    await expect(writer.write(7)).rejects.toThrow(TypeError);
    one.close();
    await expect(textOf(streamsOf(two).readable)).resolves.toBe("");
    await two.closeWhenDone();
  });
});
