import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EMBEDDED_VECTORS } from "./cases/core_vectors_data.ts";
import { parseVector, type Vector, type VectorEvent } from "./vector_format.ts";
import { QUIRKS } from "./vector_quirks.ts";
import { type Difference, replayVector } from "./vectors.ts";

const FILE = fileURLToPath(new URL("oracle/vectors.jsonl", import.meta.url));
const lines = readFileSync(FILE, "utf8").trimEnd().split("\n");
const vectors = lines.map(parseVector);

function differencesOf(replayed: readonly Vector[]): Difference[] {
  return replayed.flatMap((vector) => replayVector(vector).differences);
}

describe("the project's vectors", () => {
  test.each([...new Set(vectors.map(({ fam }) => fam))])("family %s", (family) => {
    expect(differencesOf(vectors.filter(({ fam }) => fam === family))).toEqual([]);
  });

  test("more than nine of ten steps are compared", () => {
    const compared = vectors.reduce((sum, vector) => sum + replayVector(vector).compared, 0);
    const steps = vectors.reduce((sum, vector) => sum + vector.steps.length, 0);
    expect(compared / steps).toBeGreaterThan(0.9);
  });

  test("every quirk is in the table, and the table has no other", () => {
    const tags = new Set(vectors.flatMap(({ q }) => Object.keys(q)));
    expect([...tags].sort()).toEqual(Object.keys(QUIRKS).sort());
  });

  test("the embedded ones are of them, and of every family", () => {
    const embedded = EMBEDDED_VECTORS.trim().split("\n");
    const known = new Set(lines);
    expect(embedded.filter((line) => !known.has(line))).toEqual([]);
    expect(embedded.length).toBe(300);
    const families = new Set(embedded.map((line) => parseVector(line).fam));
    expect(families).toEqual(new Set(vectors.map(({ fam }) => fam)));
  });
});

/** A vector that has everything there is to be corrupted. */
const SOUND: Vector = {
  id: "sound",
  fam: "all",
  in: 4,
  out: 3,
  conn: 1,
  he: "close",
  pol: [[["push", "reply"]], [["term", 5]], []],
  steps: [
    [["term", "\r\n"], []],
    [["feed", "ab\r\ncd"], [["d", "ab"], "f", ["o", "rep"], ["d", "cd"], ["o", "ly"]]],
    [["term", -1], [["throw", "ValueError"]]],
    [["feed", "\r\nxyz"], ["f", ["d", "xy"], ["d", "z"]]],
    [["get"], [["term", 2]]],
    [["term", "END"], []],
    [["room", 1], []],
    [["prod", ["pq", "r"]], [["m", 0], ["o", "p"]]],
    [["feed", "zE"], [["d", "z"]]],
  ],
  end: { term: "END", held: "E", fifo: 2, pend: 1, open: 1 },
  q: {},
};

function withEvents(step: number, events: readonly VectorEvent[]): Vector {
  const steps = SOUND.steps.map(([op, old], index) => [op, index === step ? events : old] as const);
  return { ...SOUND, steps };
}

describe("a corrupted vector is told as different", () => {
  test("a sound one is not", () => {
    expect(differencesOf([SOUND])).toEqual([]);
  });

  test.each<[string, number, readonly VectorEvent[]]>([
    ["a byte of data", 1, [["d", "aB"], "f", ["o", "reply"], ["d", "cd"]]],
    ["data that is missing", 1, [["d", "ab"], "f", ["o", "reply"]]],
    ["a frame that is missing", 1, [["d", "ab"], ["o", "reply"], ["d", "cd"]]],
    ["a frame too many", 3, ["f", "f", ["d", "xyz"]]],
    ["order", 1, ["f", ["d", "ab"], ["o", "reply"], ["d", "cd"]]],
    ["a byte of output", 1, [["d", "ab"], "f", ["o", "replX"], ["d", "cd"]]],
    ["output that is missing", 7, [["m", 0]]],
    ["the name of an error", 2, [["throw", "TypeError"]]],
    ["an error that is missing", 2, []],
    ["a count", 4, [["term", 3]]],
    ["a close", 8, [["d", "z"], "close"]],
  ])("%s", (_, step, events) => {
    const differences = differencesOf([withEvents(step, events)]);
    expect(differences.map((difference) => difference.step)).toEqual([step]);
    expect(differences[0]!.clauses.length).toBeGreaterThan(0);
    expect(differences[0]!.expected).not.toBe(differences[0]!.observed);
  });

  test.each([
    ["term", { term: "EN" }],
    ["held", { held: "" }],
    ["pend", { pend: 2 }],
    ["open", { open: 0 as const }],
  ])("what is left: %s", (part, change) => {
    const differences = differencesOf([{ ...SOUND, end: { ...SOUND.end, ...change } }]);
    expect(differences.map(({ step, op }) => [step, op])).toEqual([["end", `"${part}"`]]);
    expect(differences[0]!.clauses.length).toBeGreaterThan(0);
  });

  test("an op that is none", () => {
    const vector = JSON.parse(JSON.stringify(SOUND).replace('["get"]', '["got"]'));
    expect(differencesOf([vector]).map(({ step }) => step)).toEqual([4]);
  });

  test("but not behind a quirk that we mend, nor sooner for one that we keep", () => {
    const wrong = withEvents(4, [["term", 3]]);
    expect(differencesOf([{ ...wrong, q: { "eof-drops-held": 4 } }])).toEqual([]);
    expect(differencesOf([{ ...wrong, q: { "eof-drops-held": 5 } }])).toHaveLength(1);
    expect(differencesOf([{ ...wrong, q: { "empty-terminator": 0 } }])).toHaveLength(1);
  });

  test("a line that is no vector, or names an unknown quirk, is refused", () => {
    expect(() => parseVector("{}")).toThrow("it has no id");
    expect(() => parseVector("null")).toThrow(SyntaxError);
    expect(() => parseVector(JSON.stringify({ ...SOUND, q: { oddity: 0 } }))).toThrow("oddity");
  });
});

describe("the command", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vectors-"));
    writeFileSync(join(folder, "sound.jsonl"), `${JSON.stringify(SOUND)}\n`);
    writeFileSync(join(folder, "wrong.jsonl"), `${JSON.stringify(withEvents(4, []))}\n{}\n`);
    writeFileSync(join(folder, "empty.jsonl"), "\n");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function command(...files: string[]) {
    // Deno runs the source as it is: a build is not needed, and cannot be stale.
    const deno = fileURLToPath(new URL("../node_modules/.bin/deno", import.meta.url));
    const script = fileURLToPath(new URL("node/vectors.ts", import.meta.url));
    const run = spawnSync(deno, ["run", "-A", script, ...files], { cwd: folder, encoding: "utf8" });
    const output = run.stdout.trimEnd().split("\n");
    return { status: run.status, output, last: output.at(-1) };
  }

  test("replays several files, and the project's own without one", () => {
    const some = command("sound.jsonl", "sound.jsonl");
    expect([some.status, some.last]).toEqual([0, "2 passed, 0 failed"]);
    const own = command();
    expect([own.status, own.last]).toEqual([0, `${vectors.length} passed, 0 failed`]);
  });

  test("prints each difference with its clauses, and a line that is no vector", () => {
    const { status, output, last } = command("sound.jsonl", "wrong.jsonl");
    expect([status, last]).toEqual([1, "1 passed, 2 failed"]);
    expect(output).toContain('wrong.jsonl:1: vector sound, step 4 ["get"]: TERM-1, TERM-10');
    expect(output).toContain("  expected []");
    expect(output).toContain('  got      [["term",2]]');
    expect(output.some((line) => line.startsWith("wrong.jsonl:2: no vector"))).toBe(true);
  });

  test("says that there is no oracle where there is no such Python", () => {
    const deno = fileURLToPath(new URL("../node_modules/.bin/deno", import.meta.url));
    const script = fileURLToPath(new URL("node/oracle.ts", import.meta.url));
    const run = spawnSync(deno, ["run", "-A", script], {
      encoding: "utf8",
      env: { ...process.env, PYTHON: "no-such-python" },
    });
    expect([run.status, run.stdout.split("\n")[0]]).toEqual([
      2,
      expect.stringMatching(/^NOT RUN: no Python 3\.8 to 3\.11/),
    ]);
  });

  test("exits with 2 when a file holds nothing, or is not there", () => {
    expect(command("empty.jsonl").status).toBe(2);
    expect(command("sound.jsonl", "missing.jsonl").status).toBe(2);
    expect(command("--unknown").status).toBe(2);
  });
});
