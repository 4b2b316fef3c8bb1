import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseUris, reasonIn } from "./apt.ts";
import { CORPORA } from "./corpora.ts";
import { missingFor } from "./fetch.ts";
import { EXAMPLES } from "./list.ts";
import { environmentIn, environmentOf, findInRoot, noPeer, PEERS, rootOf } from "./peers.ts";

describe("what apt says", () => {
  it("names files and sizes, whatever else is said", () => {
    const output = `Reading package lists...
The following NEW packages will be installed:
  libjemalloc2 redis-server
Need to get 275 kB of archives.
'http://mirror.test/debian/pool/main/j/jemalloc/libjemalloc2_5.3.0-1_amd64.deb' libjemalloc2_5.3.0-1_amd64.deb 275068 SHA256:00ff
'file:/srv/pool/redis-server_7.0.15-1_amd64.deb' redis-server_5%3a7.0.15-1_amd64.deb 72568${" "}
'http://mirror.test/debian/pool/main/r/redis/redis_7.0.15.orig.tar.gz' redis_7.0.15.orig.tar.gz 3 SHA256:00
`;
    expect(parseUris(output)).toEqual([
      { name: "libjemalloc2_5.3.0-1_amd64.deb", size: 275_068 },
      { name: "redis-server_5%3a7.0.15-1_amd64.deb", size: 72_568 },
    ]);
    expect(parseUris("Reading package lists...\n")).toEqual([]);
  });

  it.each([
    ["W: something\nE: Unable to locate package wrk\nE: more\n", "Unable to locate package wrk"],
    [
      "W: Failed to fetch http://mirror.test/  no such name\n",
      "Failed to fetch http://mirror.test/  no such name",
    ],
    ["Err:1 http://mirror.test sid InRelease\n", "1 http://mirror.test sid InRelease"],
    ["N: nothing much\nW: Download is performed unsandboxed as root\n", undefined],
    ["", undefined],
  ])("gives a reason: %j", (output, reason) => {
    expect(reasonIn(output)).toBe(reason);
  });
});

describe("what is missing", () => {
  const examples = [
    { needs: ["nc", "wrk"], corpora: ["gunicorn"] },
    { needs: ["nc", "curl"] },
  ];

  it("is named once, and what is there is not", () => {
    expect(missingFor(examples, (name) => name === "curl", () => false)).toEqual({
      peers: ["nc", "wrk"],
      corpora: ["gunicorn"],
    });
    expect(missingFor(examples, () => true, () => true)).toEqual({ peers: [], corpora: [] });
  });

  it("is known by name in the whole list", () => {
    for (const { needs, corpora = [], everywhere = [], once = [] } of Object.values(EXAMPLES)) {
      for (const name of needs) expect(PEERS).toHaveProperty([name]);
      for (const name of corpora) expect(CORPORA).toHaveProperty([name]);
      expect([...everywhere, ...once]).not.toEqual([]);
    }
  });

  it("is told with the package that it takes", () => {
    expect(noPeer("ab")).toBe("there is no ab in PATH; on Debian: apt-get install apache2-utils");
    expect(noPeer("chromium")).toMatch(/install chromium; or say where it is: CHROMIUM=/);
  });
});

describe("a program that is fetched", () => {
  let root: string;
  beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "asynchat-"))));
  afterEach(() => rmSync(root, { recursive: true }));

  function put(path: string, mode: number): void {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), "", { mode });
  }

  it("is found by any of its names, when it can be run", () => {
    put("bin/nc.openbsd", 0o644);
    expect(findInRoot(root, "nc")).toBeUndefined();
    put("usr/bin/nc.openbsd", 0o755);
    expect(findInRoot(root, "nc")).toBe(join(root, "usr/bin/nc.openbsd"));
  });

  it("is Chromium itself, not what starts that of the system", () => {
    put("usr/bin/chromium", 0o755);
    put("usr/lib/chromium/chromium", 0o755);
    expect(findInRoot(root, "chromium")).toBe(join(root, "usr/lib/chromium/chromium"));
  });

  it("finds its libraries, and nobody else is told of them", () => {
    put("usr/lib/machine/libx.so.1.2", 0o644);
    put("usr/lib/machine/own/liby.so", 0o644);
    put("usr/lib/machine/other/readme.so.txt", 0o644);
    const { LD_LIBRARY_PATH = "", FONTCONFIG_PATH, OPENSSL_CONF } = environmentIn(root);
    expect(LD_LIBRARY_PATH.split(delimiter).slice(0, 2)).toEqual(
      ["usr/lib/machine", "usr/lib/machine/own"].map((folder) => join(root, folder)),
    );
    expect(LD_LIBRARY_PATH).not.toContain("other");
    expect([FONTCONFIG_PATH, OPENSSL_CONF]).toEqual([
      process.env.FONTCONFIG_PATH,
      process.env.OPENSSL_CONF,
    ]);
    expect(environmentOf(process.execPath)).toBe(process.env);
    expect(environmentOf(join(rootOf("ab"), "usr/bin/ab"))).not.toBe(process.env);
  });
});
