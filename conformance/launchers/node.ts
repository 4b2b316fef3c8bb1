// Runs the suite on Node: `node dist/conformance/launchers/node.js '{"control": "http://…"}'`.
// The URL of a module that exports another `subject` may follow.
import * as adapter from "../../adapters/node.ts";
import { launch } from "../launch.ts";
import { loadSubject } from "../load_subject.ts";

const [options = "{}", subject] = process.argv.slice(2);
const { node: version } = process.versions;
const own = { name: `Node ${version.split(".")[0]}`, runtime: "node", version, adapter };
// Nobody listens any more: whoever started this has died.
process.stdout.on("error", () => process.exit(1));
await launch(await loadSubject(subject, own), {
  options,
  uncaught(report) {
    process.on("uncaughtException", report);
    process.on("unhandledRejection", report);
  },
});
