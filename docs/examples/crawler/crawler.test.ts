import { execFile } from "node:child_process";
import { gzipSync } from "node:zlib";
import { promisify } from "node:util";
import type { Chat } from "asynchat";
import { serve } from "asynchat/adapters";
import { describe, expect, it } from "vitest";
import { makeCertificates } from "../../../conformance/node/witness/certificates.ts";
import { serveHttp } from "../web/server.ts";
import { crawl, type CrawlOptions, type Visit } from "./crawler.ts";
import { linksOf } from "./links.ts";
import { parseRobots } from "./robots.ts";
import { makeSite } from "./site.ts";

const PAGES = 300;
const LOCAL = { hostname: "127.0.0.1", port: 0 };

/** Nothing takes so long, however busy the machine is. */
const AGES = 600_000;

/**
 * A site that counts who asks for what, and how many do at a time. Its page that drips is missing:
 * how long to wait for one would also be how long any other may take.
 */
async function countingSite(tls?: { cert: string; key: string }) {
  const site = makeSite(PAGES), asked = new Map<string, number>();
  let most = 0;
  const listener = await serveHttp((request) => {
    const { pathname, search, protocol } = new URL(request.url);
    expect(protocol).toBe(tls === undefined ? "http:" : "https:");
    asked.set(pathname + search, (asked.get(pathname + search) ?? 0) + 1);
    most = Math.max(most, listener.connections);
    return pathname === "/drip" ? new Response(null, { status: 404 }) : site.handler(request);
  }, { ...LOCAL, onerror: () => {}, ...(tls === undefined ? {} : { tls }) });
  const origin = `${tls === undefined ? "http" : "https"}://127.0.0.1:${listener.port}`;
  return { ...site, asked, listener, origin, most: () => most };
}

const paths = (visits: readonly Visit[], origin: string) =>
  new Set(visits.map(({ url }) => url.slice(origin.length)));

describe("crawl()", () => {
  it("reads every page exactly once, but those that robots are asked not to", async () => {
    const site = await countingSite();
    await using _ = site.listener;
    const visits: Visit[] = [];
    const { pages, bytes, statuses, broken, disallowed } = await crawl([`${site.origin}/#top`], {
      timeout: AGES,
      maxBody: 100_000,
      onvisit: (visit) => visits.push(visit),
    });
    expect(visits).toHaveLength(site.paths.size);
    expect(paths(visits, site.origin)).toEqual(site.paths);
    expect(paths(broken, site.origin)).toEqual(site.broken);
    expect(new Set(site.asked.keys())).toEqual(new Set([...site.paths, "/robots.txt"]));
    expect(new Set(site.asked.values())).toEqual(new Set([1]));
    expect(disallowed).toBe(2);
    // Three were never answered to the end.
    expect(pages).toBe(site.paths.size - 3);
    expect(Object.fromEntries(statuses)).toEqual({ 200: pages - 8, 302: 5, 404: 2, 500: 1 });
    expect(bytes).toBe(visits.reduce((sum, visit) => sum + visit.bytes, 0));
    const problems = Object.fromEntries(
      broken.map(({ url, problem }) => [url.slice(site.origin.length), problem]),
    );
    expect(problems).toMatchObject({
      "/missing": "status 404",
      "/self": "redirects that go round in a circle",
      "/round/2": "redirects that go round in a circle",
      "/endless": expect.stringContaining("larger"),
      "/short": expect.stringContaining("cut"),
      "/cut": expect.stringContaining("cut"),
    });
    expect(broken.every(({ from }) => from === `${site.origin}/`)).toBe(true);
    while (site.listener.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it("gives up a page that drips", async () => {
    const listener = await serveHttp(makeSite(1).handler, LOCAL);
    await using _ = listener;
    const start = [`http://127.0.0.1:${listener.port}/drip`];
    const { broken } = await crawl(start, { timeout: 200 });
    expect(broken[0]!.problem).toBe("that took too long");
  });

  it("goes so far, and no farther", async () => {
    const site = await countingSite();
    await using _ = site.listener;
    const visited = async (options: CrawlOptions, start = `${site.origin}/page/1`) => {
      const visits: Visit[] = [];
      await crawl([start], { ...options, onvisit: (visit) => visits.push(visit) });
      return [...paths(visits, site.origin)].sort().join(" ");
    };
    expect(await visited({ maxDepth: 0 })).toBe("/page/1");
    expect(await visited({ maxDepth: 1 })).toBe("/page/1 /page/2 /page/3");
    expect((await visited({ maxPages: 10 })).split(" ")).toHaveLength(10);
    expect(await visited({ maxRedirects: 0 }, `${site.origin}/old/9`)).toBe("/old/9");
    const stop = new AbortController();
    const few = await crawl([`${site.origin}/page/1`], {
      signal: stop.signal,
      onvisit: () => stop.abort(),
    });
    expect(few.pages).toBeLessThan(PAGES);
    while (site.listener.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it("has so many connections a site, which are kept", async () => {
    const site = await countingSite();
    await using _ = site.listener;
    await crawl([`${site.origin}/page/1`], { perHost: 3 });
    expect(site.most()).toBeGreaterThan(1);
    expect(site.most()).toBeLessThan(4);
  });

  it("keeps the pace that it is given, and the one that a site asks for", async () => {
    let asked = 0;
    const listener = await serveHttp(({ url }) => {
      if (url.endsWith("robots.txt")) return new Response("User-agent: *\nCrawl-delay: 0.05");
      asked++;
      const html = "<a href=1>1</a><a href=2>2</a><a href=3>3</a>";
      return new Response(html, { headers: { "content-type": "text/html" } });
    }, LOCAL);
    await using _ = listener;
    const started = performance.now();
    await crawl([`http://127.0.0.1:${listener.port}/`], { delay: 1 });
    expect(asked).toBe(4);
    // A timer is early by a millisecond at most; how late it is says nothing.
    expect(performance.now() - started).toBeGreaterThan(3 * (50 - 1));
  });

  it("leaves a site alone that cannot say what it asks of robots", async () => {
    const asked: string[] = [];
    const handler = ({ url }: Request) => {
      asked.push(new URL(url).pathname);
      return new Response("later", { status: 503 });
    };
    const listener = await serveHttp(handler, LOCAL);
    const start = [`http://127.0.0.1:${listener.port}/`];
    expect((await crawl(start)).broken[0]!.problem).toContain("503");
    expect(asked).toEqual(["/robots.txt"]);
    await listener.close();
    expect((await crawl(start)).broken[0]!.problem).toMatch(/refused/i);
  });

  it("speaks TLS, and only with whom it trusts", async () => {
    const { ca, good } = await makeCertificates();
    const site = await countingSite(good);
    await using _ = site.listener;
    const start = [`${site.origin}/page/290`], maxDepth = 3;
    const { pages, broken } = await crawl(start, { tls: { ca }, maxDepth });
    expect(pages).toBeGreaterThan(5);
    expect(broken).toEqual([]);
    const stranger = await crawl(start, { maxDepth });
    expect(stranger.pages).toBe(0);
    expect(stranger.broken[0]!.problem).toMatch(/certificate/);
  });
});

describe("an answer", () => {
  const html = (body: string) =>
    `Content-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const bomb = gzipSync(new Uint8Array(1_000_000)).toString("latin1");
  const gzip = gzipSync("packed").toString("latin1");

  /** A server that says, to the byte, what it is told to. */
  async function visit(answer: string, options: CrawlOptions = {}) {
    let asked = 0;
    const listener = await serve({ ...LOCAL, closeTimeout: 100 }, async (chat: Chat) => {
      for (;;) {
        const head = await chat.readUntil("\r\n\r\n").catch(() => undefined);
        if (head === undefined) return;
        const text = new TextDecoder().decode(head);
        if (text.startsWith("GET /robots.txt ")) {
          await chat.write("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n");
          continue;
        }
        if (text.startsWith("GET /x ")) asked++;
        const isLast = text.startsWith("GET /last ");
        const said = isLast ? `HTTP/1.1 200 OK\r\n${html("last")}` : answer;
        await chat.write(Uint8Array.from(said, (letter) => letter.charCodeAt(0)));
        if (/^connection: close/im.test(said)) return;
      }
    });
    await using _ = listener;
    const origin = `http://127.0.0.1:${listener.port}`, visits: Visit[] = [];
    await crawl([`${origin}/x`, `${origin}/last`], {
      perHost: 1,
      timeout: AGES,
      maxBody: 100_000,
      onvisit: (visit) => visits.push(visit),
      ...options,
    });
    const [first, last] = visits;
    expect(last).toMatchObject({
      url: `${origin}/last`,
      bytes: 4,
      status: 200,
      problem: undefined,
    });
    return { status: first!.status, bytes: first!.bytes, problem: first!.problem, asked };
  }

  it.each<[what: string, answer: string, bytes: number]>([
    ["by count", `HTTP/1.1 200 OK\r\n${html("abc")}`, 3],
    ["without a phrase", `HTTP/1.1 200\r\n${html("abc")}`, 3],
    [
      "in chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nA: b\r\n\r\n",
      3,
    ],
    ["until the end", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc", 3],
    ["of HTTP/1.0", `HTTP/1.0 200 OK\r\nConnection: close\r\n${html("abc")}`, 3],
    [
      "behind a hint",
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n${html("abc")}`,
      3,
    ],
    ["packed", `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n${html(gzip)}`, 6],
    [
      "and more that nobody asked for",
      `HTTP/1.1 200 OK\r\n${html("abc")}HTTP/1.1 200 OK\r\n${html("no")}`,
      3,
    ],
  ])("is read: %s", async (_, answer, bytes) => {
    expect(await visit(answer)).toEqual({ status: 200, bytes, problem: undefined, asked: 1 });
  });

  it("is asked for again when a connection that was kept ends instead", async () => {
    let answered = 0, dropped = 0;
    const listener = await serve(LOCAL, async (chat: Chat) => {
      await chat.readUntil("\r\n\r\n");
      answered++;
      await chat.write(`HTTP/1.1 200 OK\r\n${html('<a href="1">1</a><a href="2">2</a>')}`);
      if (await chat.readUntil("\r\n\r\n").catch(() => null) !== null) dropped++;
    });
    await using _ = listener;
    const options = { perHost: 1, timeout: AGES };
    const { pages, broken } = await crawl([`http://127.0.0.1:${listener.port}/`], options);
    expect([pages, broken, answered, dropped]).toEqual([3, [], 4, 3]);
  });

  it.each([
    ["that does not go on", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"],
    ["that is nothing at all", ""],
  ])("is not waited for for ever: %s", async (_, answer) => {
    const listener = await serve({ ...LOCAL, closeTimeout: 100 }, async (chat: Chat) => {
      await chat.readUntil("\r\n\r\n");
      await chat.write(answer);
      await chat.read();
    });
    await using _listener = listener;
    const { broken } = await crawl([`http://127.0.0.1:${listener.port}/`], { timeout: 50 });
    expect(broken[0]!.problem).toBe("that took too long");
  });

  it.each<[what: string, answer: string]>([
    ["that is none", "220 smtp.example ready\r\n"],
    ["of another version", `HTTP/2 200 OK\r\n${html("abc")}`],
    ["with a status that is none", `HTTP/1.1 2000 OK\r\n${html("abc")}`],
    ["with two lengths", `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n${html("abc")}`],
    ["with a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc"],
    [
      "with a length and in chunks",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${html("0\r\n\r\n")}`,
    ],
    ["in a coding that is not known", "HTTP/1.1 200 OK\r\nTransfer-Encoding: zip\r\n\r\nabc"],
    [
      "with a chunk that is none",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nabc\r\n0\r\n\r\n",
    ],
    ["with a folded field", `HTTP/1.1 200 OK\r\nA: b\r\n c\r\n${html("abc")}`],
    ["whose lines end with LF", `HTTP/1.1 200 OK\nContent-Length: 0\n\n`],
    [
      "shorter than announced",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nabc",
    ],
    ["that is cut in its head", "HTTP/1.1 200 OK\r\nConnection: close\r\n"],
    ["with a head without end", `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(20_000)}`],
    ["that is too large", `HTTP/1.1 200 OK\r\n${html("x".repeat(100_001))}`],
    ["that is too large, packed", `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n${html(bomb)}`],
    ["packed otherwise", `HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n${html("abc")}`],
    ["that is not packed", `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n${html("abc")}`],
  ])("is a problem of its own page, not of the next: %s", async (_, answer) => {
    const { status, problem, asked } = await visit(answer);
    expect(status).toBe(undefined);
    expect(problem).toEqual(expect.any(String));
    expect(asked).toBe(1);
  });
});

describe("linksOf()", () => {
  it("finds what a page links to, and nothing else", () => {
    const html =
      `<a href="b">1</a><A CLASS=x HREF='/c#d'>2</A><a href=//h/e>3</a><a href="?q=1&amp;r">4</a>
      <area href=f><iframe src="g"></iframe><a name="no"><a data-href="no"><link href="no"><abbr href="no">
      <!-- <a href="no"> --><script>'<a href="no">'</script><a href="mailto:no"><a href="javascript:no()">
      <a href="http://[no"><a
      href = " i "><a title="a > b" href="j"></a href="no"><a href="b#again">`;
    expect(linksOf(html, "http://h/a/")).toEqual(
      ["a/b", "c", "e", "a/?q=1&r", "a/f", "a/g", "a/i"].map((path) => `http://h/${path}`),
    );
    expect(linksOf('<base href="http://o/x/"><a href=y>', "http://h/")).toEqual(["http://o/x/y"]);
  });

  it.each(["<", "<a ", "<!--", "<script>", '<a href="', "<a href=x ", " href=", "&amp;"])(
    "is not slowed down by a page of nothing but %s",
    (piece) => {
      expect(linksOf(piece.repeat(500_000), "http://h/").length).toBeLessThan(2);
    },
  );
});

describe("parseRobots()", () => {
  const text = "# hello\nUser-agent: other\nUser-Agent: ROBOT # us\nDisallow: /a\nAllow: /a/b\n\n" +
    "Disallow: /*.pdf$\nDisallow: /x*y*z\nCrawl-delay: 1.5\n\nUser-agent: *\nDisallow: /\n";

  it.each([
    ["/", true],
    ["/a", false],
    ["/ab", false],
    ["/a/b/c", true],
    ["/d.pdf", false],
    ["/d.pdfs", true],
    ["/x1y2z3", false],
    ["/xzy", true],
  ])("%s: %s", (path, allowed) => {
    expect(parseRobots(text, "robot").allows(path)).toBe(allowed);
  });

  it("allows what two patterns of one length say differently", () => {
    expect(parseRobots("User-agent: *\nDisallow: /a\nAllow: /a", "robot").allows("/a")).toBe(true);
    expect(parseRobots("User-agent: *\nAllow: /a\nDisallow: /a", "robot").allows("/a")).toBe(true);
  });

  it("takes the group for everybody when there is none of its own", () => {
    const robots = parseRobots(text, "nobody");
    expect([robots.allows("/"), robots.allows("/robots.txt"), robots.delay]).toEqual([
      false,
      true,
      undefined,
    ]);
    expect(parseRobots(text, "robot").delay).toBe(1500);
    expect(parseRobots("", "robot").allows("/")).toBe(true);
    expect(parseRobots("User-agent: *\nDisallow:", "robot").allows("/")).toBe(true);
  });

  it("is not slowed down by a pattern of nothing but stars", () => {
    const { allows } = parseRobots(`User-agent: *\nDisallow: /${"*a".repeat(1000)}$`, "robot");
    expect(allows(`/${"a".repeat(10_000)}b`)).toBe(true);
  });
});

it("main.ts sums up, and leaves nothing open", async () => {
  const site = await countingSite();
  await using _ = site.listener;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    "dist/docs/examples/crawler/main.js",
    `${site.origin}/`,
    "--timeout",
    `${AGES}`,
  ]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^\d+ pages, [\d.]+ kB, [\d.]+ s\n {2}200: \d+\n/);
  expect(stdout).toContain("2 not visited, as robots.txt asks\n8 broken\n");
  expect(stdout).toContain(`${site.origin}/missing: status 404 (on ${site.origin}/)\n`);
});
