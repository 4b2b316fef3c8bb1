// Runs the suite on Node: `node dist/conformance/launchers/node.js '{"control": "http://…"}'`.
import * as adapter from "../../adapters/node.ts";
import { launch } from "../launch.ts";

const { node: version } = process.versions;
await launch(
  { name: `Node ${version.split(".")[0]}`, runtime: "node", version, adapter },
  {
    options: process.argv[2] ?? "{}",
    uncaught(report) {
      process.on("uncaughtException", report);
      process.on("unhandledRejection", report);
    },
  },
);
