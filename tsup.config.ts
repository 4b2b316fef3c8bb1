import { existsSync, readdirSync } from "node:fs";
import { defineConfig, type Options } from "tsup";

/** Entries keep their folders, so that the JavaScript lands beside the declarations of `tsc -b`. */
function entries(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const folder of ["core", "adapters", "conformance", "docs/examples", "docs/site_check"]) {
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const path = `${folder}/${file.replaceAll("\\", "/")}`;
      if (isEntry(path)) found[path.replace(/\.tsx?$/, "")] = path;
    }
  }
  return found;
}

function isEntry(path: string): boolean {
  if (!/\.tsx?$/.test(path) || path.endsWith(".test.ts") || path.includes("node_modules/")) {
    return false;
  }
  return path === "core/index.ts" ||
    path === "core/testing/index.ts" ||
    path === "conformance/index.ts" ||
    path.startsWith("docs/examples/") ||
    path === "docs/site_check/index.ts" ||
    /^adapters\/(node|deno|bun|cloudflare|kit|memory|streams|unsupported|web|websocket)\.ts$/.test(
      path,
    ) ||
    /^conformance\/(node|bench|mutants|launchers|soak)\/[^/]+\.ts$/.test(path);
}

// One config for all: separate ones would copy the core into every adapter, and then neither
// `instanceof` nor private fields work across them.
const options: Options = {
  entry: entries(),
  format: "esm",
  target: ["es2022", "node20"],
  platform: "neutral",
  splitting: true,
  sourcemap: true,
  dts: false,
  // Declarations and their build info are tsc's: removed here, tsc would think them up to date.
  clean: ["!**/*.d.ts", "!**/*.d.ts.map", "!**/*.tsbuildinfo"],
  removeNodeProtocol: false,
  skipNodeModulesBundle: true,
  noExternal: ["@std/bytes"],
  external: [/^node:/, /^cloudflare:/],
};

export default defineConfig(options) as unknown;
