/**
 * One connection as the witness sees it: counts, checks, and runs a program.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Seen, Step, Stream } from "../../case.ts";
import { randomOf } from "../../random.ts";
import { Checker, streamOf } from "../../stream.ts";
import { perform } from "./steps.ts";

/** How much of what was received is kept as text. */
const TEXT = 4 * 1024;
/** What an echo may have received and not yet sent back, in bytes. */
const ECHO = 256 * 1024;

/** Ends a program whose connection is gone. */
export class Stopped extends Error {}

/** What its port, or its call, gives a connection. */
export interface Surroundings {
  readonly program: readonly Step[];
  readonly seed: number;
  /** How many releases there have been. */
  releases(): number;
  /** Something happened that is worth a line. */
  happened(what: string): void;
  /** Something that is reported has changed. */
  changed(): void;
}

/** A socket of the witness's and the program that runs on it. */
export class Connection {
  readonly socket: Socket;
  readonly random: () => number;
  readonly stream: Stream;
  readonly remote: string;
  received: number = 0;
  sent: number = 0;
  /** The other side's FIN has come. */
  fin: boolean = false;
  /** Received bytes that steps have taken. */
  taken: number = 0;
  /** Bytes a second at which it reads. */
  rate: number = Infinity;
  /** How far the self-locating stream has been sent. */
  streamed: number = 0;

  readonly #around: Surroundings;
  readonly #checker: Checker;
  readonly #echoes: boolean;
  #backlog: Uint8Array[] = [];
  #backlogged = 0;
  #paused = false;
  #debt = 0;
  #holds = 0;
  #text = "";
  #reset = false;
  #open = true;
  #stopped = false;
  #waiters: { holds: () => boolean; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(socket: Socket, around: Surroundings) {
    this.socket = socket;
    this.#around = around;
    this.random = randomOf(around.seed);
    this.stream = streamOf(around.seed);
    this.#checker = new Checker(around.seed);
    this.#echoes = around.program.some((step) => step.do === "echo");
    this.remote = nameOf(socket);
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => {
      this.fin = true;
      this.#tell("FIN");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#reset ||= error.code === "ECONNRESET" || error.code === "EPIPE";
      this.#tell(error.code ?? error.message);
    });
    socket.on("close", () => {
      this.#open = false;
      this.#tell("closed");
      this.#stop();
    });
    socket.pause();
    void this.#run(around.program);
  }

  /** What has been seen so far; `brief` leaves most of the text away. */
  seen(brief: boolean): Seen {
    const wrong = this.#checker.finish();
    return {
      received: this.received,
      sent: this.sent,
      fin: this.fin,
      reset: this.#reset,
      open: this.#open,
      text: brief ? this.#text.slice(0, 64) : this.#text,
      remote: this.remote,
      ...(wrong === undefined ? {} : { wrong }),
    };
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Looks again at what a step waits for. */
  look(): void {
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.holds()) return true;
      waiter.resolve();
      return false;
    });
  }

  /** Waits until `holds` does. */
  until(holds: () => boolean): Promise<void> {
    if (this.#stopped) return Promise.reject(new Stopped());
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ holds, resolve, reject }));
  }

  /** Waits for a release of its own. */
  hold(): Promise<void> {
    const turn = ++this.#holds;
    return this.until(() => this.#around.releases() >= turn);
  }

  /** Reads, or does not. */
  read(reading: boolean): void {
    this.#paused = !reading;
    if (reading) this.socket.resume();
    else this.socket.pause();
  }

  /** Writes, and waits until the system has taken it. */
  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.socket.write(bytes, (error) => error ? reject(new Stopped()) : resolve());
    });
    this.sent += bytes.length;
    this.#around.changed();
  }

  /** Takes `bytes` of what was received, which an echo will not send back then. */
  take(bytes: number): void {
    this.taken += bytes;
    let left = this.#echoes ? bytes : 0;
    while (left > 0) {
      const chunk = this.#backlog.shift()!;
      if (chunk.length > left) this.#backlog.unshift(chunk.subarray(left));
      this.#backlogged -= Math.min(left, chunk.length);
      left -= Math.min(left, chunk.length);
    }
  }

  /** The next bytes to send back; `undefined` when the other side has ended. */
  async nextEcho(): Promise<Uint8Array | undefined> {
    await this.until(() => this.#backlog.length > 0 || this.fin);
    const chunk = this.#backlog.shift();
    if (chunk === undefined) return undefined;
    this.#backlogged -= chunk.length;
    this.taken += chunk.length;
    if (this.#backlogged < ECHO && !this.#paused) this.socket.resume();
    return chunk;
  }

  /** Gives the program up, and ends in good order: what still comes is read, a FIN is sent. */
  finish(): void {
    this.#stop();
    this.rate = Infinity;
    this.read(true);
    this.socket.end();
  }

  async #run(program: readonly Step[]): Promise<void> {
    if (program[0]?.do !== "pause") this.read(true);
    try {
      for (const step of program) {
        await perform(this, step);
        this.#around.happened(describe(step));
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  #receive(chunk: Uint8Array): void {
    this.received += chunk.length;
    this.#checker.add(chunk);
    const room = TEXT - this.#text.length;
    if (room > 0) this.#text += Buffer.from(chunk.subarray(0, room)).toString("latin1");
    if (this.#echoes) {
      this.#backlog.push(chunk);
      this.#backlogged += chunk.length;
      if (this.#backlogged >= ECHO) this.socket.pause();
    }
    if (this.rate !== Infinity) this.#slowDown(chunk.length);
    this.look();
    this.#around.changed();
  }

  #slowDown(size: number): void {
    this.#debt += size;
    const milliseconds = (this.#debt / this.rate) * 1000;
    if (milliseconds < 5) return;
    this.#debt = 0;
    this.socket.pause();
    setTimeout(() => {
      if (!this.#paused) this.socket.resume();
    }, milliseconds);
  }

  #stop(): void {
    this.#stopped = true;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Stopped());
  }

  #tell(what: string): void {
    this.#around.happened(what);
    this.look();
    this.#around.changed();
  }
}

function describe(step: Step): string {
  const { do: name, ...rest } = step;
  const details = Object.values(rest).map((value) => JSON.stringify(value).slice(0, 40));
  return [name, ...details].join(" ");
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  if (remoteAddress === undefined) return "";
  const host = remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress;
  return `${host}:${remotePort}`;
}
