// Silence, death and half an answer of a runtime must not look like success.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Case } from "../case.ts";
import type { LaunchOptions } from "../launch.ts";
import type { Result } from "../result.ts";
import { type ColumnReport, greet, runColumn } from "./matrix/column_run.ts";
import { chooseColumns, type Column, columnsOf } from "./matrix/columns.ts";
import { pathsOfCheckout } from "./matrix/paths.ts";
import { isGreen, reportOf, sum } from "./matrix/report_file.ts";
import { PLAIN, renderLastLine, renderTable } from "./matrix/table.ts";
import { renderPage } from "./report/page.ts";

const command = "npm run conformance -- --subject mine.ts";
const paths = pathsOfCheckout(join(import.meta.dirname, "../.."));
const cases: readonly Case[] = ["TRY-1.1", "TRY-1.2", "TRY-2.1"].map((id) => ({
  id,
  title: `${id} <holds>`,
  why: "because",
  level: "MUST",
  role: "core",
  run() {},
}));

/** A runtime whose launcher is this script; `say(line)` is what it tells with. */
function fake(script: (options: LaunchOptions) => string): Column {
  const say = 'const say = (line) => console.log("@@" + JSON.stringify(line));';
  return {
    key: "fake",
    name: "Fake 1",
    runtime: "fake",
    command: (options) => ({ file: process.execPath, args: ["-e", say + script(options)] }),
  };
}

/** A launcher that answers as it should, but for what `spoil` adds before each case. */
const honest = (ids: readonly string[] = [], spoil = "") => `
  say({ hello: { name: "Fake 1", runtime: "fake", version: "1.2.3", capabilities: {}, excluded: {} } });
  const result = (id, verdict, more) => say({ result: { id, verdict, ms: 1, ...more } });
  say({ start: "XYZ-1.0" });
  result("XYZ-1.0", "unknown");
  for (const id of ${JSON.stringify(ids)}) {
    say({ start: id });
    ${spoil}
    result(id, "pass");
  }
  result("TRY-1.1", "pass", { again: true });
  say({ done: 5 });`;

function run(column: Column): Promise<ColumnReport> {
  return runColumn(column, { paths, cases, seed: 1, patience: 1 });
}

const verdicts = ({ results }: ColumnReport) =>
  cases.map(({ id }) => (results[id] as Result | undefined)?.verdict);

describe("a column", () => {
  it("is green when every case came back, and the run ended in peace", async () => {
    const report = await run(fake(({ ids }) => honest(ids)));
    expect(report.problems).toEqual([]);
    expect(verdicts(report)).toEqual(["pass", "pass", "pass"]);
    expect(isGreen(report)).toBe(true);
    expect(report.hello?.version).toBe("1.2.3");
  });

  it("is not when it says nothing", async () => {
    const report = await run(fake(() => ""));
    expect(isGreen(report)).toBe(false);
    expect(report.problems[0]).toContain("Fake 1 ended before it was done: exit code 0");
    expect(report.problems[1]).toBe("3 cases were not run: TRY-1.1, TRY-1.2, TRY-2.1");
  });

  it("is not when it leaves a case out", async () => {
    const report = await run(fake(({ ids }) => honest(ids?.slice(0, 2))));
    expect(report.problems).toEqual(["1 cases were not run: TRY-2.1"]);
    expect(isGreen(report)).toBe(false);
  });

  it("is not when it passes what it cannot know", async () => {
    const lying = ({ ids }: LaunchOptions) => honest(ids).replace('"unknown"', '"pass"');
    const { problems } = await run(fake(lying));
    expect(problems).toEqual(["it did not say that it does not know a random case"]);
  });

  it("is not when the first case fails at the end", async () => {
    const tired = ({ ids }: LaunchOptions) =>
      honest(ids).replace('"pass", { again', '"fail", { again');
    const { problems } = await run(fake(tired));
    expect(problems[0]).toContain("TRY-1.1 fails when it is run again at the end");
  });

  it("blames the case of which it died, and goes on behind it", async () => {
    const mortal = ({ ids }: LaunchOptions) =>
      honest(ids, 'if (id === "TRY-1.2") { console.error("ouch"); process.exit(3); }');
    const report = await run(fake(mortal));
    expect(verdicts(report)).toEqual(["pass", "fail", "pass"]);
    expect(report.results["TRY-1.2"]!.detail).toMatch(/ended while this ran: exit code 3\nouch/);
    expect(report.problems).toEqual([]);
    expect(isGreen(report)).toBe(false);
  });

  it("is not when it ends badly after its last case", async () => {
    const report = await run(fake(({ ids }) => `${honest(ids)}; process.exitCode = 4;`));
    expect(report.problems).toEqual(["it did not end in peace after its last case: exit code 4"]);
  });

  it("is not run, and not green by being silent about it, without a binary", async () => {
    const report = await run({ ...fake(() => ""), missing: "no binary" });
    expect(report).toMatchObject({ missing: "no binary", results: {} });
    const whole = reportOf(paths, { seed: 1, cases, columns: [report], seconds: 1, command });
    expect(sum(whole).passed).toBe(0);
    expect(renderTable(whole, PLAIN)).toMatch(/^Fake 1: NOT RUN: no binary$/m);
    expect(renderTable(whole, PLAIN)).not.toContain("clause");
  });

  it("ends at once when the run is aborted, also while its command is made", async () => {
    for (const early of [true, false]) {
      const over = new AbortController();
      // It says who it is when it is left alone for a while, and is not.
      const hello = {
        name: "Fake 1",
        runtime: "fake",
        version: "1",
        capabilities: {},
        excluded: {},
      };
      const late = `setTimeout(say, 10_000, ${JSON.stringify({ hello })})`;
      const hanging = fake(() => `${late}; setInterval(() => {}, 1000)`);
      const column: Column = {
        ...hanging,
        command: async (options) => {
          if (early) over.abort();
          else setTimeout(() => over.abort(), 100);
          await Promise.resolve();
          return hanging.command(options);
        },
      };
      const report = await runColumn(column, { paths, cases, seed: 1, patience: 1 }, over.signal);
      expect(report).toMatchObject({ results: {}, problems: [] });
      expect(report.hello).toBeUndefined();
    }
  });

  it("says who it is, or why it cannot", async () => {
    expect(await greet(fake(() => honest()))).toMatchObject({ name: "Fake 1" });
    await expect(greet(fake(() => "process.exit(9)"))).rejects.toThrow("exit code 9");
  });
});

describe("columns", () => {
  const columns = columnsOf(paths);

  it("are chosen by key, runtime or name", () => {
    const keys = (names?: string) => chooseColumns(columns, names).map(({ key }) => key);
    expect(keys()).toEqual(columns.map(({ key }) => key));
    expect(keys("bun, deno")).toEqual(["deno", "bun"]);
    expect(keys("node").every((key) => key.startsWith("node"))).toBe(true);
    expect(keys("Node 24")).toEqual(["node24"]);
    expect(() => keys("bun,nodde")).toThrow('there is no runtime "nodde"');
  });

  it("have one Node, the one that runs this, where the package is a dependency", () => {
    const installed = columnsOf({ ...paths, isCheckout: false });
    expect(installed.filter(({ runtime }) => runtime === "node")).toHaveLength(1);
  });
});

describe("the report", () => {
  const result = (id: string, verdict: Result["verdict"], more: Partial<Result> = {}): Result => ({
    id,
    verdict,
    ms: 5,
    ...more,
  });
  const column = (key: string, results: readonly Result[]): ColumnReport => ({
    key,
    name: key.toUpperCase(),
    runtime: key,
    problems: [],
    seconds: 1,
    results: Object.fromEntries(results.map((each) => [each.id, each])),
  });
  const failed = result("TRY-1.2", "fail", {
    detail: "it </script><b>broke</b>",
    expected: "1",
    observed: "2",
    trace: [{ at: 1.5, side: "witness", what: "#0 FIN" }],
  });
  const report = reportOf(paths, {
    seed: 1996,
    cases,
    seconds: 2,
    command,
    columns: [
      column("one", [result("TRY-1.1", "pass"), failed, result("TRY-2.1", "unsupported")]),
      column("two", [result("TRY-1.1", "pass"), result("TRY-1.2", "known")]),
    ],
  });

  it("counts what was not run as failed, and what is unsupported beside", () => {
    expect(sum(report)).toEqual({ passed: 2, failed: 2, unsupported: 1, known: 1, nonStrict: 0 });
    expect(renderLastLine(report)).toBe("2 passed, 2 failed");
  });

  it("has one line a clause, and the failures with the command that repeats them", () => {
    const lines = renderTable(report, PLAIN).split("\n");
    expect(lines[0]).toMatch(/^clause {3}ONE {2}TWO/);
    expect(lines[1]).toMatch(/^TRY-1 {4}PF {3}PK {3}TRY-1\.1/);
    expect(lines[2]).toMatch(/^TRY-2 {4}– {4} {5}TRY-2\.1/);
    const text = lines.join("\n");
    expect(text).toContain("FAIL TRY-1.2 MUST on ONE: TRY-1.2 <holds>");
    expect(text).toMatch(/1\.5 ms +\| #0 FIN/);
    expect(text).toContain(`${command} --only TRY-1.2 --runtime one --seed 1996`);
    expect(text).toContain("1 unsupported, 1 known to fail, 0 non-strict");
  });

  it("keeps to the width of its terminal, and says what its letters mean", () => {
    const many: readonly Case[] = Array.from({ length: 7 }, (_, i) => ({
      ...cases[0]!,
      id: `MANY-1.${i + 1}`,
      title: "x".repeat(200),
    }));
    const results = many.map(({ id }, i) => result(id, i % 3 === 0 ? "pass" : "does not apply"));
    const wide = reportOf(paths, {
      seed: 1,
      cases: many,
      seconds: 2,
      command,
      columns: [column("one", results)],
    });
    for (const width of [20, 80, 132]) {
      const [header, row, legend] = renderTable(wide, PLAIN, width).split("\n");
      expect(header).toMatch(/^clause {3}ONE/);
      expect(row).toMatch(/^MANY-1 {3}3P 4· {2}/);
      expect(row!.length).toBeLessThanOrEqual(width);
      expect(legend).toBe("P pass, · does not apply");
    }
  });

  it("is a page that needs nothing from elsewhere, and cannot be broken by a message", () => {
    const page = renderPage(report);
    expect(page).not.toMatch(/(src|href)="(?!data:|#)/);
    expect(page).not.toMatch(/url\(|@import|https?:\/\//);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).toContain("TRY-1.1 &lt;holds>");
    const [, json] = /id="report">(.*?)<\/script>/s.exec(page)!;
    expect(JSON.parse(json!)).toEqual(JSON.parse(JSON.stringify(report)));
    const [, script] = /<script>(.*?)<\/script>/s.exec(page)!;
    expect(() => new Function(script!)).not.toThrow();
    expect(page).toContain('data-verdicts="fail|known"');
    expect(page).toMatch(
      /mark bad" title="fail"><b aria-hidden="true">✗<\/b> <span class="word">fail/,
    );
  });
});
