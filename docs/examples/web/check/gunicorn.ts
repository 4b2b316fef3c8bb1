/**
 * The requests that gunicorn's own tests are made of, valid and invalid, as seen by this server.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readStrings } from "./python_strings.ts";
import { bytesOf, type Difference, type Expected, type Sample, withHost } from "./samples.ts";

/** What is understood otherwise here, on purpose. Some are of newer versions only. */
const DIFFERENCES: readonly Difference[] = [
  { why: "a fragment is no part of a target", verdict: 400, names: ["valid/005"] },
  {
    why: "nor is it here, and both a coding and a length say where the body ends",
    verdict: 400,
    names: ["valid/009"],
  },
  { why: "a target is ASCII", verdict: 400, names: ["valid/027"] },
  {
    why: "a user has no place in a target",
    verdict: 400,
    names: ["valid/rfc9112_target_absolute_userinfo_01"],
  },
  {
    why:
      "a head has one bound, whatever it is made of; theirs are of a line, a field, and how many",
    verdict: "answered",
    names: [
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
  },
  {
    why: "no transfer coding but chunked is known, beside chunked either",
    verdict: 501,
    names: [
      "valid/025",
      "valid/025_line",
      "valid/029",
      "valid/030",
      "valid/rfc9112_smuggle_gzip_chunked_01",
      "valid/rfc9112_smuggle_te_identity_chunked_01",
    ],
  },
  {
    why: "a space before the colon, which theirs is told to take",
    verdict: 400,
    names: ["valid/028"],
  },
  {
    why: "a folded field, which theirs is told to take",
    verdict: 400,
    names: ["valid/compat_obs_fold", "valid/compat_obs_fold_huge"],
  },
  { why: "the body is shorter than announced", verdict: 400, names: ["valid/099"] },
  {
    why: "the PROXY protocol is not spoken",
    verdict: 400,
    names: ["valid/pp_01", "valid/pp_02", "valid/pp_04", "valid/pp_05"],
  },
  {
    why: "CONNECT is for proxies",
    verdict: 400,
    names: [
      "valid/rfc9112_target_authority_connect_01",
      "valid/rfc9112_target_authority_ipv6_01",
    ],
  },
  {
    why: "what X-Forwarded fields mean is for the handler to know",
    verdict: "answered",
    names: ["invalid/019"],
  },
  {
    why:
      "an underscore is no hyphen: fields do not become variables, and none is dropped or refused",
    verdict: "answered",
    names: ["valid/040", "invalid/040", "invalid/chunked_07"],
  },
  {
    why: "two types of a body say nothing about where it ends",
    verdict: "answered",
    names: ["invalid/041"],
  },
];

/** Methods of nobody: a handler is told them as they are, where the runtime's `Request` has them. */
const METHODS: Readonly<Record<string, readonly Difference[]>> = {
  Bun: [{
    why: "its Request has no such method",
    verdict: 501,
    names: ["valid/031", "valid/031compat", "valid/031compat2"],
  }],
  others: [{
    why: "any token is a method, and stays as it is",
    verdict: "answered",
    names: ["valid/031compat", "invalid/003c"],
  }],
};

/** What is understood otherwise on a runtime. */
export function differencesOf(runtime: string): readonly Difference[] {
  return [...METHODS[runtime] ?? METHODS.others!, ...DIFFERENCES];
}

/** Reads `tests/requests` of a checkout of gunicorn. */
export function readGunicorn(folder: string): Sample[] {
  return ["valid", "invalid"].flatMap((kind) =>
    readdirSync(join(folder, kind))
      .filter((file) => file.endsWith(".http"))
      .sort()
      .map((file) => readSample(join(folder, kind), kind, file.slice(0, -".http".length)))
  );
}

function readSample(folder: string, kind: string, name: string): Sample {
  const about = readFileSync(join(folder, `${name}.py`), "utf8");
  const input = unescape(readFileSync(join(folder, `${name}.http`), "latin1"));
  return {
    name: `${kind}/${name}`,
    input: bytesOf(withHost(input)),
    expected: kind === "valid" ? readExpected(about) : undefined,
  };
}

/** What a file of theirs says about its requests, one after the other. */
export function readExpected(about: string): Expected[] {
  const [, ...requests] = about.split(/(?=["']method["']\s*:)/);
  return requests.map((text) => {
    const stringsBehind = (pattern: RegExp) => {
      const match = pattern.exec(text);
      return match === null ? [] : readStrings(text.slice(match.index + match[0].length));
    };
    const headers = /["']headers["']\s*:\s*\[([^]*?)\]\s*,\s*["']body["']/.exec(text)?.[1] ?? "";
    return {
      method: stringsBehind(/["']method["']\s*:/)[0]!,
      target: stringsBehind(/uri\(/)[0],
      headers: pairsOf(readStrings(headers)),
      body: stringsBehind(/["']body["']\s*:/)[0],
    };
  });
}

/** `undefined` where a value is no string but has to be computed. */
function pairsOf(strings: readonly string[]): [name: string, value: string][] | undefined {
  if (strings.length % 2 > 0) return undefined;
  return strings.flatMap((name, i) => i % 2 === 0 ? [[name, strings[i + 1]!]] : []);
}

/** In a file a line end is nothing, and what stands for one is `\r\n`. */
function unescape(text: string): string {
  const letters: Record<string, string> = { r: "\r", n: "\n", t: "\t", 0: "\0" };
  return text.replaceAll("\n", "").replace(
    /\\(?:x([0-9a-fA-F]{2})|([rnt0]))/g,
    (_, hex, letter) => hex ? String.fromCharCode(parseInt(hex, 16)) : letters[letter]!,
  );
}
