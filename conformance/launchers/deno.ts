// Runs the suite on Deno: `deno run -A conformance/launchers/deno.ts '{"control": "http://…"}'`.
// The URL of a module that exports another `subject` may follow.
import * as adapter from "../../adapters/deno.ts";
import { launch } from "../launch.ts";
import { loadSubject } from "../load_subject.ts";

const [options = "{}", subject] = Deno.args;
const own = { name: "Deno", runtime: "deno", version: Deno.version.deno, adapter };
await launch(await loadSubject(subject, own), {
  options,
  uncaught(report) {
    globalThis.addEventListener("error", (event) => {
      event.preventDefault();
      report(event.error);
    });
    globalThis.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      report(event.reason);
    });
  },
});
