// Runs the suite on Deno: `deno run -A conformance/launchers/deno.ts '{"control": "http://…"}'`.
import * as adapter from "../../adapters/deno.ts";
import { launch } from "../launch.ts";

await launch(
  { name: "Deno", runtime: "deno", version: Deno.version.deno, adapter },
  {
    options: Deno.args[0] ?? "{}",
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
  },
);
