/** What the pages say of cases of the suite is about cases that there are. */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cases } from "../conformance/index.ts";

const clauses = new Set(cases.flatMap(({ id }) => {
  const clause = id.replace(/\.\d+$/, "");
  return [id, clause, clause.replace(/-.*$/, "")];
}));

const pages = readdirSync("docs/guide")
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/guide/${name}`);

for (const page of ["README.md", "CONTRIBUTING.md", ...pages]) {
  test(`every case that ${page} names is in the suite`, () => {
    const text = readFileSync(page, "utf8");
    const named = [...text.matchAll(/`([A-Z]+-\d+[a-z]?(?:\.\d+)?)`/g)].map(({ 1: id }) => id!);
    expect(named.filter((id) => !clauses.has(id))).toEqual([]);
  });
}
