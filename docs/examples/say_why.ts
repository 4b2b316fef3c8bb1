/**
 * How a program ends that cannot begin.
 *
 * @module
 */

import process from "node:process";

/**
 * For `.catch()`: says in one line that a port is taken, that nobody listens, or that a file is not
 * there, and ends the program. Any other error is a mistake in the program, and is thrown.
 */
export function sayWhy(error: unknown): never {
  const { kind, code, message } = error as { kind?: unknown; code?: unknown; message?: unknown };
  if (kind === undefined && typeof code !== "string") throw error;
  console.error(message);
  process.exit(1);
}
