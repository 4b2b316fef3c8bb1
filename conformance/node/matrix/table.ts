/**
 * The run as text: one line a clause, a column a runtime, and every failure in full.
 *
 * @module
 */

import { LETTERS, type Result, type Verdict } from "../../result.ts";
import type { ColumnReport } from "./column_run.ts";
import { type CaseFacts, repeatCommand, type SuiteReport, sum, totalsOf } from "./report_file.ts";

/** Trace lines that are shown of a failure. */
const TRACE = 24;
/** Failures that are shown in full, a column. */
const DETAILS = 20;

/** Cases of a clause that have a letter each. */
const EACH = 4;

/** Colours, or none. */
export type Paint = (verdict: Verdict | "dim" | "bold", text: string) => string;

const CODES: Readonly<Record<Verdict | "dim" | "bold", string>> = {
  pass: "32",
  "non-strict": "33",
  info: "36",
  unsupported: "2",
  "does not apply": "2",
  known: "35",
  fail: "31;1",
  error: "31;7",
  unknown: "31",
  dim: "2",
  bold: "1",
};

/** Paints for a terminal. */
export const COLOURS: Paint = (verdict, text) => `\x1b[${CODES[verdict]}m${text}\x1b[0m`;
/** Does not paint. */
export const PLAIN: Paint = (_verdict, text) => text;

/** Characters of a line where nobody says how many there are. */
const WIDTH = 110;

/** The table, the totals and the failures; titles are cut so that a clause has one line. */
export function renderTable(report: SuiteReport, paint: Paint, width: number = WIDTH): string {
  // Where nothing was run, pages of empty cells would hide why.
  const isEmpty = report.columns.every(({ results }) => Object.keys(results).length === 0);
  return [
    ...(isEmpty ? [] : [
      ...clauseLines(report, paint, width),
      paint("dim", legendOf(report)),
      "",
    ]),
    ...totalLines(report, paint),
    ...report.columns.flatMap((column) => problemLines(report, column, paint)),
    "",
    summaryLine(report),
  ].join("\n");
}

/** The last line: two numbers and nothing else. */
export function renderLastLine(report: SuiteReport): string {
  const { passed, failed } = sum(report);
  return `${passed} passed, ${failed} failed`;
}

function clauseLines({ cases, columns }: SuiteReport, paint: Paint, width: number): string[] {
  const clauses = groups(cases);
  const cells = [...clauses].map(([clause, members]) => ({
    clause,
    title: members[0]!.title,
    letters: columns.map(({ results }) => lettersOf(members.map(({ id }) => results[id]))),
  }));
  const widths = columns.map(({ name }, i) =>
    Math.max(name.length, ...cells.map(({ letters }) => letters[i]!.length))
  );
  const first = Math.max(...cells.map(({ clause }) => clause.length), 7);
  const header = ["clause".padEnd(first), ...columns.map(({ name }, i) => name.padEnd(widths[i]!))];
  const rest = Math.max(0, width - widths.reduce((sum, each) => sum + each + 2, first + 2));
  return [
    paint("bold", header.join("  ")),
    ...cells.map(({ clause, title, letters }) =>
      [
        clause.padEnd(first),
        ...letters.map((text, i) => painted(text, paint) + " ".repeat(widths[i]! - text.length)),
        paint("dim", cut(title, rest)),
      ].join("  ")
    ),
  ];
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return most > 1 ? `${text.slice(0, most - 1)}…` : "";
}

/** What the letters mean that are there. */
function legendOf({ cases, columns }: SuiteReport): string {
  const seen = new Set(
    columns.flatMap(({ results }) => cases.map(({ id }) => results[id]?.verdict)),
  );
  const letters = Object.entries(LETTERS).filter(([verdict]) => seen.has(verdict as Verdict));
  return letters.map(([verdict, letter]) => `${letter} ${verdict}`).join(", ");
}

/** One letter when all cases of the clause have the same, one each for a few, else how many. */
function lettersOf(results: readonly (Result | undefined)[]): string {
  const letters = results.map((result) => result === undefined ? " " : LETTERS[result.verdict]);
  const counts = new Map<string, number>();
  for (const letter of letters) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  if (counts.size === 1) return letters[0]!;
  if (letters.length <= EACH) return letters.join("");
  return [...counts].map(([letter, count]) => `${count}${letter}`).join(" ");
}

function painted(letters: string, paint: Paint): string {
  return [...letters].map((letter) => {
    const verdict = Object.entries(LETTERS).find(([, known]) => known === letter)?.[0];
    return verdict === undefined ? letter : paint(verdict as Verdict, letter);
  }).join("");
}

function groups(cases: readonly CaseFacts[]): Map<string, CaseFacts[]> {
  const clauses = new Map<string, CaseFacts[]>();
  for (const each of cases) {
    const clause = each.id.slice(0, each.id.lastIndexOf("."));
    clauses.set(clause, [...clauses.get(clause) ?? [], each]);
  }
  return clauses;
}

function totalLines({ cases, columns, seed, seconds }: SuiteReport, paint: Paint): string[] {
  const lines = columns.map((column) => {
    const { name, hello, missing } = column;
    if (missing !== undefined) return paint("error", `${name}: NOT RUN: ${missing}`);
    const totals = Object.entries(totalsOf(cases, column)).filter(([, count]) => count > 0);
    const words = totals.map(([verdict, count]) =>
      verdict === "not run"
        ? paint("error", `${count} not run`)
        : paint(verdict as Verdict, `${count} ${verdict}`)
    );
    return `${name} (${hello?.version ?? "?"}, ${column.seconds} s): ${words.join(", ")}`;
  });
  return [...lines, paint("dim", `${cases.length} cases, seed ${seed}, ${seconds} s in all`)];
}

function problemLines(report: SuiteReport, column: ColumnReport, paint: Paint): string[] {
  const bad = report.cases.filter(({ id }) => needsTelling(column.results[id]?.verdict));
  const lines = column.problems.map((problem) => `\n${paint("error", column.name)}: ${problem}`);
  for (const each of bad.slice(0, DETAILS)) lines.push(...detailLines(report, column, each, paint));
  if (bad.length > DETAILS) lines.push(`\n… and ${bad.length - DETAILS} more on ${column.name}`);
  return lines;
}

function needsTelling(verdict: Verdict | undefined): boolean {
  return verdict === "fail" || verdict === "error" || verdict === "unknown" ||
    verdict === "non-strict";
}

function detailLines(
  report: SuiteReport,
  column: ColumnReport,
  { id, level, title }: CaseFacts,
  paint: Paint,
): string[] {
  const { verdict, detail, expected, observed, trace = [] } = column.results[id]!;
  const skipped = Math.max(0, trace.length - TRACE);
  return [
    "",
    `${paint(verdict, verdict.toUpperCase())} ${id} ${level} on ${column.name}: ${title}`,
    ...(detail === undefined ? [] : [`  ${detail.replaceAll("\n", "\n  ")}`]),
    ...(expected === undefined ? [] : [`  expected: ${expected}`]),
    ...(observed === undefined ? [] : [`  observed: ${observed}`]),
    ...(skipped === 0 ? [] : [paint("dim", `  … ${skipped} earlier events`)]),
    ...trace.slice(-TRACE).map(({ at, side, what }) => {
      const [left, right] = side === "subject" ? [what, ""] : ["", what];
      return paint("dim", `  ${at.toFixed(1).padStart(8)} ms  ${left.padEnd(44)} | ${right}`);
    }),
    `  repeat: ${repeatCommand(report, id, column)}`,
  ];
}

function summaryLine(report: SuiteReport): string {
  const { unsupported, known, nonStrict } = sum(report);
  return `${unsupported} unsupported, ${known} known to fail, ${nonStrict} non-strict`;
}
