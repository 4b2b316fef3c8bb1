/**
 * The requests that gunicorn's own tests are made of, valid and invalid, as seen by this server.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One file of the corpus. */
export interface Sample {
  /** Such as `invalid/001`. */
  readonly name: string;
  readonly isValid: boolean;
  readonly input: Uint8Array;
  /** The methods of the requests in it, for a valid one. */
  readonly methods: readonly string[];
}

/** What is answered otherwise here, on purpose. */
const DIFFERENCES: Readonly<Record<string, readonly string[]>> = {
  "a fragment is no part of a target": ["valid/005", "valid/009"],
  "a target is ASCII": ["valid/027"],
  "a user has no place in a target": ["valid/rfc9112_target_absolute_userinfo_01"],
  "a head has 16 KiB, whatever it is made of; theirs is set otherwise for the file": [
    "valid/024",
    "invalid/006",
    "invalid/007",
    "invalid/008",
    "invalid/009",
    "invalid/010",
    "invalid/011",
    "invalid/012",
    "invalid/017",
    "invalid/limit_header_default_01",
  ],
  "no transfer coding but chunked is known, beside chunked either": [
    "valid/025",
    "valid/025_line",
    "valid/029",
    "valid/030",
    "valid/rfc9112_smuggle_gzip_chunked_01",
    "valid/rfc9112_smuggle_te_identity_chunked_01",
  ],
  "a space before the colon, which theirs is told to take": ["valid/028"],
  "a folded field, which theirs is told to take": [
    "valid/compat_obs_fold",
    "valid/compat_obs_fold_huge",
  ],
  "the body is shorter than announced": ["valid/099"],
  "the PROXY protocol is not spoken": ["valid/pp_01", "valid/pp_02", "valid/pp_04", "valid/pp_05"],
  "CONNECT is for proxies": [
    "valid/rfc9112_target_authority_connect_01",
    "valid/rfc9112_target_authority_ipv6_01",
  ],
  "what X-Forwarded fields mean is for the handler to know": ["invalid/019"],
  "an underscore is no hyphen: fields do not become variables of an environment": [
    "invalid/040",
    "invalid/chunked_07",
  ],
  "two types of a body say nothing about where it ends": ["invalid/041"],
};

/** Methods of nobody: a handler is told them as they are, where the runtime's `Request` has them. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  Bun: ["valid/031", "valid/031compat", "valid/031compat2"],
  others: ["valid/031compat", "invalid/003c"],
};

/** Why a sample is answered otherwise on a runtime, if it shall be. */
export function differenceOf({ name }: Sample, runtime: string): string | undefined {
  if ((METHODS[runtime] ?? METHODS.others)?.includes(name)) {
    return runtime === "Bun" ? "its Request has no such method" : "any token is a method";
  }
  return Object.entries(DIFFERENCES).find(([, names]) => names.includes(name))?.[0];
}

/** Reads `tests/requests` of a checkout of gunicorn. */
export function readCorpus(folder: string): Sample[] {
  return ["valid", "invalid"].flatMap((kind) =>
    readdirSync(join(folder, kind))
      .filter((file) => file.endsWith(".http"))
      .sort()
      .map((file) => readSample(join(folder, kind, file), kind))
  );
}

function readSample(path: string, kind: string): Sample {
  const name = `${kind}/${path.split(/[/\\]/).at(-1)!.slice(0, -".http".length)}`;
  const about = readFileSync(path.replace(/http$/, "py"), "utf8");
  return {
    name,
    isValid: kind === "valid",
    input: withHost(unescape(readFileSync(path, "latin1"))),
    methods: [...about.matchAll(/"method": "([^"]+)"/g)].map(([, method]) => method!),
  };
}

/** In a file a line end is nothing, and what stands for one is `\r\n`. */
function unescape(text: string): string {
  const letters: Record<string, string> = { r: "\r", n: "\n", t: "\t", 0: "\0" };
  return text.replaceAll("\n", "").replace(
    /\\(?:x([0-9a-fA-F]{2})|([rnt0]))/g,
    (_, hex, letter) => hex ? String.fromCharCode(parseInt(hex, 16)) : letters[letter]!,
  );
}

/** Almost none of them has a Host, which HTTP/1.1 has to have: that is not what they test. */
function withHost(text: string): Uint8Array {
  const hosted = text.replace(
    /^([^\r\n]* HTTP\/1\.1\r\n)((?:[^\r\n]+\r\n)*)/gm,
    (whole, line, fields) =>
      /^host\s*:/im.test(fields) ? whole : `${line}Host: corpus\r\n${fields}`,
  );
  return Uint8Array.from(hosted, (letter) => letter.charCodeAt(0));
}
