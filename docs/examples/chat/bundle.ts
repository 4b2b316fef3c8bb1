/**
 * Makes one file of the page, its script and as much of the library as it needs:
 *
 * ```sh
 * node dist/docs/examples/chat/bundle.js      # after npm run build
 * ```
 *
 * @module
 */

import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import process from "node:process";
import { build } from "esbuild";

/** Where the bundle is written, and where the server looks for it: both are run in the checkout. */
export const PAGE = "dist/docs/examples/chat/page.html";

/** Bundles, and answers the page. */
export async function bundlePage(): Promise<string> {
  const { outputFiles: [script] } = await build({
    entryPoints: ["docs/examples/chat/page.ts"],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    // Whole chunks of the library are left out, as they should be.
    logOverride: { "ignored-bare-import": "silent" },
  });
  const html = await readFile("docs/examples/chat/page.html", "utf8");
  // A function, since the text may hold what replace() would take for a pattern.
  return html.replace("/* page.ts */", () => script!.text.replaceAll("</script", "<\\/script"));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await writeFile(PAGE, await bundlePage());
  console.log(PAGE);
}
