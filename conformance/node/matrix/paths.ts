/**
 * Where things are: run from source or built, in a checkout or as a dependency.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The places that the orchestra needs. */
export interface Paths {
  /** The package: where `package.json` and `node_modules` are. */
  readonly root: string;
  /** The package's own source is there, not only what is published. */
  readonly isCheckout: boolean;
  /** An entry that Node can run: `built("conformance/node/witness")`. */
  built(entry: string): string;
  /** The same entry for runtimes that like TypeScript; the built one where there is no source. */
  source(entry: string): string;
  /** A binary: of a package that is installed, else one in the PATH. */
  binary(name: string): string;
}

/** Finds them from an entry three folders deep, such as `dist/conformance/node/cli.js`. */
export function pathsFrom(entry: string): Paths {
  const base = join(dirname(fileURLToPath(entry)), "../..");
  return pathsOf(base, entry.endsWith(".ts") ? ".ts" : ".js");
}

/** The places of a checkout at `root` that has been built. */
export function pathsOfCheckout(root: string): Paths {
  return pathsOf(join(root, "dist"), ".js");
}

function pathsOf(base: string, extension: string): Paths {
  const root = nearest(base, "package.json") ?? process.cwd();
  const built = (entry: string) => join(base, entry + extension);
  return {
    root,
    isCheckout: existsSync(join(root, "conformance")),
    built,
    source(entry) {
      const source = join(root, `${entry}.ts`);
      return existsSync(source) ? source : built(entry);
    },
    binary: (name) => binaryOf(root, name),
  };
}

function binaryOf(root: string, name: string): string {
  const local = join("node_modules/.bin", name);
  const folder = nearest(root, local);
  if (folder !== undefined) return join(folder, local);
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return join(folders.find((each) => existsSync(join(each, name))) ?? root, name);
}

function nearest(folder: string, file: string): string | undefined {
  for (let at = folder;; at = dirname(at)) {
    if (existsSync(join(at, file))) return at;
    if (at === dirname(at)) return undefined;
  }
}
