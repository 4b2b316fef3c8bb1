/** Thousands of conversations over networks that break, each reproducible by its seed. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AsyncChat } from "../core/async_chat.ts";
import type { AsyncChatHooks } from "../core/async_chat_options.ts";
import { Chat } from "../core/chat.ts";
import type { CloseReport } from "../core/close_report.ts";
import { ChatError } from "../core/errors.ts";
import { randomFrom } from "../core/testing/segmentation.ts";
import { decode } from "../core/text.ts";
import { type Break, BrokenNetwork, memoryPair } from "./memory.ts";

// Not the turns of promises and microtasks: these are what the network counts in.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const LIMITS = {
  idleTimeout: 10_000,
  closeTimeout: 5_000,
  highWaterMark: 400,
  lowWaterMark: 100,
};
const HOOKS: readonly (keyof AsyncChatHooks)[] = [
  "handleConnect",
  "collectIncomingData",
  "foundTerminator",
  "handleDrain",
  "handleTimeout",
  "handleEnd",
  "handleError",
  "handleException",
  "handleClose",
];

/** One side of a conversation: what it was given to say, and what it heard. */
interface Side {
  readonly chat: AsyncChat | Chat;
  said: string;
  heard: string;
  /** Everything it waits for. */
  readonly done: Promise<unknown>;
  report: CloseReport | undefined;
  readonly wrong: string[];
}

/** Frames that tell their place: nothing can be swapped, repeated or invented unseen. */
function framesOf(random: () => number, side: string): string[] {
  return Array.from(
    { length: Math.floor(random() * 25) },
    (_, index) => `${side}${index}${"-".repeat(random() < 0.1 ? 600 * random() : 9)}`,
  );
}

/** Says all its frames, as fast as it may, and closes when it has and the peer has ended. */
function callback(frames: readonly string[], slow: boolean): Side {
  const side = { said: "", heard: "", wrong: [] as string[] } as {
    -readonly [K in keyof Side]: Side[K];
  };
  let next = 0, over = false, inside = false;
  const say = (chat: AsyncChat) => {
    while (next < frames.length) {
      const frame = `${frames[next++]}\n`;
      side.said += frame;
      if (!chat.push(frame)) return;
    }
    chat.end();
  };
  const chat = new AsyncChat({
    ...LIMITS,
    terminator: "\n",
    handleConnect() {
      say(this);
    },
    handleDrain() {
      say(this);
    },
    collectIncomingData(data) {
      side.heard += decode(data);
    },
    async foundTerminator() {
      side.heard += "\n";
      if (slow) { for (let turn = 0; turn < 3; turn++) await Promise.resolve(); }
    },
    handleEnd() {},
    handleError() {},
  });
  const hooks = chat as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of HOOKS) {
    const hook = hooks[name]!;
    hooks[name] = function (...args) {
      if (over) side.wrong.push(`${name} after the end`);
      if (inside) side.wrong.push(`${name} inside another hook`);
      if (name === "handleClose") over = true;
      inside = true;
      const leave = () => void (inside = false);
      const result = hook.apply(this, args);
      if (result instanceof Promise) return result.finally(leave);
      leave();
      return result;
    };
  }
  side.chat = chat;
  side.done = chat.closed;
  return side;
}

/** The same with `await`. */
function awaiting(frames: readonly string[], slow: boolean): Side {
  const chat = new Chat(LIMITS);
  const side: Side = { chat, said: "", heard: "", wrong: [], report: undefined, done: run() };
  return side;

  async function tell() {
    await Promise.resolve();
    for (const frame of frames) {
      side.said += `${frame}\n`;
      await chat.write(`${frame}\n`);
    }
    chat.end();
  }
  async function hear() {
    await Promise.resolve();
    for await (const frame of chat.frames("\n")) {
      side.heard += `${decode(frame)}\n`;
      if (slow) await Promise.resolve();
    }
  }
  async function run() {
    for (const result of await Promise.allSettled([tell(), hear()])) {
      if (result.status === "fulfilled" || result.reason instanceof ChatError) continue;
      side.wrong.push(`no ChatError: ${String(result.reason)}`);
    }
    await chat.closeWhenDone();
  }
}

/** Has one conversation; answers what was wrong with it. */
async function converse(seed: number, breaks: readonly Break[] | undefined): Promise<string[]> {
  const random = randomFrom(seed);
  const network = new BrokenNetwork({
    seed,
    ...(breaks === undefined ? {} : { breaks }),
    within: random() < 0.2 ? 2 : 600,
    segment: 1 + Math.floor(random() * 400),
    delay: Math.floor(random() * 6),
  });
  const makes = [callback, awaiting];
  const make = () => makes[Math.floor(random() * 2)]!;
  const one = make()(framesOf(random, "a"), random() < 0.3);
  const two = make()(framesOf(random, "b"), random() < 0.3);
  const sides = [one, two];
  const errors: unknown[] = [];
  memoryPair(one.chat, two.chat, {
    network,
    capacity: 1 + Math.floor(random() * 1_000),
    onerror: (error) => errors.push(error),
  });
  let settled = 0;
  for (const side of sides) {
    void side.done.then(() => settled++);
    void side.chat.closed.then((report) => side.report = report);
  }
  // An hour: nothing that waits for a deadline of seconds is left.
  for (let hour = 0; hour < 2 && settled < 2; hour++) await vi.advanceTimersByTimeAsync(3_600_000);
  const wrong = [...errors.map(String), ...sides.flatMap((side) => side.wrong)];
  if (settled < 2) return [...wrong, "hangs"];
  if (vi.getTimerCount() > 0) wrong.push(`${vi.getTimerCount()} timers are left`);
  const { what, to } = network.broken ?? { what: "nothing", to: 0 };
  const lost = (side: Side) => side.report!.bytesUnsent > 0;
  for (const [index, side] of sides.entries()) {
    const peer = sides[1 - index]!;
    const { reason } = side.report!;
    const orderly = reason === "ended" || reason === "closed";
    if (!peer.said.startsWith(side.heard)) wrong.push(`heard what was not said: ${side.heard}`);
    const cutShort = what === "fin" && to === index;
    const peerGaveUp = peer.report!.reason === "timeout";
    // Of the async face, what was half of a frame has come and was not taken.
    if (orderly && !cutShort && !peerGaveUp && side.heard !== peer.said) {
      wrong.push(`${reason} with ${side.heard.length} of ${peer.said.length} bytes`);
    }
    if (orderly && lost(side)) {
      wrong.push(`${reason} with ${side.report!.bytesUnsent} bytes unsent`);
    }
    const allowed = {
      nothing: orderly,
      fin: orderly || reason === "reset",
      reset: orderly || reason === "reset",
      stall: orderly || reason === "timeout",
    };
    if (!allowed[what as Break]) wrong.push(`${what}, and it ended as ${reason}`);
  }
  return wrong.map((what) => `seed ${seed}, ${network.broken?.what ?? "nothing"}: ${what}`);
}

describe("conversations over a network that breaks", () => {
  it.each<[string, readonly Break[] | undefined, number]>([
    ["nothing", ["nothing"], 500],
    ["a FIN that comes too early", ["fin"], 600],
    ["a reset", ["reset"], 600],
    ["a stall for ever", ["stall"], 600],
    ["any of them", undefined, 1_000],
  ])(
    "end in the right way, and lose, invent, repeat nothing before: %s",
    async (_, breaks, runs) => {
      const wrong: string[] = [];
      for (let seed = 1; seed <= runs; seed++) wrong.push(...await converse(seed, breaks));
      expect(wrong.slice(0, 10)).toEqual([]);
    },
  );

  it("go on when a stall is over", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const network = new BrokenNetwork({ seed, breaks: ["stall"], within: 15, segment: 7 });
      const frames = ["one", "two", "three", "four"];
      const [one, two] = [callback(frames, false), awaiting(frames, false)];
      memoryPair(one.chat, two.chat, { network });
      await vi.advanceTimersByTimeAsync(1_000);
      expect(network.broken?.what).toBe("stall");
      network.release();
      await Promise.all([one.done, two.done]);
      expect([one.heard, two.heard]).toEqual([two.said, one.said]);
    }
  });

  it("need a new network each", () => {
    const network = new BrokenNetwork({ seed: 1 });
    memoryPair(new Chat(), new Chat(), { network });
    expect(() => memoryPair(new Chat(), new Chat(), { network })).toThrow(/has two ends/);
    expect(() => new BrokenNetwork({ seed: 1, breaks: [] })).toThrow(RangeError);
    expect(() => new BrokenNetwork({ seed: 1, segment: 0 })).toThrow(RangeError);
  });
});
