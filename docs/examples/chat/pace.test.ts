import { expect, it } from "vitest";
import { Pace, type Verdict } from "./pace.ts";

/** What becomes of `count` lines, `every` milliseconds from `from` on: verdicts with how often. */
function verdicts(pace: Pace, from: number, every: number, count: number): string {
  const told: [Verdict, number][] = [];
  for (let i = 0; i < count; i++) {
    const verdict = pace.judge(from + i * every);
    const last = told.at(-1);
    if (last?.[0] === verdict) last[1]++;
    else told.push([verdict, 1]);
  }
  return told.map(([verdict, times]) => `${times} ${verdict}`).join(", ");
}

it("lets people talk, also in bursts, and mutes who does not stop", () => {
  const pace = new Pace(5);
  expect(verdicts(pace, 0, 200, 1000)).toBe("1000 heard");
  expect(verdicts(pace, 300_000, 0, 21)).toBe("20 heard, 1 muted");
  expect(verdicts(pace, 304_999, 0, 1)).toBe("1 dropped");
  expect(verdicts(pace, 305_000, 0, 1)).toBe("1 heard");
});

it("cuts who goes on while muted, not who was muted a hundred times", () => {
  const pace = new Pace(5);
  expect(verdicts(pace, 0, 1, 130)).toMatch(/^20 heard, 1 muted, 100 dropped, 9 cut$/);
  const other = new Pace(1);
  for (let time = 0; time < 1e6; time += 10_000) {
    expect(verdicts(other, time, 0, 20)).toBe("4 heard, 1 muted, 15 dropped");
  }
});

it("hears everything where nothing is set", () => {
  expect(verdicts(new Pace(Infinity), 0, 0, 10_000)).toBe("10000 heard");
});
