// What judges others by the clock has to be right on a machine that stands still now and then.
import { expect, test } from "vitest";
import type { Context } from "../case.ts";
import { need } from "../expect.ts";
import { Bounds, Gaps, passing, undisturbed } from "./timing.ts";

function contextOf(): { t: Context; noted: Record<string, unknown> } {
  const noted: Record<string, unknown> = {};
  const info = (key: string, value: unknown) => void (noted[key] = value);
  return { t: { need, info } as unknown as Context, noted };
}

function standStill(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

/** A timeout of 40 ms, at most 60, of a subject whose timer takes so long; `meanwhile` is done. */
async function verdictOn(subject: number, meanwhile: () => void = () => {}): Promise<string> {
  const { t, noted } = contextOf();
  const bounds = new Bounds(40, 60);
  bounds.begin();
  const told = passing(subject).then(() => bounds.told());
  await Promise.resolve();
  meanwhile();
  await told;
  try {
    bounds.need(t);
    return `good, ${noted["milliseconds beyond the timeout"]} ms beyond`;
  } catch (error) {
    return (error as Error).message;
  }
}

test("a timer in time is good, however long the machine stands still; others are not", async () => {
  expect(await verdictOn(41)).toMatch(/^good, \d+ ms/);
  for (let i = 0; i < 5; i++) {
    expect(await verdictOn(41, () => standStill(100))).toMatch(/^good, (5[89]|[6-9]\d|\d{3,}) ms/);
    expect(await verdictOn(80, () => standStill(100))).toMatch(/^told only after .* fired first$/);
  }
  expect(await verdictOn(80)).toMatch(/^told only after .* a timer of 60 ms .* fired first$/);
  expect(await verdictOn(20)).toMatch(/^(told after .* before its time|good)/);
  const { t } = contextOf();
  expect(() => new Bounds(1).need(t)).toThrow("it was not told");
});

test("a failure is the machine's only where it stood still, and not for ever", async () => {
  const failing = async (still: number, good: number) => {
    const { t, noted } = contextOf();
    let attempts = 0;
    const outcome = await undisturbed(t, 20, (timeout: number, gaps: Gaps) => {
      gaps.mark();
      standStill(still * timeout);
      gaps.mark();
      if (++attempts < good) throw new Error(`attempt ${attempts}, with ${timeout} ms`);
      return Promise.resolve(`good with ${timeout} ms`);
    }, 1 / 2).catch((error: Error) => error.message);
    return [outcome, Object.values(noted)];
  };
  // Whoever was too slow is given twice the time.
  expect(await failing(0.6, 3)).toEqual(["good with 80 ms", [2]]);
  expect(await failing(0.6, Infinity)).toEqual(["attempt 5, with 320 ms", [4]]);
  // Short of the limit by so much that a busy machine seldom fills it, which is told apart here.
  const [outcome, noted] = await failing(0, 2);
  expect([outcome, noted]).toEqual(
    (noted as unknown[]).length > 0 ? ["good with 40 ms", [1]] : ["attempt 1, with 20 ms", []],
  );
});

test("a rest is no gap", () => {
  const gaps = new Gaps();
  gaps.mark();
  gaps.rest();
  standStill(20);
  gaps.mark();
  expect(gaps.longest).toBe(0);
  standStill(20);
  gaps.mark();
  expect(gaps.longest).toBeGreaterThanOrEqual(20);
});
