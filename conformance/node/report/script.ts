/** The page's script: filters that live in the address, and details on demand. */
export const SCRIPT: string = `
const report = JSON.parse(document.getElementById("report").textContent);
const form = document.querySelector("form");
const rows = [...document.querySelectorAll("tr.case")];
const groups = [...document.querySelectorAll("tr.group")];
const shown = document.getElementById("shown");

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function traceOf(lines) {
  const table = element("table", undefined, "trace");
  const head = table.createTHead().insertRow();
  for (const name of ["", "subject", "witness"]) head.append(element("th", name));
  const body = table.createTBody();
  for (const { at, side, what } of lines) {
    const row = body.insertRow();
    row.insertCell().textContent = at.toFixed(1) + " ms";
    row.insertCell().textContent = side === "subject" ? what : "";
    row.insertCell().textContent = side === "witness" ? what : "";
  }
  return table;
}

function runOf(column, id) {
  const result = column.results[id];
  const section = element("section");
  const verdict = column.missing ? "not run" : result ? result.verdict : "not run";
  const time = result && result.ms > 0 ? ", " + result.ms + " ms" : "";
  section.append(element("strong", column.name), " " + verdict + time);
  const detail = column.missing || (result && result.detail);
  if (detail) section.append(element("pre", detail));
  if (!result) return section;
  if (result.expected) section.append(element("pre", "expected  " + result.expected));
  if (result.observed) section.append(element("pre", "observed  " + result.observed));
  for (const [key, value] of Object.entries(result.info || {})) {
    section.append(element("p", key + ": " + JSON.stringify(value), "soft"));
  }
  if (result.trace && result.trace.length) section.append(traceOf(result.trace));
  if (verdict !== "pass" && result.ms > 0) {
    const again = report.command + " --only " + id + " --runtime " + column.key + " --seed " + report.seed;
    section.append(element("pre", "repeat    " + again));
  }
  return section;
}

function toggle(row) {
  const button = row.querySelector("button");
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", open);
  if (!open) return row.nextElementSibling.remove();
  const { id, why } = report.cases.find((each) => each.id === row.dataset.id);
  const cell = element("td");
  cell.colSpan = row.cells.length;
  cell.append(element("p", why));
  const runs = element("div", undefined, "runs");
  runs.append(...report.columns.map((column) => runOf(column, id)));
  cell.append(runs);
  if (report.columns.every(({ results }) => !results[id] || results[id].verdict === "pass")) {
    const again = report.command + " --only " + id + " --seed " + report.seed;
    cell.append(element("pre", "repeat    " + again));
  }
  const detail = element("tr", undefined, "detail");
  detail.append(cell);
  row.after(detail);
}

function apply() {
  const { q, verdict, level, differ } = form.elements;
  const words = q.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const verdicts = row.dataset.verdicts.split("|");
    const matches = words.every((word) => row.dataset.text.includes(word)) &&
      (verdict.value === "" || verdicts.includes(verdict.value)) &&
      (level.value === "" || row.dataset.level === level.value) &&
      (!differ.checked || new Set(verdicts).size > 1);
    row.hidden = !matches;
    if (row.nextElementSibling && row.nextElementSibling.className === "detail") {
      row.nextElementSibling.hidden = !matches;
    }
    if (matches) count++;
  }
  for (const group of groups) {
    group.hidden = !rows.some((row) => !row.hidden && row.dataset.group === group.dataset.group);
  }
  shown.textContent = count + " of " + rows.length + " cases";
}

function remember() {
  const { q, verdict, level, differ } = form.elements;
  const state = new URLSearchParams();
  if (q.value) state.set("q", q.value);
  if (verdict.value) state.set("verdict", verdict.value);
  if (level.value) state.set("level", level.value);
  if (differ.checked) state.set("differ", "1");
  history.replaceState(null, "", "#" + state);
}

function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  const { q, verdict, level, differ } = form.elements;
  q.value = state.get("q") || "";
  verdict.value = state.get("verdict") || "";
  level.value = state.get("level") || "";
  differ.checked = state.has("differ");
  apply();
}

form.hidden = false;
form.addEventListener("input", () => { apply(); remember(); });
form.addEventListener("submit", (event) => event.preventDefault());
document.querySelector("table").addEventListener("click", (event) => {
  const row = event.target.closest("tr.case");
  if (row && getSelection().isCollapsed) toggle(row);
});
addEventListener("hashchange", recall);
recall();
`;
