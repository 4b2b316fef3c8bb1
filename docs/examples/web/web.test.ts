import { once } from "node:events";
import http from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { Chat } from "asynchat";
import { memoryPair } from "asynchat/adapters/memory";
import { describe, expect, it } from "vitest";
import { guestbook } from "./guestbook.tsx";
import { converseHttp, DEFAULTS, type FetchHandler, type HttpTerms, serveHttp } from "./server.ts";

/** A server that waits when it should not is found out after this, and not after minutes. */
const SOON = { headTimeout: 3_000, bodyTimeout: 3_000, keepAliveTimeout: 3_000 };

const decode = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);
const encode = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** A promise, and how to settle it. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => resolve = settle);
  return { promise, resolve };
}

/** Says what was asked, and with what body. */
async function mirror(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const text = `${request.method} ${pathname}${search} [${await request.text()}]`;
  return new Response(text, { headers: { "content-length": `${text.length}`, date: "now" } });
}

/** Everything that a client gets which says all it has to say, then ends, or stays silent. */
async function ask(
  input: string,
  { handler = mirror, terms = {}, segment = Infinity, ends = true }: {
    handler?: FetchHandler;
    terms?: Partial<HttpTerms>;
    segment?: number;
    ends?: boolean;
  } = {},
): Promise<string> {
  const [client, server] = [new Chat(), new Chat()];
  // What a handler throws is told to nobody here; where that matters a test has its own.
  memoryPair(client, server, { segment, onerror: () => {} });
  const serving = converseHttp(server, handler, { ...DEFAULTS, ...SOON, ...terms })
    .then(() => server.closeWhenDone(), (error) => server.abort(error));
  client.write(encode(input)).catch(() => {});
  if (ends) client.end();
  let output = "";
  try {
    for await (const piece of client) output += decode(piece);
  } catch {
    output += "<reset>";
  }
  client.close();
  await serving;
  return output.replaceAll(/date: .*\r\n/g, "");
}

const statuses = (output: string) =>
  [...output.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
/** What the mirror saw. */
const seen = (output: string) => output.match(/[!-~]+ \/\S* \[[^\]]*\]/g) ?? [];

const HOST = "Host: h\r\n";
const BEFORE = `GET /before HTTP/1.1\r\n${HOST}\r\n`;
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;
const post = (fields: string, body = "") => `POST / HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
const chunked = (body: string, coding = "chunked") =>
  post(`Transfer-Encoding: ${coding}\r\n`, body);

const REFUSED: readonly (readonly [what: string, request: string, status: number])[] = [
  [
    "two kinds of length",
    post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    400,
  ],
  [
    "the same, turned round",
    post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
    400,
  ],
  ["two lengths", post("Content-Length: 0\r\nContent-Length: 30\r\n"), 400],
  ["the same length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400],
  ["a list of lengths", post("Content-Length: 3, 3\r\n", "abc"), 400],
  ["a length with a plus", post("Content-Length: +3\r\n", "abc"), 400],
  ["a negative length", post("Content-Length: -3\r\n", "abc"), 400],
  ["a hexadecimal length", post("Content-Length: 0x3\r\n", "abc"), 400],
  ["a length with an exponent", post("Content-Length: 1e1\r\n", "abc"), 400],
  ["a length with an underscore", post("Content-Length: 1_0\r\n", "abc"), 400],
  ["a length with a space in it", post("Content-Length: 1 0\r\n", "abc"), 400],
  ["a length that is empty", post("Content-Length: \r\n", "abc"), 400],
  ["a length in other digits", post("Content-Length: \xb3\r\n", "abc"), 400],
  ["a length that nobody has", post(`Content-Length: ${"9".repeat(30)}\r\n`, "abc"), 400],
  ["a length behind a vertical tab", post("Content-Length: \x0b3\r\n", "abc"), 400],
  ["a length before a no-break space", post("Content-Length: 3\xa0\r\n", "abc"), 400],
  ["a coding before a vertical tab", chunked("0\r\n\r\n", "chunked\x0b"), 400],
  ["a coding before a no-break space", chunked("0\r\n\r\n", "chunked\xa0"), 501],
  ["a coding beside chunked", chunked("0\r\n\r\n", "chunked, identity"), 501],
  ["gzip", chunked("0\r\n\r\n", "gzip, chunked"), 501],
  ["identity", chunked("", "identity"), 501],
  ["chunked twice", chunked("0\r\n\r\n", "chunked\r\nTransfer-Encoding: chunked"), 501],
  ["chunked in quotes", chunked("0\r\n\r\n", '"chunked"'), 501],
  ["a coding that is empty", chunked("0\r\n\r\n", ""), 501],
  ["a coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
  ["a space before the colon", post("Content-Length : 3\r\n", "abc"), 400],
  ["a tab before the colon", post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"), 400],
  ["a folded field", post("X: a\r\n Content-Length: 3\r\n", "abc"), 400],
  ["a folded first field", `GET / HTTP/1.1\r\n ${HOST}\r\n`, 400],
  ["a field without a name", post(": 3\r\n", "abc"), 400],
  ["a field without a colon", post("Content-Length 3\r\n", "abc"), 400],
  ["a name of other letters", post("Content-Length\xa0: 3\r\n", "abc"), 400],
  ["a lone CR in a value", post("X: a\rContent-Length: 3\r\n", "abc"), 400],
  ["a lone LF between fields", post("X: a\nContent-Length: 3\r\n", "abc"), 400],
  ["a lone LF behind the head", `GET / HTTP/1.1\r\n${HOST}\n`, 400],
  ["nothing but LF", `GET / HTTP/1.1\nHost: h\n\n`, 400],
  ["CR CR LF", `GET / HTTP/1.1\r\r\n${HOST}\r\n`, 400],
  ["NUL in a value", post("X: a\0b\r\n"), 400],
  ["NUL in a name", post("X\0: a\r\n"), 400],
  ["DEL in a value", post("X: \x7f\r\n"), 400],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two Hosts", `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400],
  ["a Host that is none", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
  ["a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
  ["a Host with a user", "GET / HTTP/1.1\r\nHost: me@h\r\n\r\n", 400],
  ["a Host with a port that is none", "GET / HTTP/1.1\r\nHost: h:66000\r\n\r\n", 400],
  ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400],
  ["no version", `GET /\r\n${HOST}\r\n`, 400],
  ["a version of its own", `GET / HTTP/1.1.1\r\n${HOST}\r\n`, 400],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ["another protocol", `GET / ICE/1.0\r\n${HOST}\r\n`, 400],
  ["a method that is no token", `G{T / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a method in small letters", `head / HTTP/1.1\r\n${HOST}\r\n`, 501],
  ["CONNECT", `CONNECT h:80 HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["TRACE", `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 501],
  ["two spaces", `GET  / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a tab for a space", `GET\t/ HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a space at the end", `GET / HTTP/1.1 \r\n${HOST}\r\n`, 400],
  ["a space before the method", ` GET / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target with a space", `GET /a b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target of other letters", `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target with a fragment", `GET /#a HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target with a backslash", `GET /\\a HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target without a slash", `GET a HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target that is a file", `GET file:///etc/passwd HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target with a user", `GET http://me@h/ HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a star that is not for OPTIONS", `GET * HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["another expectation", post("Expect: 200-ok\r\n"), 417],
  ["a chunk size with 0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"), 400],
  ["a chunk size with a sign", chunked("+3\r\nabc\r\n0\r\n\r\n"), 400],
  ["a negative chunk size", chunked("-3\r\nabc\r\n0\r\n\r\n"), 400],
  ["a chunk size with an underscore", chunked("1_0\r\nabc\r\n0\r\n\r\n"), 400],
  ["a chunk size before a space", chunked("3 \r\nabc\r\n0\r\n\r\n"), 400],
  ["a chunk size behind a space", chunked(" 3\r\nabc\r\n0\r\n\r\n"), 400],
  ["no chunk size", chunked("\r\nabc\r\n0\r\n\r\n"), 400],
  ["a chunk size that is no number", chunked("x\r\nabc\r\n0\r\n\r\n"), 400],
  ["a chunk size that wraps round", chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"), 400],
  ["a chunk that is longer", chunked("3\r\nabcd\r\n0\r\n\r\n"), 400],
  ["a chunk that ends with LF", chunked("3\r\nabc\n0\r\n\r\n"), 400],
  ["a chunk size that ends with LF", chunked("3\nabc\r\n0\r\n\r\n"), 400],
  ["an extension with a lone LF", chunked("3;a\nb\r\nabc\r\n0\r\n\r\n"), 400],
  ["an extension with a lone CR", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"), 400],
  ["a trailer that is no field", chunked("0\r\nGET / HTTP/1.1\r\n\r\n"), 400],
  ["a length behind the body", chunked("0\r\nContent-length: 9\r\n\r\n"), 400],
  ["a host behind the body", chunked("0\r\nHost: x\r\n\r\n"), 400],
  ["a trailer that is folded", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400],
  ["a trailer with a lone LF", chunked("0\r\nA: b\n\r\n"), 400],
];

describe("a request that could be read in two ways", () => {
  it.each(REFUSED)("is refused: %s", async (_, request, status) => {
    for (const segment of [Infinity, 1]) {
      const output = await ask(BEFORE + request + SMUGGLED, { segment, ends: false });
      expect(statuses(output)).toEqual([200, status]);
      expect(seen(output)).toEqual(["GET /before []"]);
      expect(output).toMatch(/connection: close\r\n\r\n[^\r]*\n$/);
    }
  });

  it("is refused however it is cut", async () => {
    for (const [, request] of REFUSED) {
      const input = request + SMUGGLED;
      const whole = await ask(input);
      for (const segment of [2, 3, 5, 7, 11, 17, 29, 47, 79]) {
        expect(await ask(input, { segment })).toBe(whole);
      }
    }
  });
});

const ANSWERED: readonly (readonly [what: string, request: string, seen: string])[] = [
  ["a target in absolute form", `GET http://other:81/a?b HTTP/1.1\r\n${HOST}\r\n`, "GET /a?b []"],
  ["a target that looks absolute", `GET //other/a HTTP/1.1\r\n${HOST}\r\n`, "GET //other/a []"],
  ["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, "OPTIONS / []"],
  ["a method of its own", `PURGE-IT /a HTTP/1.1\r\n${HOST}\r\n`, "PURGE-IT /a []"],
  ["an empty line before", `\r\nGET / HTTP/1.1\r\n${HOST}\r\n`, "GET / []"],
  ["no space behind a colon", "GET / HTTP/1.1\r\nHOST:h\r\n\r\n", "GET / []"],
  ["space around a value", "GET / HTTP/1.1\r\nhost: \t h\t \r\n\r\n", "GET / []"],
  ["an IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / []"],
  ["a body by count", post("Content-Length: 005\r\n", "a\r\n\r\n"), "POST / [a\r\n\r\n]"],
  ["a body of nothing", post("Content-Length: 0\r\n"), "POST / []"],
  [
    "a body in chunks",
    chunked("3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"),
    "POST / [abc0123456789]",
  ],
  ["chunked in capitals", chunked("1\r\na\r\n0\r\n\r\n", "CHUNKED"), "POST / [a]"],
  ["zeros before a size", chunked("0001\r\na\r\n000\r\n\r\n"), "POST / [a]"],
  ["fields behind the body", chunked("1\r\na\r\n0\r\nA: b\r\nC: d\r\n\r\n"), "POST / [a]"],
  ["a body that GET has", `GET / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`, "GET / []"],
  [
    "a body that looks like a request",
    post(`Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED),
    `POST / [${SMUGGLED}]`,
  ],
];

describe("a request", () => {
  it.each(ANSWERED)("is understood, and so is the next: %s", async (_, request, expected) => {
    const whole = await ask(request + BEFORE);
    expect(seen(whole)).toEqual([expected, "GET /before []"]);
    for (let segment = 1; segment < request.length; segment++) {
      expect(await ask(request + BEFORE, { segment })).toBe(whole);
    }
  });

  it.each(["a body in chunks", "a body by count"])(
    "that is cut is not carried out: %s",
    async (which) => {
      const [, request] = ANSWERED.find(([what]) => what === which)!;
      for (let length = 1; length < request.length; length++) {
        expect(statuses(await ask(request.slice(0, length)))).toEqual([400]);
      }
      expect(await ask(request.slice(0, 10))).toMatch(/\r\n\r\nthe request was cut\n$/);
      expect(await ask("")).toBe("");
    },
  );

  it("whose body is malformed is refused, whatever a handler makes of it", async () => {
    const lenient: FetchHandler = async (request) => {
      await request.text().catch(() => {});
      return new Response("never mind");
    };
    expect(statuses(await ask(chunked("x\r\n"), { handler: lenient }))).toEqual([400]);
  });

  it("tells the handler its fields, and the host that counts", async () => {
    const handler = ({ url, headers }: Request) =>
      new Response(`${url} ${headers.get("host")} ${headers.get("x")}`);
    const output = await ask("GET http://other/ HTTP/1.1\r\nHost: h\r\nX: a\r\nx:  \xe9\r\n\r\n", {
      handler,
    });
    expect(output).toContain("http://other/ other a, Ã©");
  });
});

describe("what a client may cost", () => {
  const long = "x".repeat(2000);

  it.each<[what: string, request: string, status: number, terms: Partial<HttpTerms>]>([
    ["a target that is too long", `GET /${long} HTTP/1.1\r\n${HOST}\r\n`, 414, { maxHead: 1000 }],
    ["a field that is too long", post(`X: ${long}\r\n`), 431, { maxHead: 1000 }],
    ["too many fields", post("X: y\r\n".repeat(300)), 431, { maxHead: 1000 }],
    ["nothing but empty lines", "\r\n".repeat(600), 414, { maxHead: 1000 }],
    ["a body by count", post("Content-Length: 1001\r\n", long), 413, { maxBody: 1000 }],
    ["a body in chunks", chunked("3e8\r\n" + "x".repeat(1000) + "\r\n1\r\n"), 413, {
      maxBody: 1000,
    }],
    ["a chunk of a size that nobody has", chunked("ffffffffffff\r\n"), 413, { maxBody: 1000 }],
    ["extensions without end", chunked(`1;${long}\r\na\r\n`.repeat(20)), 400, {}],
    ["fields behind a body without end", chunked(`0\r\n${`A: ${long}\r\n`.repeat(20)}`), 431, {}],
    ["a head that does not end", "GET / HTTP/1.1\r\nHost: h\r\n", 408, { headTimeout: 20 }],
    ["a body that does not come", post("Content-Length: 5\r\n", "abc"), 408, { bodyTimeout: 20 }],
  ])("is bounded: %s", async (_, request, status, terms) => {
    const output = await ask(request, { terms, ends: false });
    expect(statuses(output)).toEqual([status]);
    expect(output).toContain("connection: close\r\n");
  });

  it("counts the time of a head that drips", async () => {
    const [client, server] = [new Chat(), new Chat()];
    memoryPair(client, server);
    const serving = converseHttp(server, mirror, { ...DEFAULTS, headTimeout: 100 });
    let isOver = false;
    const drip = (async () => {
      await client.write("GET / HTTP/1.1\r\n");
      while (!isOver) {
        await client.write("A: b\r\n");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    expect(decode(await client.readUntil("\r\n"))).toBe("HTTP/1.1 408 Request Timeout");
    isOver = true;
    await Promise.all([drip, serving]);
  });

  it("lets go of who has nothing to ask, without a word", async () => {
    expect(await ask("", { terms: { keepAliveTimeout: 5 }, ends: false })).toBe("");
    const output = await ask(BEFORE, { terms: { keepAliveTimeout: 5 }, ends: false });
    expect(statuses(output)).toEqual([200]);
  });

  it("reads only so much of a body that nobody wants, and then closes", async () => {
    const handler = () => new Response("no", { headers: { "content-length": "2" } });
    const small = post("Content-Length: 100000\r\n", "x".repeat(100_000));
    expect(statuses(await ask(small + BEFORE, { handler }))).toEqual([200, 200]);
    const large = post("Content-Length: 1000000\r\n", "x".repeat(1_000_000));
    expect(statuses(await ask(large + BEFORE, { handler }))).toEqual([200]);
  });

  it("waits in the network, in both directions", async () => {
    const [client, server] = [new Chat({ highWaterMark: 1000, lowWaterMark: 500 }), new Chat()];
    memoryPair(client, server, { capacity: 1000 });
    let pulled = 0;
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(1000));
        },
      }, { highWaterMark: 0 });
    const handler = () => new Response(endless());
    const serving = converseHttp(server, handler).catch(() => {});
    await client.write(post("Content-Length: 10000000\r\n"));
    let written = 0;
    const flood = (async () => {
      for (; written < 10_000; written++) await client.write(new Uint8Array(1000));
    })().catch(() => {});
    await client.readUntil("\r\n\r\n");
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 0));
    expect(pulled).toBeLessThan(200);
    expect(written).toBeLessThan(200);
    client.close();
    await Promise.all([serving, flood]);
  });
});

describe("Expect: 100-continue", () => {
  const expecting = post("Expect: 100-Continue\r\nContent-Length: 3\r\n");

  async function meet(handler: FetchHandler) {
    const [client, server] = [new Chat(), new Chat()];
    memoryPair(client, server);
    const serving = converseHttp(server, handler).then(() => server.closeWhenDone());
    await client.write(expecting);
    return { client, serving };
  }

  it.each<[string, FetchHandler]>([
    ["reads it", mirror],
    ["answers with it", ({ body }) => new Response(body)],
  ])("is answered when the handler %s", async (_, handler) => {
    const { client, serving } = await meet(handler);
    expect(decode(await client.readUntil("\r\n\r\n"))).toBe("HTTP/1.1 100 Continue");
    await client.write("abc");
    client.end();
    const head = decode(await client.readUntil("\r\n\r\n"));
    expect(head).toContain("200 OK");
    expect(head).toContain("keep-alive");
    expect(decode((await client.read())!)).toMatch(/abc/);
    client.close();
    await serving;
  });

  it("is not, when nobody wants the body; what comes then is not understood", async () => {
    const { client, serving } = await meet(() => new Response("no", { status: 403 }));
    await client.write("abc" + SMUGGLED);
    client.end();
    let output = "";
    for await (const piece of client) output += decode(piece);
    expect(statuses(output)).toEqual([403]);
    expect(output).toContain("connection: close");
    await serving;
  });
});

describe("an answer", () => {
  const get = (version: string, fields = "") => `GET / HTTP/${version}\r\n${HOST}${fields}\r\n`;
  const answers = (response: () => Response, input = get("1.1", "Connection: close\r\n")) =>
    ask(input, { handler: response });

  it.each<[what: string, response: () => Response, output: string]>([
    [
      "of text",
      () => new Response("abc", { headers: { "content-type": "t" } }),
      "HTTP/1.1 200 OK\r\ncontent-type: t\r\ntransfer-encoding: chunked\r\n" +
      "connection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ],
    [
      "that is counted",
      () => new Response(encode("abc"), { headers: { "content-length": "3" } }),
      "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc",
    ],
    [
      "of nothing",
      () => new Response(null, { status: 404 }),
      "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ],
    [
      "205, which has a length",
      () => new Response(null, { status: 205 }),
      "HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ],
    [
      "204, which has none",
      () => new Response(null, { status: 204, headers: { "content-length": "0" } }),
      "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
    ],
    [
      "304, which may tell it",
      () => new Response(null, { status: 304, headers: { "content-length": "9" } }),
      "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\nconnection: close\r\n\r\n",
    ],
    [
      "with a phrase of its own",
      () => new Response(null, { status: 299, statusText: "Sure" }),
      "HTTP/1.1 299 Sure\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ],
    [
      "with a status of its own",
      () => new Response(null, { status: 299 }),
      "HTTP/1.1 299 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ],
    [
      "with fields that are not the handler's to say",
      () =>
        new Response(null, {
          headers: { "transfer-encoding": "x", "keep-alive": "y", upgrade: "z" },
        }),
      "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ],
    [
      "with other letters",
      () => new Response(null, { headers: { x: "\xe9" } }),
      "HTTP/1.1 200 OK\r\nx: \xe9\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ],
    [
      "with two cookies",
      () => new Response(null, { headers: [["set-cookie", "a"], ["set-cookie", "b"]] }),
      "HTTP/1.1 200 OK\r\nset-cookie: a\r\nset-cookie: b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ],
  ])("goes out as it should: %s", async (_, response, output) => {
    const sent = (await answers(response)).replace(
      "content-type: text/plain;charset=UTF-8\r\n",
      "",
    );
    expect(decode(encode(sent))).toBe(output);
  });

  it("to HEAD has no body, and the next follows", async () => {
    let isCancelled = false;
    const handler = () =>
      new Response(new ReadableStream({ cancel: () => void (isCancelled = true) }), {
        headers: { "content-length": "12" },
      });
    const head = `HEAD / HTTP/1.1\r\n${HOST}\r\n`;
    const output = await ask(head + head, { handler });
    expect(output).toBe(
      "HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: keep-alive\r\n\r\n".repeat(2),
    );
    expect(isCancelled).toBe(true);
  });

  it("to HTTP/1.0 ends with the connection, or is counted", async () => {
    const plain = () => new Response(encode("abc"));
    const keep = get("1.0", "Connection: keep-alive\r\n");
    expect(await answers(plain, keep + keep)).toBe(
      "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc",
    );
    const counted = () => new Response(encode("abc"), { headers: { "content-length": "3" } });
    expect(statuses(await answers(counted, keep + keep))).toEqual([200, 200]);
    expect(statuses(await answers(counted, get("1.0") + keep))).toEqual([200]);
  });

  it("may close the connection", async () => {
    const handler = () => new Response(null, { headers: { connection: "Close" } });
    expect(statuses(await ask(BEFORE + BEFORE, { handler }))).toEqual([200]);
  });

  it.each<[what: string, response: () => unknown]>([
    ["is none", () => "text"],
    ["is nothing at all", () => undefined],
    ["is an error", () => Response.error()],
    ["has been used", () => {
      const response = new Response("abc");
      void response.text();
      return response;
    }],
    [
      "has a length that is none",
      () => new Response("abc", { headers: { "content-length": "3x" } }),
    ],
    [
      "has a length, and nothing else",
      () => new Response(null, { headers: { "content-length": "3" } }),
    ],
    ["is thrown", () => {
      throw new Error("secret");
    }],
  ])("is 500 when it %s", async (_, response) => {
    const told: unknown[] = [];
    const [client, server] = [new Chat(), new Chat()];
    memoryPair(client, server, { onerror: (error: unknown) => told.push(error) });
    const serving = converseHttp(server, response as FetchHandler).then(() =>
      server.closeWhenDone()
    );
    await client.write(BEFORE + SMUGGLED);
    client.end();
    let output = "";
    for await (const piece of client) output += decode(piece);
    await serving;
    expect(String(told[0])).toMatch(/handler answers with|Content-Length|secret/);
    expect(statuses(output)).toEqual([500]);
    expect(output).not.toContain("secret");
    expect(told).toHaveLength(1);
  });

  const bytes = (...pieces: unknown[]) =>
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });

  it.each<[what: string, response: () => Response]>([
    ["longer than it said", () => new Response("abcd", { headers: { "content-length": "3" } })],
    ["shorter than it said", () => new Response("ab", { headers: { "content-length": "3" } })],
    ["no bytes", () => new Response(bytes(encode("a"), "é"))],
    [
      "broken off",
      () => new Response(new ReadableStream({ pull: (c) => c.error(new Error("broken")) })),
    ],
  ])("is cut when its body is %s", async (_, response) => {
    const output = await ask(BEFORE + SMUGGLED, { handler: response });
    expect(output).toMatch(/<reset>$/);
    expect(statuses(output).length).toBeLessThan(2);
    expect(output).not.toContain("0\r\n\r\n");
  });

  it("is not ended by a piece of nothing", async () => {
    const handler = () => new Response(bytes(encode("a"), new Uint8Array(0), encode("b")));
    expect(await ask(BEFORE, { handler })).toMatch(/\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n$/);
  });

  it("that cannot be sent does not go on being made", async () => {
    let isCancelled = false;
    const body = new ReadableStream({ cancel: () => void (isCancelled = true) });
    const handler = () => new Response(body, { headers: { "content-length": "3x" } });
    expect(statuses(await ask(BEFORE, { handler }))).toEqual([500]);
    expect(isCancelled).toBe(true);
  });

  it("may be one piece that is larger than any queue", async () => {
    const size = 40 * 1024 * 1024;
    const output = await ask(BEFORE, { handler: () => new Response(new Uint8Array(size)) });
    expect(output.length).toBeGreaterThan(size);
    expect(output.endsWith("\r\n0\r\n\r\n")).toBe(true);
  });
});

describe("over a socket", () => {
  /** A client that shares nothing with us. */
  async function fetchNode(
    port: number,
    path: string,
    options: http.RequestOptions = {},
    body?: Uint8Array,
  ): Promise<{ status: number; fields: http.IncomingHttpHeaders; text: string }> {
    const request = http.request({ port, path, host: "127.0.0.1", ...options });
    if (body === undefined) request.end();
    else Readable.from([body.subarray(0, 10), body.subarray(10)]).pipe(request);
    const [response] = await once(request, "response") as [http.IncomingMessage];
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece);
    return {
      status: response.statusCode!,
      fields: response.headers,
      text: Buffer.concat(pieces).toString("latin1"),
    };
  }

  it("echoes a body that is on its way, on one connection", async () => {
    const handler = ({ body }: Request) => new Response(body);
    await using listener = await serveHttp(handler, { hostname: "127.0.0.1", port: 0 });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 31 >> 3);
    for (let i = 0; i < 3; i++) {
      const { text } = await fetchNode(listener.port, "/", { method: "PUT", agent }, bytes);
      expect(text === decode(bytes) || text === Buffer.from(bytes).toString("latin1")).toBe(true);
      expect(listener.connections).toBe(1);
    }
    agent.destroy();
  });

  it("tells the handler that the client is gone, also behind a pipelined request", async () => {
    for (const behind of ["", BEFORE]) {
      const aborted = deferred<void>(), asked = deferred<void>();
      const handler = ({ signal }: Request) =>
        new Promise<Response>((_, reject) => {
          asked.resolve();
          signal.addEventListener("abort", () => {
            aborted.resolve();
            reject(signal.reason);
          });
        });
      const told: unknown[] = [];
      const onerror = (error: unknown) => told.push(error);
      await using listener = await serveHttp(handler, { hostname: "127.0.0.1", port: 0, onerror });
      const socket = connect(listener.port, "127.0.0.1").on("error", () => {});
      socket.write(BEFORE + behind);
      await asked.promise;
      socket.resetAndDestroy();
      await aborted.promise;
      await listener.close();
      expect(told).toEqual([]);
    }
  });

  it("goes down in good order", async () => {
    const stop = new AbortController();
    const asked = deferred<void>(), answer = deferred<Response>();
    const handler = ({ url }: Request) => {
      if (!url.endsWith("slow")) return new Response("quick");
      asked.resolve();
      return answer.promise;
    };
    const listener = await serveHttp(handler, {
      hostname: "127.0.0.1",
      port: 0,
      signal: stop.signal,
    });
    const agent = new http.Agent({ keepAlive: true });
    await fetchNode(listener.port, "/quick", { agent });
    const slow = fetchNode(listener.port, "/slow");
    await asked.promise;
    expect(listener.connections).toBe(2);
    stop.abort();
    while (listener.connections > 1) await new Promise((resolve) => setTimeout(resolve, 1));
    await expect(fetchNode(listener.port, "/")).rejects.toThrow("ECONNREFUSED");
    answer.resolve(new Response("done"));
    const { text, fields } = await slow;
    expect(text).toBe("done");
    expect(fields.connection).toBe("close");
    await listener.closed;
    agent.destroy();
  });

  it("carries a framework: controllers that wait, views that wait", async () => {
    await using listener = await serveHttp(guestbook.fetch, { hostname: "127.0.0.1", port: 0 });
    const { port } = listener;
    const form = {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
    expect((await fetchNode(port, "/")).text).toMatch(/^<!DOCTYPE html><html.*Nobody was here yet/);
    const body = new TextEncoder().encode("name=%3Cb%3Eann&words=hello+there");
    const { status, fields } = await fetchNode(port, "/", form, body);
    expect([status, fields.location]).toEqual([303, "/"]);
    const { text } = await fetchNode(port, "/");
    expect(text).toContain("<li><b>&lt;b&gt;ann</b>: hello there</li>");
    expect((await fetchNode(port, "/", form, new TextEncoder().encode("name=only"))).status).toBe(
      422,
    );
    expect((await fetchNode(port, "/nowhere")).status).toBe(404);
  });
});
