/**
 * What is published to npm: what somebody who imports an entry, or runs the command, can reach.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

/** Started by path, so that no import names them. */
const STARTED = [
  "dist/conformance/launchers/bun.js",
  "dist/conformance/launchers/deno.js",
  "dist/conformance/launchers/node.js",
  "dist/conformance/launchers/workerd.js",
  "dist/conformance/node/witness.js",
];

const IMPORTS = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

/** Targets of an `exports` map, or of `bin`. */
type Targets = string | { readonly [name: string]: Targets };

/** The files of `dist` that are published, in a checkout or package in the working folder. */
export function published(): Set<string> {
  const { exports, bin } = JSON.parse(readFileSync("package.json", "utf8"));
  const found = new Set<string>();
  const waiting = [...filesOf(exports), ...filesOf(bin), ...STARTED];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file) || !file.startsWith("dist/")) continue;
    found.add(file);
    waiting.push(...importsOf(file));
    if (isMapWanted(`${file}.map`)) found.add(`${file}.map`);
  }
  return found;
}

/** The files of `dist` that are not. */
export function unpublished(): string[] {
  const wanted = published();
  return readdirSync("dist", { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => posix.join(parentPath.replaceAll("\\", "/"), name))
    .filter((file) => !wanted.has(file));
}

function filesOf(targets: Targets): string[] {
  if (typeof targets === "string") return [posix.normalize(targets)];
  return Object.values(targets).flatMap(filesOf);
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const files = Array.from(text.matchAll(IMPORTS), ([, specifier = ""]) => {
    const target = posix.join(posix.dirname(file), specifier);
    return file.endsWith(".d.ts") ? target.replace(/(?:\.d)?\.ts$|\.js$/, ".d.ts") : target;
  });
  // An example in a comment may import what only its reader has.
  return files.filter((each) => existsSync(each));
}

/** The suite's maps would be a third of the package, and its code can be read as it is. */
function isMapWanted(map: string): boolean {
  if (!existsSync(map)) return false;
  const { sources } = JSON.parse(readFileSync(map, "utf8")) as { sources: string[] };
  return sources.some((source) => !source.includes("conformance/"));
}
