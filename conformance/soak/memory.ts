/**
 * How much memory this process has, when everything is collected that can be.
 *
 * @module
 */

import process from "node:process";

declare const globalThis: {
  readonly gc?: () => void;
  readonly Bun?: { gc(force: boolean): void };
};

/** Bytes. */
export interface Memory {
  /** What the system has given the process. */
  readonly rss: number;
  /** What its objects take. */
  readonly heap: number;
  /** What lies outside of the heap: buffers. */
  readonly external: number;
}

/** Collects what can be collected, more than once, as finalizers free more. */
export async function collect(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    globalThis.Bun?.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** As it is now. */
export function memoryOf(): Memory {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, external };
}
