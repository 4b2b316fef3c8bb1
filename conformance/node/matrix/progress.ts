/**
 * Shows that a run is under way, and how far.
 *
 * @module
 */

import { isGood, type Result } from "../../result.ts";
import type { Column } from "./columns.ts";

/** How often a log gets a line, and a terminal a new one; in milliseconds. */
const EVERY = { log: 5_000, terminal: 100 };

/** Told of every result. */
export interface Progress {
  result(column: Column, result: Result): void;
  finished(column: Column): void;
  /** Leaves nothing behind. */
  end(): void;
}

/** Progress on a stream: one line that changes on a terminal, a few lines in a log. */
export function progressOn(stream: NodeJS.WriteStream, total: number): Progress {
  const counts = new Map<Column, { done: number; bad: number; over: boolean }>();
  let shown = "";
  const summary = () =>
    [...counts].map(([{ name }, { done, bad, over }]) =>
      `${name} ${over ? "done" : `${done}/${total}`}${bad > 0 ? ` (${bad} failed)` : ""}`
    ).join(" | ");
  const show = () => {
    const text = summary();
    if (text === shown) return;
    shown = text;
    if (stream.isTTY) stream.write(`\r\x1b[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
    else stream.write(`… ${text}\n`);
  };
  const timer = setInterval(show, stream.isTTY ? EVERY.terminal : EVERY.log);
  const countOf = (column: Column) => {
    const count = counts.get(column) ?? { done: 0, bad: 0, over: false };
    counts.set(column, count);
    return count;
  };
  return {
    result(column, result) {
      const count = countOf(column);
      count.done++;
      if (isGood(result)) return;
      count.bad++;
      const line = `${column.name}: ${result.verdict} ${result.id}: ${firstLine(result.detail)}\n`;
      stream.write(stream.isTTY ? `\r\x1b[K${line}` : line);
    },
    finished(column) {
      countOf(column).over = true;
      show();
    },
    end() {
      clearInterval(timer);
      if (stream.isTTY) stream.write("\r\x1b[K");
    },
  };
}

function firstLine(text = ""): string {
  const line = text.split("\n")[0]!;
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
