/**
 * Errors, reports and payload, in the form in which a transcript keeps them.
 *
 * @module
 */

import type { CloseReport } from "../../close_report.ts";
import { ChatError, IncompleteFrameError, LimitError } from "../../errors.ts";
import type { SessionStats } from "../../stats.ts";
import type { TranscriptErrorRecord, TranscriptReport } from "./transcript.ts";

/** FNV-1a, 32 bits. */
export function checksum(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash >>> 0;
}

/** Keeps what was thrown. */
export function recordError(error: unknown): TranscriptErrorRecord {
  if (!(error instanceof Error)) return { name: "", message: String(error) };
  const { name, message } = error;
  if (!(error instanceof ChatError)) return { name, message };
  const { kind, code } = error;
  return {
    name,
    message,
    kind,
    ...(code === undefined ? {} : { code }),
    ...(error instanceof LimitError ? { limit: error.limit, held: error.held } : {}),
    ...(error instanceof IncompleteFrameError
      ? { received: error.received, expected: error.expected }
      : {}),
  };
}

/** Makes something to throw that is recorded as `record` is. */
export function reviveError(record: TranscriptErrorRecord): unknown {
  const { name, message } = record;
  if (name === "") return message;
  const error = makeError(record);
  if (error.name !== name) Object.defineProperty(error, "name", { value: name });
  return error;
}

function makeError(record: TranscriptErrorRecord): Error {
  const { message, kind, code, limit, held, received, expected } = record;
  if (limit !== undefined && held !== undefined) return new LimitError(message, limit, held);
  if (received !== undefined && expected !== undefined) {
    return new IncompleteFrameError(received, expected);
  }
  return kind === undefined ? new Error(message) : new ChatError(kind, message, { code });
}

/** Keeps how it ended. */
export function recordReport(report: CloseReport): TranscriptReport {
  const { reason, bytesUnsent, error, incomplete } = report;
  return {
    reason,
    bytesUnsent,
    ...(error === undefined ? {} : { error: recordError(error) }),
    ...(incomplete === undefined ? {} : { incomplete: recordError(incomplete) }),
  };
}

/** Whether two errors are the same but for their wording. */
export function sameError(
  one: TranscriptErrorRecord | undefined,
  two: TranscriptErrorRecord | undefined,
): boolean {
  if (one === undefined || two === undefined) return one === two;
  return one.name === two.name && one.kind === two.kind && one.code === two.code &&
    one.limit === two.limit && one.held === two.held && one.received === two.received;
}

/** Whether two ends are the same but for the wording of their errors. */
export function sameReport(
  one: TranscriptReport | undefined,
  two: TranscriptReport | undefined,
): boolean {
  if (one === undefined || two === undefined) return one === two;
  return one.reason === two.reason && one.bytesUnsent === two.bytesUnsent &&
    sameError(one.error, two.error) && sameError(one.incomplete, two.incomplete);
}

/** The name of the first number in which the two differ; `undefined` when they are the same. */
export function firstDifference(
  one: SessionStats,
  two: SessionStats,
): keyof SessionStats | undefined {
  const names = Object.keys({ ...one, ...two }) as (keyof SessionStats)[];
  return names.find((name) => one[name] !== two[name]);
}
