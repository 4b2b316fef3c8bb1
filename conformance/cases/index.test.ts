import { expect, test } from "vitest";
import { capabilities } from "../../adapters/node.ts";
import { cases, untested } from "./index.ts";

test("every capability has a contrary case, for those who declare it false", () => {
  const contrary = new Set(cases.map(({ lacks }) => lacks));
  expect(Object.keys(capabilities).filter((name) => !contrary.has(name as never))).toEqual([]);
});

test("a clause that is listed as untested has no case", () => {
  const clauses = new Set(cases.map(({ id }) => id.split(".")[0]));
  expect(untested.filter(({ clause }) => clauses.has(clause))).toEqual([]);
});

test("titles and reasons are one line each, and say something", () => {
  for (const { id, title, why } of cases) {
    expect(title, id).toMatch(/^[^\n]{20,120}[^.\n]$/);
    expect(why, id).toMatch(/^[^\n]{10,160}$/);
  }
});
