import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const core = import.meta.dirname;
const sources = readdirSync(core, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));

/** What the compiler says about each snippet when it stands in core/, under core's own tsconfig. */
function diagnose(snippets: readonly string[]): string[][] {
  const config = ts.getParsedCommandLineOfConfigFile(join(core, "tsconfig.json"), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
    },
  });
  if (!config) throw new Error("core/tsconfig.json was not read");
  const files = new Map(snippets.map((text, i) => [join(core, `snippet_${i}.ts`), text]));
  const options: ts.CompilerOptions = { ...config.options, noEmit: true };
  delete options.tsBuildInfoFile;
  options.composite = false;
  options.incremental = false;
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => files.has(resolve(path)) || fileExists(path);
  host.readFile = (path) => files.get(resolve(path)) ?? readFile(path);
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].map((path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ code, messageText }) =>
        `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`
      )
  );
}

const forbidden: readonly (readonly [name: string, snippet: string])[] = [
  ["setTimeout", "export const x: unknown = setTimeout;"],
  ["queueMicrotask", "export const x: unknown = queueMicrotask;"],
  ["console", "console.log(1); export {};"],
  ["performance", "export const x: number = performance.now();"],
  ["process", "export const x: unknown = process.env;"],
  ["Buffer", "export const x: unknown = Buffer.alloc(1);"],
  ["Deno", "export const x: unknown = Deno.connect;"],
  ["Bun", "export const x: unknown = Bun.connect;"],
  ["fetch", 'export const x: unknown = fetch("");'],
  ["crypto", "export const x: unknown = crypto.randomUUID();"],
  ["ReadableStream", "export const x: unknown = new ReadableStream();"],
  ["AbortSignal", "export function f(signal: AbortSignal): unknown { return signal; }"],
  ["URL", 'export const x: unknown = new URL("a:b");'],
  ["node:net", 'import { connect } from "node:net"; export const x: unknown = connect;'],
  ["node:fs", 'export { readFileSync } from "node:fs";'],
  ["cloudflare:sockets", 'export { connect } from "cloudflare:sockets";'],
];

const allowed: readonly (readonly [name: string, snippet: string])[] = [
  [
    "bytes and promises",
    "export const x: Promise<Uint8Array> = Promise.resolve(new Uint8Array(1));",
  ],
  ["the core's own files", 'export { concat } from "./bytes.ts";'],
];

describe("core/ does no I/O, and its tsconfig says so", () => {
  const found = diagnose([...forbidden, ...allowed].map(([, snippet]) => snippet));

  it.each(forbidden.map(([name], i) => [name, found[i]!] as const))(
    "%s does not compile",
    (name, diagnostics) => {
      expect(diagnostics).not.toEqual([]);
      expect(diagnostics.join("\n")).toMatch(
        new RegExp(`TS(2304|2307|2552|2580|2584|2591|2867|2868): Cannot find .*'${name}'`),
      );
    },
  );

  it.each(allowed.map(([name], i) => [name, found[forbidden.length + i]!] as const))(
    "%s compile",
    (_name, diagnostics) => {
      expect(diagnostics).toEqual([]);
    },
  );
});

describe("imports of core/", () => {
  it.each(sources)("%s imports only from core, and @std/bytes in one place", (file) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(core, file), "utf8"));
    const outside = importedFiles.map((imported) => imported.fileName).filter((specifier) => {
      if (specifier === "@std/bytes") return file !== "bytes.ts";
      if (!/^\.\.?\/.*\.ts$/.test(specifier)) return true;
      return relative(core, resolve(core, file, "..", specifier)).startsWith("..");
    });
    expect(outside).toEqual([]);
  });
});
