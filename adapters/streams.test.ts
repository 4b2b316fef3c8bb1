import { describe, expect, it } from "vitest";
import { lines } from "../core/framing/lines.ts";
import { encode } from "../core/text.ts";
import { messagesOf, protocolStream } from "./streams.ts";

const { decode } = lines({ max: 8 });

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield encode(text);
}

/** Everything an async iterable gives, then its error. */
async function all(source: AsyncIterable<unknown>): Promise<unknown[]> {
  const told: unknown[] = [];
  try {
    for await (const message of source) told.push(message);
  } catch (error) {
    told.push((error as { kind?: string }).kind ?? error);
  }
  return told;
}

const INPUTS: readonly (readonly [name: string, chunks: string[], told: unknown[]])[] = [
  ["messages", ["a\r", "\nb\r\nc", "\r\n"], ["a", "b", "c"]],
  ["nothing", [], []],
  ["an end inside a message", ["a\r\nb"], ["a", "incomplete"]],
  ["a mistake behind messages in the same chunk", ["a\r\nb\r\n123456789\r\nc\r\n"], [
    "a",
    "b",
    "limit",
  ]],
  ["a mistake, and more to come", ["a\r\n123456789", "\r\n", "c\r\n"], ["a", "limit"]],
];

describe("messagesOf()", () => {
  it.each(INPUTS)("%s", async (_name, texts, told) => {
    expect(await all(messagesOf(chunks(...texts), decode))).toEqual(told);
    expect(await all(messagesOf(texts.map(encode), decode))).toEqual(told);
    expect(await all(messagesOf(ReadableStream.from(chunks(...texts)), decode))).toEqual(told);
  });

  it("cancels the stream when the loop is left, and when the peer is wrong", async () => {
    for (const text of ["a\r\n", "123456789"]) {
      let cancelled = 0;
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(encode(text)),
        cancel: () => void cancelled++,
      });
      await (async () => {
        for await (const _ of messagesOf(stream, decode)) break;
      })().catch(() => {});
      expect(cancelled).toBe(1);
    }
  });

  it("hands on the error of its source", async () => {
    const mine = new Error("mine");
    const stream = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(mine) });
    expect(await all(messagesOf(stream, decode))).toEqual([mine]);
  });
});

describe("protocolStream()", () => {
  it.each(INPUTS)("%s", async (_name, texts, told) => {
    const stream = ReadableStream.from(chunks(...texts)).pipeThrough(protocolStream(decode));
    expect(await all(stream)).toEqual(told);
  });

  it("takes a chunk when it is asked for messages, and has done with it when it says so", async () => {
    const { readable, writable } = protocolStream(decode);
    const writer = writable.getWriter(), reader = readable.getReader();
    let written = false;
    const chunk = encode("a\r\nb\r\nc");
    const writing = writer.write(chunk).then(() => {
      written = true;
      chunk.fill(0);
    });
    expect(await reader.read()).toEqual({ done: false, value: "a" });
    expect(await reader.read()).toEqual({ done: false, value: "b" });
    expect(written).toBe(false);
    const third = reader.read();
    await writing;
    void writer.write(encode("\r\n"));
    void writer.close();
    expect(await third).toEqual({ done: false, value: "c" });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    await writer.closed;
  });

  it("tells the writer what is wrong", async () => {
    const { readable, writable } = protocolStream(decode);
    const writer = writable.getWriter(), reader = readable.getReader();
    const writing = writer.write(encode("123456789")).catch((error) => error.kind);
    await expect(reader.read()).rejects.toMatchObject({ kind: "limit" });
    expect(await writing).toBe("limit");
    await expect(writer.closed).rejects.toMatchObject({ kind: "limit" });
  });

  it("tells the writer that nobody reads any more", async () => {
    const { readable, writable } = protocolStream(decode);
    const writer = writable.getWriter();
    const closed = writer.closed.catch((error) => error);
    const writing = writer.write(encode("a\r\nb\r\n")).catch((error) => error);
    const reader = readable.getReader();
    await reader.read();
    await reader.cancel("enough");
    expect(await writing).toBe("enough");
    expect(await closed).toBe("enough");
  });

  it("tells the reader that nobody writes any more", async () => {
    const { readable, writable } = protocolStream(decode);
    const reading = readable.getReader().read().catch((error) => error);
    await writable.abort("enough");
    expect(await reading).toBe("enough");
  });
});
