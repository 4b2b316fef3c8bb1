import { describe, expect, it } from "vitest";
import { type HookName, Monitor } from "./monitor.ts";

/** Hooks by name; a name with `!` throws, one in brackets is a command of the caller's. */
function watch(story: string): readonly string[] {
  const monitor = new Monitor();
  for (const word of story.split(" ")) {
    if (word.startsWith("[")) {
      monitor.command(word.slice(1, -1), () => {});
      continue;
    }
    const [, hook, detail, mark] = /^(\w+)(?::(\w+))?(!?)$/.exec(word)!;
    monitor.enter(hook as HookName, detail);
    monitor.leave(hook as HookName, mark === "!" ? "threw" : "returned");
  }
  return monitor.violations;
}

describe("the grammar of callbacks", () => {
  it.each([
    "connect close",
    "connect data found data found end close",
    "connect data end drain close",
    "connect found error:timeout close",
    "connect error:limit drain close",
    // A frame that took too long may be answered, and then closing may take too long as well.
    "connect error:timeout drain error:timeout close",
    "connect data timeout data timeout close",
    "connect error:limit data found close",
    "connect data! exception close",
    "connect exception close",
    "connect close! exception",
    "connect [abort] close",
    "connect [close] close",
    "[abort] close",
  ])("allows %s", (story) => {
    expect(watch(story)).toEqual([]);
  });

  it.each([
    ["data", "data was called before connect"],
    ["connect connect", "connect was not called first, once"],
    ["connect end data", "data was called after end"],
    ["connect end found", "found was called after end"],
    ["connect end end", "end was called after end"],
    ["connect close close", "close was called after close"],
    ["connect close data", "data was called after close"],
    ["connect close drain", "drain was called after close"],
    ["connect close exception", "exception was called after close"],
    ["connect error:timeout data", "data was called after error"],
    ["connect error:unknown error:unknown", "error was called after error"],
    ["connect error:unknown drain", "drain was called after error"],
    ["connect [close] found", "found was called after the caller's close()"],
    ["connect [abort] data", "data was called after the caller's abort()"],
    ["connect [abort] error:timeout", "error was called after the caller's abort()"],
  ])("refuses %s", (story, violation) => {
    expect(watch(story)).toEqual([expect.stringContaining(violation)]);
  });

  it("refuses a hook inside a hook, inside a command, and before a promise has settled", () => {
    const monitor = new Monitor();
    monitor.enter("connect");
    monitor.enter("data", 1);
    monitor.leave("data", "returned");
    monitor.leave("connect", "promise");
    monitor.enter("found");
    monitor.leave("found", "returned");
    monitor.leave("connect", "settled");
    monitor.command("push", () => {
      monitor.enter("drain");
      monitor.leave("drain", "returned");
    });
    expect(monitor.violations).toEqual([
      expect.stringContaining("data was called inside connect"),
      expect.stringContaining("found was called before the promise of connect had settled"),
      expect.stringContaining("drain was called inside the caller's own push()"),
    ]);
  });

  it("refuses data without data", () => {
    const monitor = new Monitor();
    monitor.enter("connect");
    monitor.leave("connect", "returned");
    monitor.enter("data", 0);
    expect(monitor.violations).toEqual([expect.stringContaining("data was called without data")]);
  });
});
