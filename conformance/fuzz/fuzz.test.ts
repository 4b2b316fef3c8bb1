/** What the fuzzer found once, and a few thousand inputs of every kind. */

import { expect, it, test } from "vitest";
import { corpus } from "./corpus.ts";
import { attempt, shrink, type Trial, trialFrom } from "./fuzz.ts";
import { perform } from "./performance.ts";

it.each(corpus)("%s", async (_, trial) => {
  expect(await attempt(trial)).toEqual([]);
});

test("2,000 inputs are against no law", async () => {
  const kinds = new Map<string, number>();
  for (let seed = 1; seed <= 2_000; seed++) {
    const trial = trialFrom(seed);
    kinds.set(trial.kind, (kinds.get(trial.kind) ?? 0) + 1);
    expect(await attempt(trial), `npm run fuzz -- --only ${seed}`).toEqual([]);
  }
  expect(kinds.size).toBe(5);
}, 120_000);

test("a script tells what it says it does", async () => {
  const script = {
    limits: { maxFrameLength: 3 },
    terminator: "\n",
    reactions: [
      { hook: "foundTerminator", nth: 1, commands: [{ do: "push", size: 2 }] },
      { hook: "foundTerminator", nth: 2, commands: [{ do: "terminator", to: 2 }] },
    ],
    inputs: [{ do: "receive", text: "ab\n\ncd" }, { do: "fin" }],
  } as const;
  const { told, sent, wrong } = await perform(script, true, (bytes) => [bytes]);
  expect(told).toEqual(["connect", "data ab", "found", "found", "data cd", "found", "end"]);
  expect([sent, wrong]).toEqual(["0,0", []]);
});

test("what shows a fault is made smaller, and still shows it", async () => {
  // A stand-in for a fault: a terminator that no conversation takes.
  const trial = trialFrom(3) as Trial & { kind: "wild" };
  const broken: Trial = {
    ...trial,
    kind: "wild",
    script: {
      limits: {},
      reactions: [{ hook: "handleConnect", nth: 1, commands: [{ do: "push", size: 40 }] }],
      inputs: [{ do: "receive", text: "abcdefgh" }, { do: "turn" }],
      terminator: [] as never,
    },
  };
  const before = await attempt(broken);
  expect(before[0]).toMatch(/^terminator threw RangeError/);
  const smallest = await shrink(broken) as Trial & { kind: "wild" };
  expect((await attempt(smallest))[0]).toBe(before[0]);
  expect(smallest.script).toMatchObject({ reactions: [], inputs: [] });
});
