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

/** The least that each of the two costs; in turns, so that a busy time slows both down. */
function costs(one: () => void, other: () => void): [one: number, other: number] {
  const rounds = Array.from({ length: 3 }, () => [cost(one), cost(other)] as const);
  return [Math.min(...rounds.map(([cost]) => cost)), Math.min(...rounds.map(([, cost]) => cost))];
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
  const [eight, sixteen] = costs(() => drip(8 * MIB), () => drip(16 * MIB));
  console.log(`8 MiB: ${eight.toFixed()} ms, 16 MiB: ${sixteen.toFixed()} ms`);
  expect(sixteen / eight).toBeLessThan(2.3);
}, 900_000);

for (const terminator of [`${"a".repeat(31)}b`, `b${"a".repeat(31)}`]) {
  test(
    `a delimiter of 32 bytes that almost matches everywhere costs linear time: ${terminator}`,
    () => {
      almost(terminator, 64);
      const [once, twice] = costs(
        () => almost(terminator, 512),
        () => almost(terminator, 1024),
      );
      console.log(`32 MiB: ${once.toFixed()} ms, 64 MiB: ${twice.toFixed()} ms`);
      expect(twice / once).toBeLessThan(2.3);
    },
  );
}

test("the length of a delimiter that almost matches everywhere does not matter", () => {
  almost("ab", 64);
  const [short, long] = costs(
    () => almost(`${"a".repeat(31)}b`, 256),
    () => almost(`${"a".repeat(4095)}b`, 256),
  );
  expect(long / short).toBeLessThan(3);
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
