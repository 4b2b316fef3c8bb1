// What `npm pack` leaves out of `dist`, written to where it looks for that. Names of shared chunks
// have hashes in them, so that no list in package.json could tell which of them are wanted.
// Deno runs this file as it is: it is part of the build.
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { published, unpublished } from "./published.ts";

const wanted = published();
for (const file of wanted) {
  if (!file.endsWith(".js") || wanted.has(`${file}.map`)) continue;
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/^\/\/# sourceMappingURL=.*\n?/m, ""));
}
const left = unpublished().map((file) => `/${relative("dist", file)}\n`);
writeFileSync("dist/.npmignore", left.join(""));
console.log(`npm: ${wanted.size} files of dist, ${left.length} left out`);
