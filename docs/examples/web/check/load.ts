/**
 * Many requests at once, of which every byte of every answer is looked at.
 *
 * @module
 */

import { mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tally } from "../../checks/tally.ts";
import { noPeer } from "../../checks/peers.ts";
import { runProgram } from "../../checks/run_program.ts";

const REQUESTS = 50_000, CONNECTIONS = 50, PIPELINED = 10;

/** Each request has a name of its own, of another length than its neighbours'. */
function nameOf(connection: number, request: number): string {
  return `${connection}-${request}-${"x".repeat((connection * 31 + request * 7) % 200)}`;
}

/** One connection: batches of pipelined requests. Answers how many answers were right. */
function converse(port: number, connection: number, requests: number): Promise<number> {
  return new Promise((resolve) => {
    let right = 0, sent = 0, held = Buffer.alloc(0);
    const socket = connect(port, "127.0.0.1");
    const send = () => {
      let batch = "";
      for (let i = 0; i < PIPELINED && sent < requests; i++) {
        batch += `GET /hello?name=${nameOf(connection, sent++)} HTTP/1.1\r\nHost: h\r\n\r\n`;
      }
      socket.write(batch);
    };
    socket.on("connect", send).on("error", () => {}).on("close", () => resolve(right));
    socket.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      for (;;) {
        const end = held.indexOf("\r\n\r\n");
        if (end < 0) return;
        const body = `hello ${nameOf(connection, right)}\n`;
        const expected = "HTTP/1.1 200 OK\r\n" +
          `content-length: ${body.length}\r\n(content-type: [!-~]+\r\n)?` +
          "date: [ -~]{29}\r\nconnection: keep-alive";
        const head = held.toString("latin1", 0, end);
        const after = end + 4 + body.length;
        if (held.length < after) return;
        const isRight = new RegExp(`^${expected}$`).test(head) &&
          held.toString("latin1", end + 4, after) === body;
        if (!isRight) return void socket.destroy();
        held = held.subarray(after);
        right++;
        if (right === requests) socket.destroy(held.length === 0 ? undefined : new Error("more"));
        else if (right === sent) send();
      }
    });
  });
}

/** Ours: all answers, to the byte, in order. */
export async function withOurs(tally: Tally, runtime: string, port: number): Promise<void> {
  const each = REQUESTS / CONNECTIONS;
  const started = performance.now();
  const right = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, i) => converse(port, i, each)),
  );
  const sum = right.reduce((a, b) => a + b), seconds = (performance.now() - started) / 1000;
  tally.check(
    `${runtime}: ${REQUESTS} requests, ${CONNECTIONS} connections, ${PIPELINED} at a time, to the ` +
      `byte (${Math.round(REQUESTS / seconds)}/s)`,
    sum === REQUESTS,
    `${sum} of ${REQUESTS} were right`,
  );
}

const LUA = `
local n, right, threads = 0, 0, {}
function setup(thread) table.insert(threads, thread) end
function request()
  n = n + 1
  local batch = {}
  for i = 1, ${PIPELINED} do
    batch[i] = "GET /hello?name=" .. n .. string.rep("y", n % 200) .. " HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n"
  end
  return table.concat(batch)
end
wrong = 0
function response(status, headers, body)
  local number, pad = body:match("^hello (%d+)(y*)\\n$")
  local length = headers["content-length"]
  if status ~= 200 or number == nil or #pad ~= number % 200 or tonumber(length) ~= #body then
    wrong = wrong + 1
  end
end
function done(summary)
  local wrong = 0
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrong") end
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, wrong,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** wrk, with a script that looks at each body. */
export async function withWrk(tally: Tally, runtime: string, port: number): Promise<void> {
  const script = join(mkdtempSync(join(tmpdir(), "asynchat-")), "check.lua");
  writeFileSync(script, LUA);
  const url = `http://127.0.0.1:${port}/`;
  const said = await runProgram(
    ["wrk", "-t1", "-c50", "-d5s", "--timeout", "60s", "-s", script, url],
  );
  if (said === undefined) return tally.notRun(`${runtime}: wrk`, noPeer("wrk"));
  const [, requests, wrong, errors] = /RESULT (\d+) (\d+) (\d+)/.exec(said.out.toString()) ?? [];
  tally.check(
    `${runtime}: wrk: ${requests} requests, pipelined, each body looked at`,
    Number(requests) > 0 && wrong === "0" && errors === "0",
    said.out.toString() + said.err,
  );
}

/** ab, which speaks HTTP/1.0 and counts answers of another length. */
export async function withAb(tally: Tally, runtime: string, port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/hello`;
  const said = await runProgram([
    "ab",
    "-q",
    "-k",
    "-s",
    "120",
    "-n",
    `${REQUESTS}`,
    "-c",
    "50",
    url,
  ]);
  if (said === undefined) return tally.notRun(`${runtime}: ab`, noPeer("ab"));
  const out = said.out.toString();
  const [complete, failed, kept] = ["Complete requests", "Failed requests", "Keep-Alive requests"]
    .map((name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(out)?.[1]));
  tally.check(
    `${runtime}: ab: ${complete} requests of HTTP/1.0, ${kept} on a connection that was kept`,
    complete === REQUESTS && failed === 0 && kept === REQUESTS && !out.includes("Non-2xx"),
    out + said.err,
  );
}
