/** Law 7, linear time, and law 4, no recursion. Processor time, as the wall clock tells of others. */

import { expect, test } from "vitest";
import { AsyncChat } from "./async_chat.ts";
import { ManualPeer } from "./testing/manual_peer.ts";

/** Milliseconds of processor time that it takes. */
function cost(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Three rounds, so that none that was lucky decides; more where others keep the machine busy. */
const ROUNDS = { least: 3, most: 12 };

/**
 * How many times the cost of `one` the `other` has: of the least that each of them costs, in turns,
 * so that a busy time slows both down. Goes on while that is not below `limit`.
 */
function ratio(limit: number, one: () => void, other: () => void): number {
  let [least, leastOther] = [Infinity, Infinity];
  for (let round = 1;; round++) {
    least = Math.min(least, cost(one));
    leastOther = Math.min(leastOther, cost(other));
    const ratio = leastOther / least;
    if (round >= ROUNDS.most || (round >= ROUNDS.least && ratio < limit)) return ratio;
  }
}

const MIB = 1024 * 1024;

/** One frame of so many bytes, each in a chunk of its own. */
function drip(size: number): void {
  let frame = 0;
  const chat = new AsyncChat({
    terminator: "\r\n",
    maxFrameLength: Infinity,
    foundTerminator() {
      frame = this.getData().length;
    },
  });
  const peer = new ManualPeer(chat);
  const { session } = chat;
  const byte = Uint8Array.of(120);
  for (let sent = 0; sent < size; sent++) {
    session.receive(byte);
    chat.dispatch();
  }
  peer.send("\r\n");
  expect(frame).toBe(size);
}

/** So many chunks that consist of nothing but the terminator's favourite byte. */
function almost(terminator: string, chunks: number): void {
  let received = 0;
  const chat = new AsyncChat({
    terminator,
    maxFrameLength: Infinity,
    collectIncomingData(data) {
      received += data.length;
    },
  });
  const peer = new ManualPeer(chat);
  const chunk = new Uint8Array(64 * 1024).fill(97);
  for (let sent = 0; sent < chunks; sent++) peer.send(chunk);
  expect(received).toBeGreaterThan(chunks * chunk.length - terminator.length);
}

test("a frame of 16 MiB in chunks of one byte costs at most 2.3 times what 8 MiB cost", () => {
  drip(MIB);
  expect(ratio(2.3, () => drip(8 * MIB), () => drip(16 * MIB))).toBeLessThan(2.3);
}, 900_000);

for (const terminator of [`${"a".repeat(31)}b`, `b${"a".repeat(31)}`]) {
  test(
    `a delimiter of 32 bytes that almost matches everywhere costs linear time: ${terminator}`,
    () => {
      almost(terminator, 64);
      const growth = ratio(
        2.3,
        () => almost(terminator, 512),
        () => almost(terminator, 1024),
      );
      expect(growth).toBeLessThan(2.3);
    },
  );
}

test("the length of a delimiter that almost matches everywhere does not matter", () => {
  almost("ab", 64);
  const growth = ratio(
    3,
    () => almost(`${"a".repeat(31)}b`, 256),
    () => almost(`${"a".repeat(4095)}b`, 256),
  );
  expect(growth).toBeLessThan(3);
});

test("200,000 frames in one chunk, each answered from the hook, do not grow the stack", () => {
  const depths = new Set<number>();
  let frames = 0;
  const limit = Error.stackTraceLimit;
  const chat = new AsyncChat({
    terminator: "\n",
    foundTerminator() {
      frames++;
      if (frames % 50_000 === 1) {
        Error.stackTraceLimit = Infinity;
        depths.add(new Error().stack!.split("\n").length);
        Error.stackTraceLimit = limit;
      }
      this.push(this.getData());
    },
  });
  const peer = new ManualPeer(chat);
  peer.send("x\n".repeat(200_000));
  expect(frames).toBe(200_000);
  expect(peer.take().length).toBe(200_000);
  expect(depths.size).toBe(1);
});
