/**
 * One input of the fuzzer: made by a seed, tried, and made smaller when it shows a fault.
 *
 * @module
 */

import { randomOf } from "../random.ts";
import { decode, type Decoding, decodingFrom } from "./decoding.ts";
import { Choices, steadyScript, wildScript } from "./making.ts";
import { perform } from "./performance.ts";
import { read, type Reading, readingFrom } from "./reading.ts";
import type { Script } from "./script.ts";
import { time, type Timing, timingFrom } from "./timing.ts";

/** What can be tried. */
export type Trial =
  | { readonly kind: "steady"; readonly script: Script; readonly seed: number }
  | { readonly kind: "wild"; readonly script: Script }
  | { readonly kind: "timing"; readonly timing: Timing }
  | { readonly kind: "reading"; readonly reading: Reading }
  | { readonly kind: "decoding"; readonly decoding: Decoding };

/** The kinds, each as often as it stands here. */
const KINDS: readonly Trial["kind"][] = [
  "steady",
  "steady",
  "wild",
  "wild",
  "timing",
  "reading",
  "decoding",
];

/** The input that a seed makes. */
export function trialFrom(seed: number): Trial {
  const choices = new Choices(randomOf(seed));
  const kind = choices.of(KINDS);
  switch (kind) {
    case "steady":
      return { kind, script: steadyScript(choices), seed };
    case "wild":
      return { kind, script: wildScript(choices) };
    case "timing":
      return { kind, timing: timingFrom(choices) };
    case "reading":
      return { kind, reading: readingFrom(choices) };
    case "decoding":
      return { kind, decoding: decodingFrom(choices) };
  }
}

/** Tries it; answers what was against the laws. */
export async function attempt(trial: Trial): Promise<string[]> {
  switch (trial.kind) {
    case "steady":
      return await attemptSteady(trial.script, trial.seed);
    case "wild":
      return [...(await perform(trial.script, false, whole)).wrong];
    case "timing":
      return time(trial.timing);
    case "reading":
      return await read(trial.reading);
    case "decoding":
      return decode(trial.decoding);
  }
}

/** The first law: however the input is cut, the same is told and the same is sent. */
async function attemptSteady(script: Script, seed: number): Promise<string[]> {
  const expected = await perform(script, true, whole);
  const wrong = [...expected.wrong];
  const random = randomOf(seed);
  for (const cut of [bytewise, randomly(random, random() < 0.5 ? 3 : 12)]) {
    const observed = await perform(script, true, cut);
    wrong.push(...observed.wrong);
    const [one, two] = [expected.told.join(" | "), observed.told.join(" | ")];
    if (one !== two) wrong.push(`cut, it told\n  ${two}\nwhole, it told\n  ${one}`);
    const comparable = expected.sent !== undefined && observed.sent !== undefined;
    if (comparable && expected.sent !== observed.sent) {
      wrong.push(`cut, it sent\n  ${observed.sent}\nwhole, it sent\n  ${expected.sent}`);
    }
  }
  return wrong;
}

function whole(bytes: Uint8Array): Uint8Array[] {
  return bytes.length === 0 ? [] : [bytes];
}

function bytewise(bytes: Uint8Array): Uint8Array[] {
  return [...bytes].map((byte) => Uint8Array.of(byte));
}

function randomly(random: () => number, most: number): (bytes: Uint8Array) => Uint8Array[] {
  return (bytes) => {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + Math.floor(random() * most);
      chunks.push(bytes.subarray(at, end));
      at = end;
    }
    return chunks;
  };
}

/** Makes a trial that shows a fault smaller, as long as it shows one. */
export async function shrink(trial: Trial, attempts = 2_000): Promise<Trial> {
  const fault = await faultOf(trial);
  let smallest = trial;
  let left = attempts;
  for (let found = true; found && left > 0;) {
    found = false;
    for (const smaller of smallerThan(smallest) as Iterable<Trial>) {
      if (left-- <= 0) break;
      if (await faultOf(smaller) !== fault) continue;
      smallest = smaller;
      found = true;
      break;
    }
  }
  return smallest;
}

/** What goes wrong, as far as it stays the same when the trial is made smaller. */
async function faultOf(trial: Trial): Promise<string | undefined> {
  try {
    return (await attempt(trial))[0]?.replaceAll(/\d+/g, "#").slice(0, 16);
  } catch {
    return "it cannot be tried";
  }
}

/** The same value with something left away, or a number made less. */
function* smallerThan(value: unknown): Generator<unknown> {
  if (typeof value === "string") {
    if (value.length > 1) yield value.slice(0, value.length >> 1);
    if (value.length > 1) yield value.slice(value.length >> 1);
    if (value.length > 0 && value.length < 30) {
      for (let i = 0; i < value.length; i++) yield value.slice(0, i) + value.slice(i + 1);
    }
  } else if (typeof value === "number") {
    if (value > 1) yield value >> 1;
    if (value > 0) yield value - 1;
  } else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) yield [...value.slice(0, i), ...value.slice(i + 1)];
    for (let i = 0; i < value.length; i++) {
      for (const smaller of smallerThan(value[i])) {
        yield [...value.slice(0, i), smaller, ...value.slice(i + 1)];
      }
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, own] of Object.entries(value)) {
      if (FIXED.has(name)) continue;
      for (const smaller of smallerThan(own)) yield { ...value, [name]: smaller };
    }
  }
}

/** What is a name, or makes no difference. */
const FIXED: ReadonlySet<string> = new Set(["kind", "do", "hook", "framing", "seed", "overlong"]);
