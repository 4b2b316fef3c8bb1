import { expect, it, vi } from "vitest";
import { before } from "./expect.ts";
import { MOST_BUDGETS, Patience } from "./patience.ts";

it("is renewed by what happens, and for a few budgets at most", () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(1_000);
  try {
    const patience = new Patience(100);
    expect([patience.until(), patience.until(0.9)]).toEqual([1_100, 1_090]);
    clock.mockReturnValue(1_080);
    expect(patience.until()).toBe(1_100);
    patience.renew();
    expect([patience.until(), patience.until(0.9)]).toEqual([1_180, 1_170]);
    clock.mockReturnValue(9_000);
    patience.renew();
    expect(patience.until()).toBe(1_000 + MOST_BUDGETS * 100);
    expect(patience.until(0.9)).toBe(1_000 + MOST_BUDGETS * 90);
  } finally {
    clock.mockRestore();
  }
});

it("lets what is waited for come later when the deadline has moved away", async () => {
  const late = new Promise<string>((resolve) => setTimeout(resolve, 50, "late"));
  let looks = 0;
  const moving = () => performance.now() + (looks++ === 0 ? 1 : 60_000);
  expect(await before(moving, late)).toBe("late");
  expect(looks).toBe(2);
  expect(await before(() => performance.now() - 1, new Promise(() => {}))).toBe(undefined);
});
