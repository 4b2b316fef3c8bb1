import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = readFileSync("docs/guide/three_ways.md", "utf8");
const shown = [...page.matchAll(/^```typescript\n([\s\S]*?)^```$/gm)].map(({ 1: code }) => code);

/** A file's code as its reader would write it: without the header, importing the package. */
function codeOf(name: string): string {
  const file = readFileSync(`conformance/three_ways/${name}.ts`, "utf8");
  return file.replace(/^\/\*\*[\s\S]*?\*\/\n+/, "").replaceAll("../../core/index.ts", "asynchat");
}

test("the page shows the servers that the cases WAY run, to the letter", () => {
  expect(shown).toEqual(["store", "callbacks", "handler", "generator"].map(codeOf));
});
