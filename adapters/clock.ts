/**
 * What every runtime has as a global and no ECMAScript library declares: time, turns, a console.
 *
 * Declared here, and only what is needed, so that shared files name no runtime.
 *
 * @module
 */

declare const setTimeout: (act: () => void, milliseconds: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;
declare const queueMicrotask: (act: () => void) => void;
declare const performance: { now(): number };
declare const console: { error(...what: unknown[]): void };

/** The longest delay that every runtime's timer takes, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds of a clock that only goes forward. */
export function now(): number {
  return performance.now();
}

/** Calls `act` after so many milliseconds, and answers how to call that off. */
export function after(milliseconds: number, act: () => void): () => void {
  const timer = setTimeout(act, Math.min(Math.max(0, milliseconds), LONGEST));
  return () => clearTimeout(timer);
}

/** Calls `act` when the code that runs now is done, before anything else happens. */
export function soon(act: () => void): void {
  queueMicrotask(act);
}

/** Shows an error that nobody handled. */
export function complain(error: unknown, peer: string): void {
  console.error(`asynchat: unhandled error in the conversation with ${peer}:`, error);
}

/** Tells `onerror` of an error that nobody handled, and shows it where that is not to be had. */
export function reportTo(
  onerror: ((error: unknown, peer: string) => void) | undefined,
  error: unknown,
  peer: string,
): void {
  if (onerror === undefined) return complain(error, peer);
  try {
    onerror(error, peer);
  } catch (another) {
    complain(error, peer);
    complain(another, peer);
  }
}
