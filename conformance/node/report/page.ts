/**
 * A run as one HTML page that needs nothing else: no foreign host, no build, no server.
 *
 * @module
 */

import { untested } from "../../cases/index.ts";
import type { ColumnReport } from "../matrix/column_run.ts";
import { type CaseFacts, type SuiteReport, totalsOf } from "../matrix/report_file.ts";
import { renderSoak, type SoakReport } from "../soak/report.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { escape, groupOf, type Mark, MARKS } from "./words.ts";

/** Writes the page; with what the last soak has shown, if there was one. */
export function renderPage(report: SuiteReport, soak?: SoakReport): string {
  const { version, date, commit, seed, host, cases, seconds } = report;
  const facts = [
    `asynchat ${version}${commit === undefined ? "" : `, commit ${commit}`}`,
    `${date.slice(0, 16).replace("T", " ")} UTC`,
    `${cases.length} cases, seed ${seed}, ${seconds} s`,
    host,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>asynchat conformance, ${escape(date.slice(0, 10))}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>asynchat conformance</h1>
<p class="soft">${facts.map(escape).join(" &middot; ")}</p>
</header>
<ul class="columns">${report.columns.map((column) => card(cases, column)).join("")}</ul>
${filters(report)}
<table>
<thead><tr><th scope="col">Case</th><th scope="col">What must be true</th>${
    report.columns.map(({ name }) => `<th scope="col" class="cell">${escape(name)}</th>`).join("")
  }</tr></thead>
<tbody>${body(report)}</tbody>
</table>
${soak === undefined ? "" : renderSoak(soak)}
${gaps()}
<script type="application/json" id="report">${json(report)}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function card(cases: readonly CaseFacts[], column: ColumnReport): string {
  const { name, hello, missing, problems, seconds } = column;
  if (missing !== undefined) {
    return `<li><strong>${escape(name)}</strong> <p class="problem">not run: ${
      escape(missing)
    }</p></li>`;
  }
  const counts = Object.entries(totalsOf(cases, column)).filter(([, count]) => count > 0)
    .map(([verdict, count]) => {
      const { colour, sign, word } = MARKS[verdict as keyof typeof MARKS];
      return `<a href="#verdict=${
        encodeURIComponent(verdict)
      }"><span class="mark ${colour}"><b>${count}&nbsp;${sign}</b></span> ${word}</a>`;
    });
  return `<li><strong>${escape(name)}</strong> <span class="soft">${
    escape(hello?.version ?? "")
  }, ${Math.round(seconds)}&nbsp;s</span><div class="counts">${counts.join("")}</div>${
    problems.map((problem) => `<p class="problem">${escape(problem)}</p>`).join("")
  }</li>`;
}

function filters({ cases, columns }: SuiteReport): string {
  const verdicts = Object.keys(MARKS).filter((verdict) =>
    columns.some((column) => totalsOf(cases, column)[verdict as keyof typeof MARKS] > 0)
  );
  const options = (values: readonly string[]) =>
    values.map((value) => `<option value="${value}">${value}</option>`).join("");
  return `<form hidden>
<label>Search <input type="search" name="q" placeholder="EOF-3, half-close"></label>
<label>Verdict <select name="verdict"><option value="">any</option>${
    options(verdicts)
  }</select></label>
<label>Level <select name="level"><option value="">any</option>${
    options(["MUST", "SHOULD", "INFO"])
  }</select></label>
<label><input type="checkbox" name="differ"> only rows where runtimes differ</label>
<output class="soft" id="shown"></output>
</form>`;
}

function body({ cases, columns }: SuiteReport): string {
  let group = "";
  return cases.map((each) => {
    const { key, name } = groupOf(each.id);
    const header = key === group
      ? ""
      : `<tr class="group" data-group="${key}"><th colspan="${
        2 + columns.length
      }" scope="rowgroup">${escape(name)}</th></tr>`;
    group = key;
    return header + row(each, key, columns);
  }).join("\n");
}

function row(
  { id, level, role, title }: CaseFacts,
  group: string,
  columns: readonly ColumnReport[],
): string {
  const verdicts = columns.map(({ results, missing }) =>
    missing === undefined ? results[id]?.verdict ?? "not run" : undefined
  );
  const compared = verdicts.filter((verdict) => verdict !== undefined).join("|");
  const text = escape(`${id} ${title} ${groupOf(id).name}`.toLowerCase());
  return `<tr class="case" data-id="${id}" data-group="${group}" data-level="${level}" data-verdicts="${compared}" data-text="${text}">` +
    `<td class="id">${id}</td>` +
    `<td><button class="title" aria-expanded="false">${
      escape(title)
    } <span class="level">${level}, ${role}</span></button></td>` +
    verdicts.map((verdict) => cell(verdict)).join("") +
    "</tr>";
}

function cell(verdict: keyof typeof MARKS | undefined): string {
  if (verdict === undefined) return '<td class="cell"><span class="unseen">not run</span></td>';
  const { sign, word, colour }: Mark = MARKS[verdict];
  const shown = verdict === "pass"
    ? `<b aria-hidden="true">${sign}</b><span class="unseen">pass</span>`
    : `<b aria-hidden="true">${sign}</b> <span class="word">${word}</span>`;
  return `<td class="cell"><span class="mark ${colour}" title="${word}">${shown}</span></td>`;
}

function gaps(): string {
  if (untested.length === 0) return "";
  const lines = untested.map(({ clause, text, reason }) =>
    `<tr><td class="id">${escape(clause)}</td><td>${escape(text)}</td><td>${
      escape(reason)
    }</td></tr>`
  );
  return `<h2>Not tested, and why</h2>
<div class="wide"><table><thead><tr><th scope="col">Clause</th><th scope="col">What would be true</th><th scope="col">Why no case says so</th></tr></thead>
<tbody>${lines.join("\n")}</tbody></table></div>`;
}

/** JSON that cannot end its own script element. */
function json(report: SuiteReport): string {
  return JSON.stringify(report).replaceAll("<", "\\u003c");
}
