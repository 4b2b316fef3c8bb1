/**
 * The real thing: our server and Python's smtplib, our server and OpenSSL's `s_client`, our client
 * and a server of Python's sockets, on every runtime.
 *
 * ```sh
 * npm run smtp                       # with python3 and openssl; what cannot be had is not run
 * ```
 *
 * @module
 */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "asynchat/adapters";
import { makeCertificates } from "asynchat/conformance/node";
import { findPeer, noPeer } from "../checks/peers.ts";
import { commandOf, Program, type Runtime, RUNTIMES, until } from "../checks/programs.ts";
import { Tally } from "../checks/tally.ts";

const PEERS = "docs/examples/smtp/peers";

/** Dots wherever they hurt, lines of 998 characters, letters beyond ASCII, a size of some segments. */
const LETTER = Buffer.from(
  "From: me@example.org\r\nSubject: dots\r\n\r\n.\r\n..\r\n...\r\n.a dot\r\n. \r\na.\r\n\r\n" +
    `.${"x".repeat(997)}\r\n${"y".repeat(998)}\r\n${"ü".repeat(499)}\r\n` +
    Array.from({ length: 4000 }, (_, i) => `${".".repeat(i % 4)}line ${i}\r\n`).join("") +
    "MAIL FROM:<evil@example.org>\r\nQUIT\r\n.\r\n",
);

const tally = new Tally();

/** Lines of JSON in what a program has written. */
function records(output: string): Record<string, unknown>[] {
  return output.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

/** Starts a program that reads `input`, and nothing more. */
function reading(name: string, command: readonly string[], input: string | Uint8Array): Program {
  const program = new Program(name, command);
  program.end(input);
  return program;
}

const folder = await mkdtemp(join(tmpdir(), "asynchat-smtp-"));
const file = (name: string) => join(folder, name);

/** Which of the letters in the folder is not what was sent; then there are none. */
async function unlike(letter: Uint8Array): Promise<string[]> {
  const bad: string[] = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".eml")) continue;
    if (!(await readFile(file(name))).equals(letter)) bad.push(name);
    await rm(file(name));
  }
  return bad;
}

async function startServer(runtime: Runtime): Promise<{ server: Program; port: string }> {
  const credentials = ["--cert", file("cert.pem"), "--key", file("key.pem")];
  const about = ["0", ...credentials, "--folder", folder, "--require-tls"];
  const server = new Program("our server", commandOf(runtime, "smtp/serve", ...about));
  const [, port = ""] = await server.shows(/port (\d+)\n/);
  return { server, port };
}

async function smtplib(runtime: Runtime): Promise<void> {
  const { server, port } = await startServer(runtime);
  await using _ = server;
  const about = [port, file("ca.pem"), "me@example.org", "you@example.org", "them@example.org"];
  await using client = reading("smtplib", ["python3", `${PEERS}/send.py`, ...about], LETTER);
  tally.same(`${runtime}: smtplib.starttls() and sendmail() are satisfied`, [
    await client.ended,
    client.lines.length,
  ], [0, 1]);
  const [told] = records(client.output);
  tally.same(`${runtime}: smtplib is offered STARTTLS before, not under TLS`, [
    told?.before,
    told?.after,
    told?.refused,
  ], [
    ["8bitmime", "pipelining", "size", "starttls"],
    ["8bitmime", "pipelining", "size"],
    {},
  ]);
  const [taken] = records(server.output);
  tally.same(`${runtime}: both sides say the same of TLS, and of whom it is for`, [
    taken?.tls,
    taken?.from,
    taken?.to,
  ], [told?.tls, "me@example.org", ["you@example.org", "them@example.org"]]);
  tally.same(`${runtime}: smtplib's letter arrives as it was`, await unlike(LETTER), []);

  const wrong = [port, file("stranger.pem"), ...about.slice(2)];
  await using distrust = reading("smtplib", ["python3", `${PEERS}/send.py`, ...wrong], LETTER);
  tally.same(`${runtime}: smtplib, trusting another authority, sends nothing`, [
    await distrust.ended === 0,
    /CERTIFICATE_VERIFY_FAILED/.test(distrust.output),
    records(server.output).length,
  ], [false, true, 1]);
  await using again = reading("smtplib", ["python3", `${PEERS}/send.py`, ...about], LETTER);
  tally.same(`${runtime}: and the server goes on`, await again.ended, 0);
  tally.same(`${runtime}: with the next letter as it was`, await unlike(LETTER), []);
}

async function openssl(runtime: Runtime): Promise<void> {
  const { server, port } = await startServer(runtime);
  await using _ = server;
  const command = ["openssl", "s_client", "-starttls", "smtp", "-connect", `localhost:${port}`];
  const trust = ["-CAfile", file("ca.pem"), "-verify_return_error", "-verify_hostname"];
  // Not -quiet, which tells nothing; -ign_eof, as a line that begins with Q would end it.
  await using client = new Program("s_client", [
    ...[...command, ...trust, "localhost"],
    ...["-crlf", "-ign_eof"],
  ]);
  // s_client greets for itself before TLS, and looks at its input afterwards.
  client.write("EHLO openssl");
  await client.shows(/250 SIZE \d+/);
  client.write("MAIL FROM:<me@example.org>\nRCPT TO:<you@example.org>\nDATA");
  await client.shows(/354 /);
  client.write("..a dot\n..\nend\n.\nQUIT");
  await client.shows(/221 /);
  tally.same(`${runtime}: s_client -starttls smtp verifies, sends, and ends in order`, [
    await client.ended,
    /Verify return code: 0 \(ok\)/.test(client.output),
    records(server.output).map(({ from, to }) => [from, to]),
  ], [0, true, [["me@example.org", ["you@example.org"]]]]);
  tally.same(
    `${runtime}: s_client's letter arrives as it was`,
    await unlike(Buffer.from(".a dot\r\n.\r\nend\r\n")),
    [],
  );
  await using other = reading("s_client", [...command, ...trust, "elsewhere.test"], "");
  tally.same(`${runtime}: s_client finds no other name in the certificate`, [
    await other.ended === 0,
    /[Hh]ostname mismatch/.test(other.output),
  ], [false, true]);
}

async function ours(runtime: Runtime): Promise<void> {
  const send = (port: string, ...to: string[]) => {
    const about = [port, "me@example.org", ...to, "--ca", file("ca.pem")];
    return reading("our client", commandOf(runtime, "smtp/send", ...about), LETTER);
  };
  const start = async (mode: string) => {
    const about = [file("cert.pem"), file("key.pem"), folder, mode];
    const server = new Program("Python's server", ["python3", `${PEERS}/serve.py`, ...about]);
    const [, port = ""] = await server.shows(/^(\d+)\n/);
    return { server, port };
  };

  for (const mode of ["pipelining", "one by one"]) {
    const { server, port } = await start(mode);
    await using _ = server;
    await using client = send(port, "you@example.org", "nobody@example.org", "them@example.org");
    const title = `${runtime}: our client, ${mode}, to Python's server`;
    tally.same(`${title} is satisfied`, [await client.ended, client.lines], [
      0,
      ["sent to you@example.org, them@example.org", "not to nobody@example.org: 550"],
    ]);
    await server.shows(/\{.*\}\n/);
    const [taken] = records(server.output);
    tally.same(`${title}: who it is for`, [taken?.from, taken?.to, taken?.tls], [
      "me@example.org",
      ["you@example.org", "them@example.org"],
      "TLSv1.3",
    ]);
    tally.same(
      `${title}: as many commands come together as may`,
      Number(taken?.together) > 0,
      {
        pipelining: true,
        "one by one": false,
      }[mode],
    );
    tally.same(`${title}: the letter arrives as it was`, await unlike(LETTER), []);
  }
  for (
    const [mode, why] of [["plain", /does not offer STARTTLS/], ["injected", /\S/]] as const
  ) {
    const { server, port } = await start(mode);
    await using _ = server;
    await using client = send(port, "you@example.org");
    tally.same(`${runtime}: our client says nothing of a letter to a server that is ${mode}`, [
      await client.ended,
      why.test(client.output),
      records(server.output).filter(({ from }) => from !== undefined),
    ], [1, true, []]);
  }
}

/** Commands in the segment of STARTTLS, and in the one behind it. */
async function injections(runtime: Runtime): Promise<void> {
  const { server, port } = await startServer(runtime);
  await using _ = server;
  const evil = "EHLO evil\r\nMAIL FROM:<evil@x>\r\nRCPT TO:<evil@x>\r\nDATA\r\nevil\r\n.\r\n";
  for (
    const [where, pieces] of Object.entries({
      "in the segment of STARTTLS": [`STARTTLS\r\n${evil}`],
      "in the segment behind STARTTLS": ["STARTTLS\r\n", evil],
      "instead of a handshake": ["STARTTLS\r\n", "", evil],
    })
  ) {
    const chat = await connect({ hostname: "localhost", port: Number(port) });
    await chat.readLine();
    await chat.write("EHLO me\r\n");
    while (!(await chat.readLine())?.startsWith("250 "));
    const heard: string[] = [];
    const listening = (async () => {
      for await (const line of chat.frames("\r\n")) heard.push(new TextDecoder().decode(line));
    })().catch(() => {});
    for (const piece of pieces) {
      if (piece === "") await until("the server answers", () => heard.length > 0);
      await chat.write(piece).catch(() => {});
    }
    await listening;
    chat.close();
    tally.same(
      `${runtime}: no answer to commands ${where}`,
      heard.filter((line) => !line.startsWith("220 ") && /^\d\d\d[ -]/.test(line)),
      [],
    );
  }
  tally.same(
    `${runtime}: and no letter of theirs`,
    [records(server.output), await unlike(LETTER)],
    [
      [],
      [],
    ],
  );
}

try {
  const { ca, good: { cert, key }, unknownCa } = await makeCertificates();
  const files = { "ca.pem": ca, "cert.pem": cert, "key.pem": key, "stranger.pem": unknownCa.cert };
  for (const [name, text] of Object.entries(files)) await writeFile(file(name), text);

  const parts: [what: string, part: (runtime: Runtime) => Promise<void>, needs?: string][] = [
    ["smtplib and our server", smtplib, "python3"],
    ["s_client and our server", openssl, "openssl"],
    ["our client and Python's server", ours, "python3"],
    ["commands injected into our server", injections],
  ];
  for (const runtime of RUNTIMES) {
    for (const [what, part, needs] of parts) {
      if (needs === undefined || findPeer(needs) !== undefined) {
        await tally.run(`${what} on ${runtime}`, () => part(runtime));
      } else tally.notRun(`${what} on ${runtime}`, noPeer(needs));
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
tally.end();
