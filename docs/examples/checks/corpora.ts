/**
 * What others have tested their programs with, as Debian keeps it: sources of a version that will
 * not change.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "./peers.ts";

/** Files of an archive. */
export interface Corpus {
  /** With its version. */
  readonly title: string;
  /** Where it is in a repository of Debian. */
  readonly path: string;
  readonly sha256: string;
  /** Which of its files, as a pattern of `tar`. */
  readonly only: string;
}

/** All of them. */
export const CORPORA: Readonly<Record<string, Corpus>> = {
  gunicorn: {
    title: "gunicorn 23.0.0",
    path: "pool/main/g/gunicorn/gunicorn_23.0.0.orig.tar.gz",
    sha256: "d92daec8a5fb3d48d61ae13841173e93f321b0fd3378d876b7efbb75a1e95247",
    only: "*/tests/requests",
  },
  "http-parser": {
    title: "http-parser 2.9.4",
    path: "pool/main/h/http-parser/http-parser_2.9.4.orig.tar.gz",
    sha256: "467b9e30fd0979ee301065e70f637d525c28193449e1b13fbcb1b1fab3ad224f",
    only: "*/test.c",
  },
};

/** Where a corpus is put. */
export function folderOf(name: string): string {
  return join(CACHE, "corpora", CORPORA[name]!.title.replace(" ", "-"));
}

/** Where a corpus is; `undefined` for nowhere. */
export function findCorpus(name: string): string | undefined {
  const folder = folderOf(name);
  return existsSync(folder) ? folder : undefined;
}
