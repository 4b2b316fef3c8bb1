// Writes the vectors that the suite carries along, for runtimes that have no files:
//   node dist/conformance/node/embed_vectors.js
// To be run in the project's folder, after the project's vectors were recorded anew.
import { readFileSync, writeFileSync } from "node:fs";
import { parseVector } from "../vector_format.ts";

const SOURCE = "conformance/oracle/vectors.jsonl";
const TARGET = "conformance/cases/core_vectors_data.ts";
const OF_EACH_FAMILY = 50;
const LONGEST_LINE = 1_000;

const taken = new Map<string, number>();
const lines = readFileSync(SOURCE, "utf8").split("\n").filter((line) => {
  if (line === "" || line.length > LONGEST_LINE) return false;
  const { fam } = parseVector(line);
  const count = taken.get(fam) ?? 0;
  taken.set(fam, count + 1);
  return count < OF_EACH_FAMILY;
});

const text = lines.join("\n");
if (/`|\$\{/.test(text)) throw new Error("a vector holds what would end the template");

writeFileSync(
  TARGET,
  `// Written by conformance/node/embed_vectors.ts: the first ${OF_EACH_FAMILY} short vectors of each family.

/** Recorded conversations, one a line, that every runtime replays. */
export const EMBEDDED_VECTORS: string = String.raw\`
${text}
\`;
`,
);
console.log(`${lines.length} vectors, ${text.length} bytes: ${TARGET}`);
