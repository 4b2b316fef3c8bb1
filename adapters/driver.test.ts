import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AsyncChat } from "../core/async_chat.ts";
import type { AsyncChatOptions } from "../core/async_chat_options.ts";
import { memoryPair } from "./memory.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lets everything happen that waits for nothing but its turn. */
function turns(): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(0);
}

function pair(options: AsyncChatOptions & ThisType<AsyncChat>): { one: AsyncChat; two: AsyncChat } {
  const one = new AsyncChat({ handleError() {}, ...options });
  const two = new AsyncChat({ collectIncomingData() {} });
  memoryPair(one, two);
  return { one, two };
}

it("sets no timer, and looks at the clock but once, where nothing is timed", async () => {
  const clock = vi.spyOn(performance, "now");
  const { one, two } = pair({ collectIncomingData() {} });
  for (let i = 0; i < 10; i++) {
    one.push("a");
    two.push("b");
    await turns();
  }
  expect(one.stats.bytesReceived).toBe(10);
  // Once for each of the two: their beginning.
  expect(clock).toHaveBeenCalledTimes(2);
  expect(vi.getTimerCount()).toBe(0);
});

it("tells an idle timeout at its time, and leaves no timer", async () => {
  const told: number[] = [];
  const { one, two } = pair({
    idleTimeout: 1_000,
    collectIncomingData() {},
    handleTimeout(error) {
      told.push(performance.now());
      this.abort(error);
    },
  });
  await vi.advanceTimersByTimeAsync(900);
  two.push("a");
  await turns();
  const begun = performance.now();
  await vi.advanceTimersByTimeAsync(999);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual([begun + 1_000]);
  expect((await one.closed).reason).toBe("timeout");
  expect(vi.getTimerCount()).toBe(0);
});

it.each(["close", "closeWhenDone", "abort"] as const)("leaves no timer after %s()", async (how) => {
  const { one } = pair({ idleTimeout: 1_000, frameTimeout: 1_000 });
  await turns();
  expect(vi.getTimerCount()).toBe(1);
  one[how]();
  await one.closed;
  expect(vi.getTimerCount()).toBe(0);
});

it("sets its timer anew for an earlier deadline, and not for a later one", async () => {
  const set = vi.spyOn(globalThis, "setTimeout");
  const { one, two } = pair({ idleTimeout: 10_000, frameTimeout: 1_000, terminator: "\n" });
  await turns();
  for (let i = 0; i < 5; i++) {
    two.push("a");
    await vi.advanceTimersByTimeAsync(100);
  }
  // One for the connection, one for the frame.
  expect(set.mock.calls.map(([, delay]) => delay)).toEqual([10_000, 1_000]);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(500);
  expect((await one.closed).reason).toBe("timeout");
});

it("goes on when the onerror that it was given throws", async () => {
  const complaints = vi.spyOn(console, "error").mockImplementation(() => {});
  const frames: string[] = [];
  const one = new AsyncChat({
    terminator: "\n",
    foundTerminator() {
      frames.push(this.getText());
      throw new Error("in the hook");
    },
    handleException(error) {
      this.report(error);
    },
  });
  const two = new AsyncChat();
  memoryPair(one, two, {
    onerror() {
      throw new Error("in onerror");
    },
  });
  two.push("a\nb\n");
  two.closeWhenDone();
  expect((await one.closed).reason).toBe("ended");
  expect(frames).toEqual(["a", "b"]);
  expect(complaints.mock.calls.map(([, error]) => String(error))).toEqual([
    "Error: in the hook",
    "Error: in onerror",
    "Error: in the hook",
    "Error: in onerror",
  ]);
});

it("gives the socket back when the conversation has had its connection", async () => {
  const used = new AsyncChat();
  memoryPair(used, new AsyncChat());
  const one = new AsyncChat({ idleTimeout: 1_000 });
  expect(() => memoryPair(one, used)).toThrow("has had its conversation");
  // The other end is told so as by any peer that closes.
  expect((await one.closed).reason).toBe("ended");
  expect(vi.getTimerCount()).toBe(0);
});
