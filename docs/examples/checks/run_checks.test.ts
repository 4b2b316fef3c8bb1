import { expect, it } from "vitest";
import { outcomeOf, runChecks } from "./run_checks.ts";

it.each([
  ["green", ["ok     a", "2 passed, 0 failed"], 0, [2, 0]],
  ["red", ["FAILED a", "2 passed, 1 failed"], 1, [2, 1]],
  ["cut before its last line", ["ok     a"], 0, [0, 1]],
  ["its last line is not the last", ["2 passed, 0 failed", "Error"], 0, [0, 1]],
  ["a crash behind its last line", ["2 passed, 0 failed"], null, [2, 1]],
  ["red with an exit code that says green", ["0 passed, 3 failed"], 0, [0, 3]],
  ["nothing run", ["NOT RUN a: b", "0 passed, 0 failed"], 2, [0, 0]],
  ["nothing run, and no reason", ["0 passed, 0 failed"], 2, [0, 1]],
  ["nothing run, passed for green", ["NOT RUN a: b", "0 passed, 0 failed"], 0, [0, 1]],
  ["silence", [], 0, [0, 1]],
])("reads the outcome: %s", (_, lines, code, [passed, failed]) => {
  const outcome = outcomeOf(lines, code);
  expect(outcome).toMatchObject({ passed, failed });
});

it("tells what was not run, and what failed", () => {
  const lines = ["NOT RUN a: no b", "FAILED c: d", "ok     e", "1 passed, 1 failed"];
  expect(outcomeOf(lines, 1)).toEqual({
    passed: 1,
    failed: 1,
    notRun: ["a: no b"],
    failures: ["c: d"],
  });
  expect(outcomeOf(["Error: x"], 1).failures).toEqual([
    "it ended with 1, and its last line was Error: x",
  ]);
});

it("takes what cannot be started for a failure", async () => {
  expect(await runChecks(["./there/is/no/such/program"])).toMatchObject({ passed: 0, failed: 1 });
});
