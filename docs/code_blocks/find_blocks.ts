/**
 * The code blocks of the pages, and the `@example`s of the public API.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Code that a reader may copy. */
export interface Block {
  /** Where it stands. */
  readonly title: string;
  /** A name for a file of it. */
  readonly name: string;
  readonly code: string;
  /** Marked as `ts server`: it does not end by itself. */
  readonly isServer: boolean;
  /** The folder that its relative imports start from. */
  readonly folder: string;
}

/** The beginning of a block, of whatever language. */
export interface Fence {
  readonly title: string;
  /** What stands behind the three backticks. */
  readonly language: string;
}

/** Pages, and sources with examples; relative to the repository. */
export const pages: readonly string[] = ["core", "adapters", "conformance", "docs"]
  .flatMap((top) =>
    readdirSync(top, { recursive: true, encoding: "utf8" }).map((path) => join(top, path))
  )
  .concat(readdirSync("."))
  .filter((path) =>
    /\.(tsx?|md)$/.test(path) &&
    !/node_modules|\.test\.ts$|[/\\]site[/\\]|^docs[/\\]code_blocks/.test(path)
  );

/** A page's text; of a source, the text of its comments. */
function textOf(path: string): string {
  const text = readFileSync(path, "utf8");
  return path.endsWith(".md") ? text : text.replace(/^[ \t]*\* ?/gm, "");
}

const lineAt = (text: string, index: number) => text.slice(0, index).split("\n").length;

/** Every block that is run. */
export const blocks: readonly Block[] = pages.flatMap((path) => {
  const text = textOf(path);
  return [...text.matchAll(/^```ts( server)?\n([\s\S]*?)^```$/gm)].map(
    ({ 1: server, 2: code = "", index }) => {
      const line = lineAt(text, index) + 1;
      return {
        title: `${path}:${line}`,
        name: `${path.replaceAll(/\W/g, "_")}_${line}`,
        code,
        isServer: server !== undefined,
        folder: dirname(path),
      };
    },
  );
});

/** Every block that there is, counted in another way: line by line, indented or not. */
export const fences: readonly Fence[] = pages.flatMap((path) => {
  const found: Fence[] = [];
  let isOpen = false;
  textOf(path).split("\n").forEach((line, index) => {
    const fence = /^\s*(?:`{3,}|~{3,})(.*)$/.exec(line);
    if (fence === null) return;
    isOpen = !isOpen;
    if (isOpen) found.push({ title: `${path}:${index + 1}`, language: fence[1]!.trim() });
  });
  return found;
});
