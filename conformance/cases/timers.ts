/**
 * The timers that a conversation sets, counted.
 *
 * @module
 */

/** Timers above this, in milliseconds, are ours: nobody else waits for hours. */
export const HOURS = 10_000_000;

/** Timers of hours. */
export interface Timers {
  /** Timers of hours that have been set so far. */
  readonly set: number;
  /** Those that have not been cleared. */
  readonly pending: number;
  /** Counts no more. */
  restore(): void;
}

/** Counts the timers of hours that are set from now on. */
export function watchTimers(): Timers {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const pending = new Set<unknown>();
  let count = 0;
  globalThis.setTimeout = ((act: () => void, milliseconds?: number, ...rest: unknown[]) => {
    const timer = set(act, milliseconds, ...rest);
    if (milliseconds !== undefined && milliseconds > HOURS) {
      count++;
      pending.add(timer);
    }
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    pending.delete(timer);
    clear(timer as number | undefined);
  };
  return {
    get set() {
      return count;
    },
    get pending() {
      return pending.size;
    },
    restore() {
      globalThis.setTimeout = set;
      globalThis.clearTimeout = clear;
    },
  };
}
