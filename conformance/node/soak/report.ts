/**
 * What a soak has shown, in a file beside the suite's results, and on its page.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What one server was seen to do. */
export interface Figures {
  /** Connections that stood at the same time. */
  readonly held: number;
  /** Memory that the system gave the process for each of them while they were idle, in bytes. */
  readonly bytesPerConnection: number;
  /** What of that is objects and buffers. */
  readonly heapPerConnection: number;
  readonly rightAnswers: number;
  /** What the clients saw that they should not, and how often. */
  readonly errors: Readonly<Record<string, number>>;
  /** How the conversations ended, as they were told. */
  readonly ends: Readonly<Record<string, number>>;
  /** Connections that were left when all clients had gone. */
  readonly left: number;
  /** How the process ended. */
  readonly exit: string;
}

/** The same server on a runtime's own sockets, and on ours. */
export interface Compared {
  readonly name: string;
  readonly ours: Figures;
  readonly raw: Figures;
}

/** The file. */
export interface SoakReport {
  readonly date: string;
  /** Connections that were wanted of each, and the file descriptors that a process may have. */
  readonly wanted: number;
  readonly limit: number;
  readonly servers: readonly Compared[];
}

/** Writes it down. */
export function writeSoak(file: string, report: SoakReport): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(report));
}

/** The last one, if there has been one. */
export function readSoak(file: string): SoakReport | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) as SoakReport : undefined;
}

/** A part of the suite's page. */
export function renderSoak({ date, wanted, limit, servers }: SoakReport): string {
  const rows = servers.map(({ name, ours, raw }) =>
    `<tr><td>${name}</td>${
      [
        ours.held,
        ours.bytesPerConnection,
        raw.bytesPerConnection,
        ours.bytesPerConnection - raw.bytesPerConnection,
        ours.rightAnswers,
        Object.values(ours.errors).reduce((sum, times) => sum + times, 0),
        Object.entries(ours.ends).map(([end, times]) => `${times} ${end}`).join(", "),
        ours.left,
      ].map((figure) => `<td>${figure.toLocaleString("en")}</td>`).join("")
    }</tr>`
  );
  return `<h2>Soak</h2>
<p class="soft">${wanted} connections at once, or as many as ${limit} file descriptors allow, most of
them idle; a tenth is driven, a tenth reset, a tenth vanishes; ${
    date.slice(0, 10)
  }. Resident bytes for each idle connection, beside those
of the runtime's own socket.</p>
<div class="wide"><table><thead><tr>${
    [
      "Runtime",
      "held",
      "bytes",
      "own socket",
      "above it",
      "right answers",
      "errors",
      "ends told",
      "left",
    ].map((head) => `<th scope="col">${head}</th>`).join("")
  }</tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}
