/** A check that finds nothing must be able to find something. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faultOf, readSite } from "./links.ts";

test("dead links are found, and no others", () => {
  const folder = mkdtempSync(join(tmpdir(), "asynchat-site-"));
  try {
    mkdirSync(join(folder, "documents"));
    writeFileSync(
      join(folder, "index.html"),
      `<a href="documents/A_%26_B.html#here">1</a> <a href="#top">2</a> <img src="no.png">
       <a href="https://elsewhere.test/">3</a> <script>' href="shown.html"'</script>`,
    );
    writeFileSync(
      join(folder, "documents/A_&_B.html"),
      `<h2 id="here">here</h2> <a href="../index.html">1</a> <a href="#there">2</a>
       <a href="C.html">3</a> <use href="../icon.svg#one"/> <use href="../icon.svg#two"/>`,
    );
    writeFileSync(join(folder, "icon.svg"), `<svg><g id="one"/></svg>`);

    const site = readSite(folder);
    const dead = [...site.pages.values()].flatMap(({ links }) => links)
      .filter((link) => faultOf(site, link) !== undefined)
      .map(({ path, anchor }) => `${path}#${anchor}`);
    expect(dead.toSorted()).toEqual([
      "documents/A_&_B.html#there",
      "documents/C.html#",
      "icon.svg#two",
      "index.html#top",
      "no.png#",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
