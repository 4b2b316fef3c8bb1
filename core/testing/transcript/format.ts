/**
 * A transcript for people.
 *
 * @module
 */

import { bytesOf, type Delimiting, type Terminator } from "../../terminator.ts";
import type { Transcript, TranscriptEntry, TranscriptErrorRecord } from "./transcript.ts";

/** Bytes of payload that are shown. */
const SHOWN = 60;

/**
 * Writes a transcript so that people can read it, one line for each thing that happened.
 *
 * `<` came from the peer, `>` went to it, `*` was told to the hooks; what is indented happened
 * inside what stands above. Where the session was told the time, each line begins with it, in
 * milliseconds since the first tick.
 *
 * @example
 * ```ts
 * import { AsyncChat } from "asynchat";
 * import { formatTranscript, ManualPeer, recordTranscript } from "asynchat/testing";
 *
 * const chat = new AsyncChat({
 *   terminator: "\n",
 *   foundTerminator() {
 *     this.push("yes\n");
 *   },
 * });
 * const recording = recordTranscript(chat);
 * new ManualPeer(chat).send("ok?\n");
 *
 * const lines = formatTranscript(recording.transcript).split("\n");
 * if (!lines.includes('< 4 bytes "ok?\\n"')) throw new Error(lines.join("\n"));
 * if (!lines.includes('    push 4 bytes "yes\\n"')) throw new Error(lines.join("\n"));
 * if (!lines.includes("> 4 bytes")) throw new Error(lines.join("\n"));
 * ```
 */
export function formatTranscript({ payload, entries, end }: Transcript): string {
  const times = timesOf(entries);
  const width = times.at(-1)?.length ?? 0;
  const lines = entries.flatMap((entry, index) => {
    if (HIDDEN.has(entry.call) && entry.threw === undefined) return [];
    const time = width === 0 ? "" : `${times[index]!.padStart(width)}  `;
    const { sum: _, ...shown } = entry;
    return `${time}${"  ".repeat(entry.depth)}${describeEntry(shown)}`;
  });
  return [
    `transcript: ${entries.length} entries, payload as ${payload}`,
    ...lines,
    end.full
      ? "(the bound on its size was reached: what happened later was not recorded)"
      : end.open > 0
      ? "(and it went on)"
      : "(end)",
  ].join("\n");
}

/** What moves the machine, and what other lines say as well. */
const HIDDEN: ReadonlySet<TranscriptEntry["call"]> = new Set(["dispatch", "nextOutput", "tick"]);

/** What happened since the last tick counts as having happened at the next. */
function timesOf(entries: readonly TranscriptEntry[]): string[] {
  const ticks = entries.flatMap(({ call, value = 0 }) => call === "tick" ? [value] : []);
  const [first = 0] = ticks, last = ticks.at(-1);
  if (last === undefined) return [];
  let tick = 0;
  return entries.map(({ call }) => {
    const now = ticks[tick] ?? last;
    if (call === "tick") tick++;
    return (now - first).toFixed(1);
  });
}

/** An entry in a few words. */
export function describeEntry(entry: TranscriptEntry): string {
  const what = entry.call === undefined ? describeTold(entry) : describeCall(entry);
  return entry.threw === undefined ? what : `${what}, and threw ${describeError(entry.threw)}`;
}

function describeCall(entry: TranscriptEntry): string {
  const { call, value, terminator, producer } = entry;
  switch (call) {
    case "receive":
      return `< ${describePayload(entry)}`;
    case "receiveEnd":
      return "< FIN";
    case "sent":
      return `> ${value} bytes`;
    case "endSent":
      return "> FIN";
    case "connected":
      return "the connection stands";
    case "disconnected":
      return "the socket is gone";
    case "fail":
      return `the connection failed: ${describeError(entry.error)}`;
    case "nextOutput":
      return entry.size === undefined ? "no output" : `output of ${describePayload(entry)}`;
    case "takeInput":
      return `takeInput(), ${describePayload(entry)}`;
    case "push":
      return `push ${describePayload(entry)}`;
    case "setTerminator":
      return `setTerminator(${describeTerminator(terminator ?? null)})`;
    case "pushWithProducer":
      return `push producer ${producer}`;
    case "answer":
      return `producer ${producer} has answered: ${describeAnswer(entry)}`;
    case "cancelFailed":
      return `producer ${producer} failed when it was cancelled: ${describeError(entry.error)}`;
    case "hold":
      return "(its promise is pending)";
    case "release":
      return "(the hook's promise has settled)";
    case "abort":
    case "refuse":
      return `${call}(${describeError(entry.error)})`;
    default:
      return `${call}(${value ?? ""})`;
  }
}

function describeTold(entry: TranscriptEntry): string {
  const { told, error, report, producer } = entry;
  switch (told) {
    case "data":
      return `* data, ${describePayload(entry)}`;
    case "closed":
      return `* closed: ${report?.reason}, ${report?.bytesUnsent} bytes unsent${
        report?.incomplete === undefined ? "" : `, ${report.incomplete.received} bytes of a frame`
      }`;
    case "more":
      return `producer ${producer} is asked: ${describeAnswer(entry)}`;
    case "cancel":
      return `producer ${producer} is cancelled`;
    default:
      return `* ${told}${error === undefined ? "" : `: ${describeError(error)}`}`;
  }
}

function describeAnswer({ answer, error, ...payload }: TranscriptEntry): string {
  if (error !== undefined) return describeError(error);
  return answer ?? describePayload(payload);
}

function describePayload({ bytes, size, sum }: TranscriptEntry): string {
  if (bytes === undefined) return `${size ?? 0} bytes${sum === undefined ? "" : ` (sum ${sum})`}`;
  const more = bytes.length > SHOWN ? "…" : "";
  return `${bytes.length} bytes ${JSON.stringify(latin1(bytes.subarray(0, SHOWN)))}${more}`;
}

function describeTerminator(terminator: Terminator): string {
  if (typeof terminator === "object" && terminator !== null) {
    if (!ArrayBuffer.isView(terminator)) {
      return `[${terminator.map((one: Delimiting) => describeTerminator(one)).join(", ")}]`;
    }
    return `bytes ${JSON.stringify(latin1(bytesOf(terminator)))}`;
  }
  return JSON.stringify(terminator);
}

function describeError(error: TranscriptErrorRecord | undefined): string {
  if (error === undefined) return "nothing";
  return `${error.kind ?? (error.name || "a value")}: ${error.message}`;
}

/** One letter a byte. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
