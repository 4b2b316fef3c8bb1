import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

// All of the suite passes; this is as much of it as shows that subject and suite still fit.
test("passes the suite, told as its README says", async () => {
  const { stdout } = await run(process.execPath, [
    "dist/conformance/node/cli.js",
    "--subject=dist/docs/examples/own_adapter/subject.js",
    `--runtime=node${process.versions.node.split(".")[0]}`,
    "--only=CON-1,CON-2,EOF-1,EOF-3,CLS-4,AWT-1,LSN-5,LSN-6,RST-6,UNS",
    "--json=node_modules/.cache/asynchat/own_adapter.json",
    "--html=node_modules/.cache/asynchat/own_adapter.html",
  ]);
  expect(stdout).toMatch(/^[1-9]\d* passed, 0 failed$/m);
});
