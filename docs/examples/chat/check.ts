/**
 * The chat server of every runtime with real clients: `nc`, and our own.
 *
 * ```sh
 * npm run chat
 * ```
 *
 * @module
 */

import { findPeer, noPeer } from "../checks/peers.ts";
import { commandOf, Program, type Runtime, RUNTIMES, until } from "../checks/programs.ts";
import { Tally } from "../checks/tally.ts";
import { NO_NC, Person, Server } from "./people.ts";

const tally = new Tally();
if (NO_NC !== undefined) tally.notRun("nc as a client (ours took its place)", NO_NC);

/** A conversation; resolves with what each of them saw. */
async function talk(runtime: Runtime): Promise<Record<string, string[]>> {
  await using server = new Server(runtime, "0");
  const port = await server.port();
  await using ann = await Person.come("ann", port);
  await using bob = await Person.come("bob", port, runtime);
  ann.write("hello everybody, grüße ✓");
  await bob.shows("ann: hello everybody, grüße ✓");
  bob.write("hi ann \u001b[31mred");
  await ann.shows("bob: hi ann");
  ann.write("x".repeat(1001));
  await ann.shows("* that was too long");
  ann.write("/msg bob psst");
  await bob.shows("[ann to you] psst");

  await using cat = await Person.come("cat", port);
  await bob.shows("is now cat");
  for (let i = 0; i < 200; i++) cat.write(`buy ${i}`);
  await cat.shows("* that was too much; bye");
  await cat.leave();
  await bob.shows("* cat has left");
  ann.write("/quit");
  await ann.shows("* bye");
  tally.same(`${runtime}: who says /quit is let go`, await ann.leave(), 0);

  await bob.shows("* ann has left");
  tally.same(`${runtime}: SIGTERM ends the server in good order`, await server.kill("SIGTERM"), 0);
  tally.same(`${runtime}: and our client`, await bob.leave(), 0);
  return { ann: ann.lines, bob: bob.lines, cat: cat.lines };
}

/** The server is told to go while 1,000 lines are on their way. */
async function goDown(runtime: Runtime): Promise<void> {
  await using server = new Server(runtime, "0", "--rate", "Infinity");
  const port = await server.port();
  await using ann = await Person.come("ann", port);
  await using bob = await Person.come("bob", port, runtime);
  const said = Array.from({ length: 1000 }, (_, i) => `ann: ${i} ${"x".repeat(1 + i % 100)}`);
  for (const line of said) ann.write(line.slice(5));
  ann.write("/who");
  await ann.shows("* with you: bob");
  await server.kill("SIGINT");
  await bob.leave();
  tally.same(`${runtime}: what was said before SIGINT still arrives, all of it`, bob.heard(), said);
  await until("all is shown", () => bob.lines.includes("* the server is going down"));
}

/** Our client at a terminal, while somebody else talks in the middle of what is typed. */
async function typeAt(runtime: Runtime): Promise<void> {
  const script = findPeer("script");
  if (script === undefined) return tally.notRun("our client at a terminal", noPeer("script"));
  await using server = new Server("Node", "0");
  const port = await server.port();
  await using ann = await Person.come("ann", port);
  const client = commandOf(runtime, "chat/client", `${port}`, "tia").join(" ");
  await using tia = new Program("tia", [script, "-qec", client, "/dev/null"]);
  await tia.shows("* you are now tia");
  tia.type("grü");
  await tia.shows("grü");
  ann.write("hi");
  // What was typed stands below what came, and can be gone on with.
  await tia.shows(/ann: hi\r?\n.*> grü/);
  tia.type("ße\r");
  await ann.shows("tia: grüße");
  tia.type("\x04");
  await ann.shows("* tia has left");
  const ended = await tia.leave();
  const last = tia.lines.at(-1)?.split("\x1b[K").at(-1);
  tally.same(`${runtime}: our client at a terminal`, [ended, last], [0, "* it is over"]);
}

const EXPECTED = {
  ann: [
    "* welcome; /help tells what you can do here",
    "* you are guest1 in hall, with nobody else",
    "* you are now ann",
    "* guest2 is here",
    "* guest2 is now bob",
    "bob: hi ann [31mred",
    "* that was too long: 1000 bytes a line",
    "* guest3 is here",
    "* guest3 is now cat",
    ...Array.from({ length: 19 }, (_, i) => `cat: buy ${i}`),
    "* cat has left",
    "* bye",
  ],
  bob: [
    "* welcome; /help tells what you can do here",
    "* you are guest2 in hall, with ann",
    "* you are now bob",
    "ann: hello everybody, grüße ✓",
    "[ann to you] psst",
    "* guest3 is here",
    "* guest3 is now cat",
    ...Array.from({ length: 19 }, (_, i) => `cat: buy ${i}`),
    "* cat has left",
    "* ann has left",
    "* the server is going down",
    "* it is over",
  ],
  cat: [
    "* welcome; /help tells what you can do here",
    "* what was said before:",
    "ann: hello everybody, grüße ✓",
    "bob: hi ann [31mred",
    "* you are guest3 in hall, with ann, bob",
    "* you are now cat",
    "* not so fast: 5 lines a second; for 5 seconds nobody hears you",
    "* that was too much; bye",
  ],
};

for (const runtime of RUNTIMES) {
  await tally.run(`the chat on ${runtime}`, async () => {
    const seen = await talk(runtime);
    for (const [nick, lines] of Object.entries(EXPECTED)) {
      tally.same(`${runtime}: what ${nick} saw, to the letter`, seen[nick], lines);
    }
    await goDown(runtime);
    await typeAt(runtime);
  });
}
tally.end();
