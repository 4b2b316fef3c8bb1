/**
 * People for the checks: programs that speak lines, with a server that they are on.
 *
 * @module
 */

import { findPeer, noPeer } from "../checks/peers.ts";
import { commandOf, Program, type Runtime } from "../checks/programs.ts";

/** `nc`, whatever it is called here. */
const NC = findPeer("nc");

/** What to say where it is missing; our own client takes its place then. */
export const NO_NC: string | undefined = NC === undefined ? noPeer("nc") : undefined;

/** A chat server on one runtime. */
export class Server extends Program {
  readonly runtime: Runtime;

  /** Starts it; 0 takes a free port. */
  constructor(runtime: Runtime, ...args: readonly string[]) {
    super(`the server on ${runtime}`, commandOf(runtime, "chat/server", ...args));
    this.runtime = runtime;
  }

  /** The port for lines. */
  async port(): Promise<number> {
    return Number((await this.shows(/listening on \S+ port (\d+)/))[1]);
  }

  /** The page's address. */
  async url(): Promise<string> {
    return (await this.shows(/http:\S+/))[0];
  }
}

/** Somebody at a terminal. */
export class Person extends Program {
  readonly nick: string;
  /** With what. */
  readonly where: string;

  /** Comes with `nc`, or with our own client where `runtime` says on what. */
  private constructor(nick: string, port: number, runtime?: Runtime) {
    const nc = runtime === undefined ? NC : undefined;
    const client = commandOf(runtime ?? "Node", "chat/client", `${port}`);
    super(nick, nc === undefined ? client : [nc, "localhost", `${port}`]);
    this.nick = nick;
    this.where = nc === undefined ? "our own client" : "nc";
  }

  /** Somebody comes, and takes a name. */
  static async come(nick: string, port: number, runtime?: Runtime): Promise<Person> {
    const person = new Person(nick, port, runtime);
    person.write(`/nick ${nick}`);
    await person.shows(`* you are now ${nick}`);
    return person;
  }

  /** What others said, of what this person has seen since line `from`. */
  heard(from = 0): string[] {
    return this.lines.slice(from).filter((line) => /^[\w-]+: /.test(line));
  }
}
