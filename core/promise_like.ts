/**
 * Telling a promise from a plain answer.
 *
 * @module
 */

/** Whether `value` is a promise, of whatever origin. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  // Almost every answer is none: a property of `undefined` costs more to look for than its type.
  return typeof value === "object" &&
    typeof (value as Partial<PromiseLike<T>> | null)?.then === "function";
}
