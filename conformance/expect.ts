/**
 * The few assertions that cases use. Each says what should have been, and what was.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import { Failure } from "./case.ts";

// As they are now: a case may count those of the code under test.
const { setTimeout, clearTimeout } = globalThis;

/** Fails unless `condition` holds. */
export function need(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Failure(message);
}

/** Fails unless the two are the same, deeply. */
export function equal<T>(observed: T, expected: T, what: string): void {
  if (same(observed, expected)) return;
  throw new Failure(
    `${what}: expected ${show(expected)}, got ${show(observed)}`,
    show(expected),
    show(observed),
  );
}

/** Fails unless `act` throws, or rejects with, a {@linkcode ChatError} of that kind. */
export async function rejects(
  act: () => unknown,
  kind: ChatError["kind"],
  what: string,
): Promise<ChatError> {
  const expected = `ChatError of kind "${kind}"`;
  let answer: unknown;
  try {
    answer = await act();
  } catch (error) {
    if (error instanceof ChatError && error.kind === kind) return error;
    if (error instanceof Failure) throw error;
    throw new Failure(
      `${what}: failed with ${show(error)} instead of a ${expected}`,
      expected,
      show(error),
    );
  }
  throw new Failure(`${what}: did not fail`, expected, show(answer));
}

/** Fails unless `promise` settles within so many milliseconds. */
export async function within<T>(
  promise: Promise<T>,
  milliseconds: number,
  what: string,
): Promise<T> {
  const deadline = performance.now() + milliseconds;
  const answer = await before(() => deadline, promise.then((value) => [value]));
  if (answer !== undefined) return answer[0] as T;
  throw new Failure(`did not happen within ${milliseconds} ms: ${what}`, what, "nothing");
}

/** What `promise` settles with; `undefined` when it has not by the deadline, which may move away. */
export async function before<T>(
  deadline: () => number,
  promise: Promise<T>,
): Promise<T | undefined> {
  let callOff = () => {};
  const late = new Promise<undefined>((resolve) => {
    const look = () => {
      const left = deadline() - performance.now();
      if (left <= 0) return resolve(undefined);
      const timer = setTimeout(look, left);
      callOff = () => clearTimeout(timer);
    };
    look();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    callOff();
  }
}

/** Lets everything run that is due. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A value in words, short enough for a line. */
export function show(value: unknown): string {
  if (value instanceof Error) {
    const kind = "kind" in value ? ` (${String(value.kind)})` : "";
    return `${value.name}${kind}: ${value.message}`;
  }
  const text = value instanceof Uint8Array
    ? `${value.length} bytes [${value.subarray(0, 16).join(" ")}${value.length > 16 ? " …" : ""}]`
    : JSON.stringify(value, replace) ?? String(value);
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

function replace(_key: string, value: unknown): unknown {
  if (value instanceof Error || value instanceof Uint8Array) return show(value);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value;
}

function same(one: unknown, two: unknown): boolean {
  // Two errors are one when they are one: their own properties tell next to nothing.
  if (one instanceof Error || two instanceof Error) return one === two;
  if (Object.is(one, two)) return true;
  if (typeof one !== "object" || typeof two !== "object" || one === null || two === null) {
    return false;
  }
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(two)) return false;
  if (one instanceof Uint8Array && two instanceof Uint8Array) {
    return one.length === two.length && one.every((byte, i) => byte === two[i]);
  }
  const names = Object.keys(one);
  if (names.length !== Object.keys(two).length) return false;
  return names.every((name) =>
    Object.hasOwn(two, name) && same(Reflect.get(one, name), Reflect.get(two, name))
  );
}
