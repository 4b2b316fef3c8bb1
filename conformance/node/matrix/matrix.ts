/**
 * All columns, a few at a time.
 *
 * @module
 */

import type { Case } from "../../case.ts";
import type { Result } from "../../result.ts";
import { type Asked, type ColumnReport, runColumn } from "./column_run.ts";
import type { Column } from "./columns.ts";

/** How to run them. */
export interface MatrixOptions extends Omit<Asked, "onResult" | "onProgress" | "cases"> {
  /** The cases of a column; without any it is not started. */
  readonly casesOf: (column: Column) => readonly Case[];
  /** Columns that run at the same time. */
  readonly jobs: number;
  readonly onResult?: (column: Column, result: Result) => void;
  readonly onProgress?: (column: Column, id: string, done: number) => void;
  readonly onFinished?: (column: Column) => void;
  readonly signal?: AbortSignal;
}

/** Runs them, and resolves with their reports in the order of the columns. */
export async function runMatrix(
  columns: readonly Column[],
  { jobs, casesOf, onResult, onProgress, onFinished, signal, ...asked }: MatrixOptions,
): Promise<ColumnReport[]> {
  const reports: ColumnReport[] = [];
  let next = 0;
  async function work(): Promise<void> {
    for (let i = next++; i < columns.length && !signal?.aborted; i = next++) {
      const column = columns[i]!;
      const told = {
        ...asked,
        cases: casesOf(column),
        onResult: (result: Result) => onResult?.(column, result),
        onProgress: (id: string, done: number) => onProgress?.(column, id, done),
      };
      reports[i] = await runColumn(column, told, signal);
      onFinished?.(column);
    }
  }
  await Promise.all(Array.from({ length: jobs }, work));
  return reports;
}
