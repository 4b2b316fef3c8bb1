/**
 * The real thing: our server and Python's smtplib, our server and OpenSSL's `s_client`, our client
 * and a server of Python's sockets, on every runtime.
 *
 * ```sh
 * npm run smtp                       # needs python3 and openssl; what is not there is not run
 * ```
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { makeCertificates } from "../../../conformance/node/witness/certificates.ts";

const HERE = "docs/examples/smtp";
/** How a program of this example is run. */
const RUNTIMES: Readonly<Record<string, (program: string) => string[]>> = {
  Node: (program) => [process.execPath, `dist/${HERE}/${program}.js`],
  Deno: (program) => ["node_modules/.bin/deno", "run", "-A", `${HERE}/${program}.ts`],
  Bun: (program) => ["node_modules/.bin/bun", `${HERE}/${program}.ts`],
};

/** Longest wait for anything, in milliseconds; nothing is timed. */
const PATIENCE = 60_000;

/** Dots wherever they hurt, lines of 998 characters, letters beyond ASCII, a size of some segments. */
const LETTER = Buffer.from(
  "From: me@example.org\r\nSubject: dots\r\n\r\n.\r\n..\r\n...\r\n.a dot\r\n. \r\na.\r\n\r\n" +
    `.${"x".repeat(997)}\r\n${"y".repeat(998)}\r\n${"ü".repeat(499)}\r\n` +
    Array.from({ length: 4000 }, (_, i) => `${".".repeat(i % 4)}line ${i}\r\n`).join("") +
    "MAIL FROM:<evil@example.org>\r\nQUIT\r\n.\r\n",
);

let passed = 0, failed = 0, notRun = 0;

function check(what: string, observed: unknown, expected: unknown): void {
  const [got, wanted] = [JSON.stringify(observed), JSON.stringify(expected)];
  if (got === wanted) passed++;
  else failed++;
  console.log(got === wanted ? `ok     ${what}` : `FAILED ${what}: ${got}, not ${wanted}`);
}

/** A program that was started. */
class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  output = "";
  errors = "";

  constructor([command = "", ...args]: readonly string[], input?: string | Uint8Array) {
    this.#child = spawn(command, args, { stdio: "pipe" });
    this.#exit = once(this.#child, "close");
    this.#exit.catch(() => {});
    this.#child.stdout!.on("data", (chunk) => this.output += chunk);
    this.#child.stderr!.on("data", (chunk) => this.errors += chunk);
    this.#child.stdin!.on("error", () => {});
    if (input !== undefined) this.#child.stdin!.end(input);
  }

  say(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** What `pattern` finds in the output, as soon as it is there. */
  async shows(pattern: RegExp): Promise<string> {
    const signal = AbortSignal.timeout(PATIENCE);
    let ended = false;
    void this.#exit.then(() => ended = true, () => ended = true);
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found[1] ?? found[0];
      if (ended) throw new Error(`it ended without ${pattern}: ${this.output}${this.errors}`);
      try {
        await Promise.race([once(this.#child.stdout!, "data", { signal }), this.#exit]);
      } catch {
        throw new Error(`waited for ever for ${pattern} in ${this.output}${this.errors}`);
      }
    }
  }

  /** Its status when it ends by itself. */
  async status(): Promise<number | null> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    await this.#exit;
    clearTimeout(timer);
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit.catch(() => {});
  }
}

/** Lines of JSON in what a program has written. */
function records(output: string): Record<string, unknown>[] {
  return output.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

async function isThere(command: string, ...args: string[]): Promise<boolean> {
  try {
    await using running = new Running([command, ...args], "");
    return await running.status() === 0;
  } catch {
    return false;
  }
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

async function startServer(runtime: string): Promise<{ server: Running; port: string }> {
  const server = new Running([
    ...RUNTIMES[runtime]!("serve"),
    ...["0", "--cert", file("cert.pem"), "--key", file("key.pem")],
    ...["--folder", folder, "--require-tls"],
  ]);
  return { server, port: await server.shows(/port (\d+)\n/) };
}

async function smtplib(runtime: string): Promise<void> {
  const { server, port } = await startServer(runtime);
  await using _ = server;
  const about = [port, file("ca.pem"), "me@example.org", "you@example.org", "them@example.org"];
  await using client = new Running(["python3", `${HERE}/peers/send.py`, ...about], LETTER);
  check(`${runtime}: smtplib.starttls() and sendmail() are satisfied`, [
    await client.status(),
    client.errors,
  ], [0, ""]);
  const [told] = records(client.output);
  check(`${runtime}: smtplib is offered STARTTLS before, not under TLS`, [
    told?.before,
    told?.after,
    told?.refused,
  ], [
    ["8bitmime", "pipelining", "size", "starttls"],
    ["8bitmime", "pipelining", "size"],
    {},
  ]);
  const [taken] = records(server.output);
  check(`${runtime}: both sides say the same of TLS, and of whom it is for`, [
    taken?.tls,
    taken?.from,
    taken?.to,
  ], [told?.tls, "me@example.org", ["you@example.org", "them@example.org"]]);
  check(`${runtime}: smtplib's letter arrives as it was`, await unlike(LETTER), []);

  const wrong = [port, file("stranger.pem"), ...about.slice(2)];
  await using distrust = new Running(["python3", `${HERE}/peers/send.py`, ...wrong], LETTER);
  check(`${runtime}: smtplib, trusting another authority, sends nothing`, [
    await distrust.status() === 0,
    /CERTIFICATE_VERIFY_FAILED/.test(distrust.errors),
    records(server.output).length,
  ], [false, true, 1]);
  await using again = new Running(["python3", `${HERE}/peers/send.py`, ...about], LETTER);
  check(`${runtime}: and the server goes on`, await again.status(), 0);
  check(`${runtime}: with the next letter as it was`, await unlike(LETTER), []);
}

async function openssl(runtime: string): Promise<void> {
  const { server, port } = await startServer(runtime);
  await using _ = server;
  const command = ["openssl", "s_client", "-starttls", "smtp", "-connect", `localhost:${port}`];
  const trust = ["-CAfile", file("ca.pem"), "-verify_return_error", "-verify_hostname"];
  // Not -quiet, which tells nothing; -ign_eof, as a line that begins with Q would end it.
  await using client = new Running([...command, ...trust, "localhost", "-crlf", "-ign_eof"]);
  // s_client greets for itself before TLS, and looks at its input afterwards.
  client.say("EHLO openssl\n");
  await client.shows(/250 SIZE \d+/);
  client.say("MAIL FROM:<me@example.org>\nRCPT TO:<you@example.org>\nDATA\n");
  await client.shows(/354 /);
  client.say("..a dot\n..\nend\n.\nQUIT\n");
  await client.shows(/221 /);
  check(`${runtime}: s_client -starttls smtp verifies, sends, and ends in order`, [
    await client.status(),
    /Verify return code: 0 \(ok\)/.test(client.output),
    records(server.output).map(({ from, to }) => [from, to]),
  ], [0, true, [["me@example.org", ["you@example.org"]]]]);
  check(
    `${runtime}: s_client's letter arrives as it was`,
    await unlike(Buffer.from(".a dot\r\n.\r\nend\r\n")),
    [],
  );
  await using other = new Running([...command, ...trust, "elsewhere.test"], "");
  check(`${runtime}: s_client finds no other name in the certificate`, [
    await other.status() === 0,
    /[Hh]ostname mismatch/.test(other.output + other.errors),
  ], [false, true]);
}

async function ours(runtime: string): Promise<void> {
  const send = (port: string, ...to: string[]) =>
    new Running([
      ...RUNTIMES[runtime]!("send"),
      ...[port, "me@example.org", ...to, "--ca", file("ca.pem")],
    ], LETTER);
  const start = async (mode: string) => {
    const credentials = [file("cert.pem"), file("key.pem")];
    const server = new Running(["python3", `${HERE}/peers/serve.py`, ...credentials, folder, mode]);
    return { server, port: await server.shows(/^(\d+)\n/) };
  };

  for (const mode of ["pipelining", "one by one"]) {
    const { server, port } = await start(mode);
    await using _ = server;
    await using client = send(port, "you@example.org", "nobody@example.org", "them@example.org");
    const title = `${runtime}: our client, ${mode}, to Python's server`;
    check(`${title} is satisfied`, [await client.status(), client.output, client.errors], [
      0,
      "sent to you@example.org, them@example.org\nnot to nobody@example.org: 550\n",
      "",
    ]);
    await server.shows(/\{.*\}\n/);
    const [taken] = records(server.output);
    check(`${title}: who it is for`, [taken?.from, taken?.to, taken?.tls], [
      "me@example.org",
      ["you@example.org", "them@example.org"],
      "TLSv1.3",
    ]);
    check(
      `${title}: as many commands come together as may`,
      Number(taken?.together) > 0,
      {
        pipelining: true,
        "one by one": false,
      }[mode],
    );
    check(`${title}: the letter arrives as it was`, await unlike(LETTER), []);
  }
  for (
    const [mode, why] of [["plain", /does not offer STARTTLS/], ["injected", /\S/]] as const
  ) {
    const { server, port } = await start(mode);
    await using _ = server;
    await using client = send(port, "you@example.org");
    check(`${runtime}: our client says nothing of a letter to a server that is ${mode}`, [
      await client.status(),
      why.test(client.errors),
      records(server.output).filter(({ from }) => from !== undefined),
    ], [1, true, []]);
  }
}

/** Commands in the segment of STARTTLS, and in the one behind it. */
async function injections(runtime: string): Promise<void> {
  const { connect } = await import("asynchat/adapters/node");
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
      if (piece === "") { while (heard.length === 0) await new Promise((go) => setTimeout(go, 5)); }
      await chat.write(piece).catch(() => {});
    }
    await listening;
    chat.close();
    check(
      `${runtime}: no answer to commands ${where}`,
      heard.filter((line) => !line.startsWith("220 ") && /^\d\d\d[ -]/.test(line)),
      [],
    );
  }
  check(`${runtime}: and no letter of theirs`, [records(server.output), await unlike(LETTER)], [
    [],
    [],
  ]);
}

function skip(why: string, what: string): void {
  notRun++;
  console.log(`NOT RUN: ${why}: ${what}`);
}

const has = {
  python3: await isThere("python3", "-c", "import smtplib, ssl"),
  openssl: await isThere("openssl", "version"),
};
try {
  const { ca, good: { cert, key }, unknownCa } = await makeCertificates();
  const files = { "ca.pem": ca, "cert.pem": cert, "key.pem": key, "stranger.pem": unknownCa.cert };
  for (const [name, text] of Object.entries(files)) await writeFile(file(name), text);

  const parts: [
    what: string,
    part: (runtime: string) => Promise<void>,
    needs?: keyof typeof has,
  ][] = [
    ["smtplib and our server", smtplib, "python3"],
    ["s_client and our server", openssl, "openssl"],
    ["our client and Python's server", ours, "python3"],
    ["commands injected into our server", injections],
  ];
  for (const runtime of Object.keys(RUNTIMES)) {
    for (const [what, part, needs] of parts) {
      if (needs !== undefined && !has[needs]) {
        skip(`no ${needs}`, `${what} on ${runtime}`);
        continue;
      }
      await part(runtime).catch((error) => check(`${what} on ${runtime}`, String(error), ""));
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
if (notRun > 0) console.log(`\n${notRun} not run: install what is missing to see them`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
