/**
 * How groups and verdicts are called on the page.
 *
 * @module
 */

import type { Verdict } from "../../result.ts";

/** A cell: what is seen, what it is called, and which colour it has. */
export interface Mark {
  readonly sign: string;
  readonly word: string;
  readonly colour: string;
}

/** The mark of each verdict; a blank is `not run`. */
export const MARKS: Readonly<Record<Verdict | "not run", Mark>> = {
  pass: { sign: "✓", word: "pass", colour: "good" },
  "non-strict": { sign: "N", word: "non-strict", colour: "warn" },
  info: { sign: "I", word: "info", colour: "info" },
  unsupported: { sign: "–", word: "unsupported", colour: "quiet" },
  "does not apply": { sign: "·", word: "does not apply", colour: "quiet" },
  known: { sign: "K", word: "known", colour: "known" },
  fail: { sign: "✗", word: "fail", colour: "bad" },
  error: { sign: "E", word: "error", colour: "bad" },
  unknown: { sign: "?", word: "unknown", colour: "bad" },
  "not run": { sign: "", word: "not run", colour: "bad" },
};

const GROUPS: Readonly<Record<string, string>> = {
  TERM: "Terminators",
  IN: "Input framing",
  OUT: "Output queue",
  DIS: "Discarding buffers",
  LIFE: "Life and errors",
  SEG: "Every way to cut the input",
  VEC: "Recorded conversations",
  WEB: "Web Streams",
  CON: "Connecting",
  LSN: "Listening",
  INT: "Integrity of the stream",
  ORD: "Order of output",
  EOF: "Ends",
  RST: "Resets",
  BP: "Backpressure",
  CLS: "Closing",
  ABT: "Aborting",
  TMO: "Timeouts",
  TRN: "Transcripts",
  CB: "Callbacks",
  AWT: "The async face",
  WAY: "One server in three ways",
  SEC: "Attacks",
  NET: "Networks that break",
  MANY: "Many connections",
  LEAK: "Leaks",
  UNX: "Unix sockets",
  TLS: "TLS",
  STL: "STARTTLS",
  DET: "Giving a connection away",
  UNS: "What cannot be done",
};

/** The group of an id, and its name. */
export function groupOf(id: string): { readonly key: string; readonly name: string } {
  const key = id.slice(0, id.indexOf("-"));
  return { key, name: GROUPS[key] ?? key };
}

/** Text for HTML, in content and in attributes. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
