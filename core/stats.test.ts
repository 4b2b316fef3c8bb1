import { describe, expect, it } from "vitest";
import { AsyncChat } from "./async_chat.ts";
import type { InspectEvent } from "./stats.ts";
import { FakeClock, ManualPeer } from "./testing/index.ts";

describe("stats", () => {
  it("count bytes, chunks, frames and writes", () => {
    const chat = new AsyncChat({
      terminator: "\n",
      maxFrameLength: 4,
      overlong: "skip",
      handleError() {},
      foundTerminator() {
        this.push(this.getData());
      },
    });
    const peer = new ManualPeer(chat);
    peer.send("ab\nc");
    peer.send("d\ntoo long\n");
    expect(chat.stats).toEqual({
      bytesReceived: 15,
      chunksReceived: 2,
      framesReceived: 2,
      framesOverlong: 1,
      bytesSent: 4,
      writes: 2,
      bytesQueued: 0,
      highWaterEvents: 0,
      pauses: 0,
      holds: 0,
      connectedAt: undefined,
      lastActivity: undefined,
    });
  });

  it("count bytes that come after we have stopped listening, and none after the end", () => {
    const chat = new AsyncChat();
    const peer = new ManualPeer(chat);
    chat.closeWhenDone();
    peer.settle();
    peer.send("abc");
    expect(chat.stats.bytesReceived).toBe(3);
    peer.end();
    peer.send("abc");
    expect(chat.stats.bytesReceived).toBe(3);
  });

  it("count the high-water mark once until it has drained", () => {
    const chat = new AsyncChat({ highWaterMark: 4, lowWaterMark: 2 });
    const peer = new ManualPeer(chat);
    peer.room = 0;
    for (let i = 0; i < 3; i++) chat.push("abcd");
    expect([chat.stats.highWaterEvents, chat.stats.bytesQueued]).toEqual([1, 12]);
    peer.room = Infinity;
    peer.settle();
    chat.push("abcd");
    expect(chat.stats.highWaterEvents).toBe(2);
  });

  it("count pauses and hooks that were waited for", async () => {
    const chat = new AsyncChat({ collectIncomingData: () => Promise.resolve() });
    const peer = new ManualPeer(chat);
    chat.pause();
    chat.pause();
    chat.resume();
    chat.resume();
    chat.pause();
    chat.resume();
    peer.send("a");
    await undefined;
    expect([chat.stats.pauses, chat.stats.holds]).toEqual([2, 1]);
  });

  it("know when it began and when something last moved, where they were told the time", () => {
    const chat = new AsyncChat({ idleTimeout: 1_000 });
    const peer = new ManualPeer(chat);
    const clock = new FakeClock(chat, peer);
    clock.advance(5);
    peer.send("a");
    expect(chat.stats).toMatchObject({ connectedAt: 0, lastActivity: undefined });
    clock.advance(7);
    expect(chat.stats).toMatchObject({ connectedAt: 0, lastActivity: 5 });
  });

  it("are a snapshot", () => {
    const chat = new AsyncChat();
    const peer = new ManualPeer(chat);
    const before = chat.stats;
    peer.send("a");
    expect([before.bytesReceived, chat.stats.bytesReceived]).toEqual([0, 1]);
  });
});

describe("inspect", () => {
  it("is shown what happens, in order, with sizes and states", async () => {
    const shown: InspectEvent[] = [];
    const chat = new AsyncChat({
      terminator: "\n",
      highWaterMark: 4,
      lowWaterMark: 2,
      inspect(event) {
        shown.push(event);
      },
      collectIncomingData() {},
      foundTerminator() {
        this.setTerminator(2);
        this.push("hello");
        return Promise.resolve();
      },
    });
    const peer = new ManualPeer(chat);
    peer.send("a\n");
    await undefined;
    await undefined;
    chat.pause();
    chat.resume();
    peer.end();
    expect(shown.map(({ type, bytes }) => bytes === 0 ? type : `${type} ${bytes}`)).toEqual([
      "connected",
      "received 2",
      "frame",
      "queued 5",
      "full",
      "held",
      "terminator",
      "sent 5",
      "released",
      "paused",
      "resumed",
      "peer-ended",
      "drained",
      "ended",
      "over",
      "closed",
    ]);
    expect(shown[3]).toEqual({
      type: "queued",
      bytes: 5,
      phase: "open",
      terminator: "delimiter",
      framesReceived: 1,
      bytesQueued: 5,
      isPaused: false,
      isHeld: false,
    });
    expect(shown.at(-1)).toMatchObject({ phase: "closed", terminator: "count" });
  });

  it("is shown timeouts, and frames that are too long", () => {
    const types: string[] = [];
    const chat = new AsyncChat({
      terminator: "\n",
      maxFrameLength: 1,
      overlong: "skip",
      idleTimeout: 10,
      handleError() {},
      inspect: ({ type }) => types.push(type),
    });
    const peer = new ManualPeer(chat);
    const clock = new FakeClock(chat, peer);
    peer.send("abc\n");
    clock.advance(10);
    expect(types).toEqual(
      ["connected", "received", "overlong", "timeout", "over", "closed"],
    );
  });

  it("changes nothing by throwing, and is reported", () => {
    const reported: unknown[] = [];
    const frames: string[] = [];
    const chat = new AsyncChat({
      terminator: "\n",
      inspect() {
        throw new Error("in the inspector");
      },
      foundTerminator() {
        frames.push(this.getText());
      },
    });
    chat.attach({
      peer: "nobody",
      local: undefined,
      canReset: true,
      wake() {},
      report: (error) => reported.push(error),
    });
    chat.session.connected();
    chat.session.receive(new TextEncoder().encode("a\nb\n"));
    chat.dispatch();
    expect(frames).toEqual(["a", "b"]);
    expect(reported.length).toBeGreaterThan(0);
    expect(reported.every((error) => String(error) === "Error: in the inspector")).toBe(true);
  });
});
