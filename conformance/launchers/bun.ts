// Runs the suite on Bun: `bun run conformance/launchers/bun.ts '{"control": "http://…"}'`.
// The URL of a module that exports another `subject` may follow.
import * as adapter from "../../adapters/bun.ts";
import { launch } from "../launch.ts";
import { loadSubject } from "../load_subject.ts";

const [options = "{}", subject] = process.argv.slice(2);
const own = { name: "Bun", runtime: "bun", version: Bun.version, adapter };
await launch(await loadSubject(subject, own), {
  options,
  uncaught(report) {
    process.on("uncaughtException", report);
    process.on("unhandledRejection", report);
  },
});
