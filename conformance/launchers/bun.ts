// Runs the suite on Bun: `bun run conformance/launchers/bun.ts '{"control": "http://…"}'`.
import * as adapter from "../../adapters/bun.ts";
import { launch } from "../launch.ts";

await launch(
  { name: "Bun", runtime: "bun", version: Bun.version, adapter },
  {
    options: process.argv[2] ?? "{}",
    uncaught(report) {
      process.on("uncaughtException", report);
      process.on("unhandledRejection", report);
    },
  },
);
