import { expect, test } from "vitest";
import { Chat } from "../core/chat.ts";
import type { ChatError } from "../core/errors.ts";
import { memoryPair } from "./memory.ts";
import { connect, serve } from "./node.ts";
import { chatFactory, type ChatHandler, splitLimits } from "./serving.ts";

/** A client, and what was reported on the side of the handler. */
function served(handler: ChatHandler): { client: Chat; reported: unknown[]; done: Promise<void> } {
  const reported: unknown[] = [];
  let start: (running: Promise<void>) => void;
  const done = new Promise<void>((resolve) => start = resolve);
  const factory = chatFactory(handler, {}, { onstart: (running) => start(running) });
  const client = new Chat();
  memoryPair(client, factory("nobody"), { onerror: (error) => reported.push(error) });
  return { client, reported, done };
}

test("a handler begins when the connection stands, and its end closes when all is sent", async () => {
  let peer: string | undefined;
  const { client, reported, done } = served((chat) => {
    peer = chat.peer;
    void chat.write("x".repeat(200_000));
  });
  let heard = 0;
  for await (const piece of client) heard += piece.length;
  client.end();
  expect((await client.closed).reason).toBe("ended");
  await done;
  expect([peer, heard, reported]).toEqual(["memory:one", 200_000, []]);
});

test("a handler that throws, or rejects, is reported once and aborts its connection", async () => {
  const bug = new Error("a bug");
  const handlers: ChatHandler[] = [
    () => {
      throw bug;
    },
    () => Promise.reject(bug),
    async (chat) => {
      await chat.readLine();
      throw bug;
    },
  ];
  for (const handler of handlers) {
    const { client, reported, done } = served(handler);
    await client.write("?\n");
    expect(await client.read().catch(() => null)).toBe(null);
    client.close();
    await done;
    expect(reported).toEqual([bug]);
  }
});

test("what only says that the conversation is over is not reported", async () => {
  const read: ChatHandler = (chat) => chat.readLine();
  const reset = served(read);
  reset.client.abort(undefined, { reset: true });
  await reset.done;
  expect(reset.reported).toEqual([]);

  const closed = served(async (chat) => {
    void chat.closeWhenDone();
    await chat.readLine();
  });
  closed.client.end();
  await closed.done;
  expect(closed.reported).toEqual([]);

  const writing = served(async (chat) => {
    for (;;) await chat.write("x".repeat(10_000));
  });
  writing.client.abort(undefined, { reset: true });
  await writing.done;
  expect(writing.reported).toEqual([]);
});

test("an input that is cut, and a read that was given up, are reported: the handler let them pass", async () => {
  const cut = served((chat) => chat.readUntil("\n"));
  await cut.client.write("half");
  cut.client.end();
  await cut.done;
  expect(cut.reported).toMatchObject([{ kind: "incomplete" }]);

  const late = served((chat) => chat.readLine({ timeout: 1 }));
  await late.done;
  expect(late.reported).toMatchObject([{ kind: "timeout" }]);
  expect(await late.client.read().catch((error: ChatError) => error.kind)).toBe(null);
});

test("limits go to the conversation, everything else to the adapter", () => {
  const options = { port: 1, idleTimeout: 5, maxQueued: 6, overlong: "skip", frameTimeout: 7 };
  expect(splitLimits(options)).toEqual({
    limits: { idleTimeout: 5, maxQueued: 6 },
    others: { port: 1, overlong: "skip", frameTimeout: 7 },
  });
});

test("over sockets: limits hold on both sides, and senseless ones reject at once", async () => {
  await expect(serve({ port: 0, maxFrameLength: -1 }, () => {})).rejects.toThrow(RangeError);
  await expect(connect({ port: 1, maxFrameLength: -1 })).rejects.toThrow(RangeError);
  await expect(connect({ port: 1, frameTimeout: 1 } as never)).rejects.toThrow(TypeError);
  const errors: unknown[] = [];
  const options = { port: 0, maxFrameLength: 10, onerror: (error: unknown) => errors.push(error) };
  await using listener = await serve(options, async (chat) => {
    for await (const line of chat.frames("\n")) await chat.write([...line].reverse().join() + "\n");
  });
  await using chat = await connect({ port: listener.port, maxFrameLength: 5 });
  await chat.write("\u0001\u0002\n");
  expect(await chat.readLine()).toBe("2,1");
  await chat.write("far too long for it\n");
  await expect(chat.readLine()).resolves.toBe(null);
  expect(errors).toMatchObject([{ kind: "limit", limit: 10 }]);
});

test("a listener that is closed with force ends its handlers, and reports nothing", async () => {
  const errors: unknown[] = [];
  let kind: string | undefined;
  const options = { port: 0, onerror: (error: unknown) => errors.push(error) };
  const listener = await serve(options, async (chat) => {
    await chat.write("hi\n");
    await chat.readLine().catch((error: ChatError) => {
      kind = error.kind;
      throw error;
    });
  });
  await using chat = await connect({ port: listener.port });
  await chat.readLine();
  await listener.close({ force: true });
  expect([kind, errors, listener.connections]).toEqual(["aborted", [], 0]);
});
