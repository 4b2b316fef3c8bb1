import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const FUZZ = join(import.meta.dirname, "../../dist/conformance/node/fuzz.js");

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [FUZZ, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

it("--help shows the options with their presets", () => {
  const { status, stdout, stderr } = run("--help");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^usage: npm run fuzz -- \[options\]\n\n/);
  expect(stdout).toMatch(/^ {2}--inputs NUMBER +how many are made \(100000\)$/m);
  expect(stdout).toMatch(/^ {2}--only SEED +the one input that a seed makes$/m);
});

it("an unknown option, and a value that cannot be, are refused in a line above the options", () => {
  for (
    const [args, why] of [[["--nonsense"], "'--nonsense'"], [
      ["--inputs", "x"],
      "--inputs",
    ]] as const
  ) {
    const { status, stdout, stderr } = run(...args);
    expect([status, stdout]).toEqual([2, ""]);
    const [first, empty, usage] = stderr.split("\n");
    expect([first!.includes(why), empty, usage]).toEqual([
      true,
      "",
      "usage: npm run fuzz -- [options]",
    ]);
  }
});

it("a value that is given is taken", () => {
  const { status, stdout } = run("--only", "4711");
  expect(status).toBe(0);
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("1 passed, 0 failed");
});
