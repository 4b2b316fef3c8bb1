/**
 * Two clients of others: curl, and Python's http.client.
 *
 * @module
 */

import type { Tally } from "../../checks/tally.ts";
import { noPeer } from "../../checks/peers.ts";
import { runProgram, type Said } from "../../checks/run_program.ts";

const text = (said: Said) => said.out.toString("latin1");

/** Asks with curl what a browser, a script and an old client ask. */
export async function withCurl(tally: Tally, runtime: string, port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i * 7 >> 2 & 255));
  const numbers = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join("");
  const cases: [what: string, args: string[], holds: (said: Said) => boolean, input?: Buffer][] = [
    [
      "three requests, one connection",
      ["-w", "%{num_connects}\n", ...Array(3).fill(`${url}/hello?name=x`)],
      (said) => text(said) === "hello x\n1\nhello x\n0\nhello x\n0\n",
    ],
    [
      "a body by count, and back in chunks",
      ["--data-binary", "@-", `${url}/echo`],
      (said) => said.out.equals(bytes),
      bytes,
    ],
    [
      "a body in chunks, and back",
      ["-H", "Transfer-Encoding: chunked", "--data-binary", "@-", `${url}/echo`],
      (said) => said.out.equals(bytes),
      bytes,
    ],
    ["an answer in chunks", [`${url}/numbers?to=20000`], (said) => text(said) === numbers],
    [
      "100-continue, when the body is read",
      ["-v", "-H", "Expect: 100-continue", "--data-binary", "@-", `${url}/length`],
      (said) => /< HTTP\/1.1 100 Continue/.test(said.err) && text(said) === '{"bytes":3000000}',
      bytes,
    ],
    [
      "no 100-continue, when nobody reads it",
      ["-v", "-H", "Expect: 100-continue", "--expect100-timeout", "60", "--data-binary", "@-"]
        .concat(`${url}/nowhere`),
      ({ err }) => !err.includes("100 Continue") && err.includes("HTTP/1.1 404 Not Found"),
      bytes,
    ],
    [
      "another expectation",
      ["-w", "%{http_code}", "-o", "/dev/null", "-H", "Expect: a-miracle", url],
      (said) => text(said) === "417",
    ],
    [
      "HEAD, and the next on its connection",
      ["-I", "-w", "%{num_connects}", `${url}/hello`, `${url}/hello`],
      (said) => /content-length: 12\r\n[^]*1HTTP[^]*content-length: 12\r\n[^]*0$/.test(text(said)),
    ],
    [
      "HTTP/1.0, whose answer ends with the connection",
      ["--http1.0", "-i", `${url}/numbers?to=3`],
      (said) => /connection: close\r\n\r\n1\n2\n3\n$/.test(text(said)),
    ],
    [
      "HTTP/1.0, kept",
      ["--http1.0", "-H", "Connection: keep-alive", "-w", "%{num_connects}"]
        .concat(`${url}/hello`, `${url}/hello`),
      (said) => text(said) === "hello world\n1hello world\n0",
    ],
    [
      "a client that reads slowly",
      ["--limit-rate", "300K", "--data-binary", "@-", `${url}/echo`],
      (said) => said.out.equals(bytes.subarray(0, 600_000)),
      bytes.subarray(0, 600_000),
    ],
  ];
  for (const [what, args, holds, input] of cases) {
    const said = await runProgram(["curl", "-sS", "--max-time", "120", ...args], { input });
    if (said === undefined) return tally.notRun(`${runtime}: curl`, noPeer("curl"));
    const observed = { ...said, out: text(said).slice(0, 200) };
    tally.check(`${runtime}: curl: ${what}`, said.status === 0 && holds(said), observed);
  }
}

/** Signs the guestbook of a framework, and reads it. */
export async function withGuestbook(tally: Tally, runtime: string, port: number): Promise<void> {
  const form = ["--data-urlencode", "name=<b>ann", "--data-urlencode", "words=hello & bye"];
  const said = await runProgram(["curl", "-sSL", ...form, `http://127.0.0.1:${port}/`]);
  if (said === undefined) return tally.notRun(`${runtime}: the guestbook`, noPeer("curl"));
  tally.check(
    `${runtime}: Hono: a controller that waits, a redirect, a view that waits`,
    /^<!DOCTYPE html>.*<li><b>&lt;b&gt;ann<\/b>: hello &amp; bye<\/li>/.test(text(said)),
    text(said),
  );
}

const PYTHON = `
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=120)
def ask(*args, **kwargs):
    connection.request(*args, **kwargs)
    response = connection.getresponse()
    body = response.read()
    return response, body
def pieces():
    for number in range(1000):
        yield b"%d " % number
body = bytes(range(256)) * 4000
sockets = set()
def check(what, holds):
    sockets.add(connection.sock and connection.sock.fileno())
    print(("ok " if holds else "FAILED ") + what)
response, said = ask("GET", "/hello?name=py")
check("GET", (response.status, response.reason, said) == (200, "OK", b"hello py\\n"))
response, said = ask("POST", "/echo", body=body, headers={"Content-Type": "a/b"})
check("a body by count", said == body and response.getheader("Content-Type") == "a/b")
response, said = ask("POST", "/echo", body=pieces(), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
check("a body in chunks", said == b"".join(pieces()))
response, said = ask("HEAD", "/hello")
check("HEAD", said == b"" and response.getheader("Content-Length") == "12")
response, said = ask("GET", "/nowhere")
check("404", response.status == 404 and response.reason == "Not Found")
response, said = ask("PUT", "/nowhere", body=b"x" * 100000)
check("a body that nobody wants", response.status == 404)
response, said = ask("GET", "/hello")
check("all on one connection", said == b"hello world\\n" and len(sockets) == 1)
`;

/** Asks with Python's http.client, all on one connection. */
export async function withPython(tally: Tally, runtime: string, port: number): Promise<void> {
  const said = await runProgram(["python3", "-c", PYTHON, `${port}`]);
  if (said === undefined) return tally.notRun(`${runtime}: Python`, noPeer("python3"));
  const lines = text(said).trim().split("\n");
  for (const line of lines) {
    const [, verdict, what] = /^(ok|FAILED) (.*)$/.exec(line) ?? [];
    tally.check(`${runtime}: Python: ${what}`, verdict === "ok", line);
  }
  tally.check(`${runtime}: Python: to the end`, said.status === 0 && lines.length === 7, said.err);
}
