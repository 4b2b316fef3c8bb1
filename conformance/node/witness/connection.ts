/**
 * One connection as the witness sees it: counts, checks, and runs a program.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Seen, SeenTls, Step, Stream } from "../../case.ts";
import type { Certificates } from "../../certificates.ts";
import { randomOf } from "../../random.ts";
import { Checker, streamOf } from "../../stream.ts";
import { Records } from "./records.ts";
import { perform } from "./steps.ts";
import { factsOf, handshake, type Role, type TlsStep } from "./tls.ts";

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
  /** Which side of a handshake it is, when a step does not say. */
  readonly role: Role;
  certificates(): Promise<Certificates>;
  /** How many releases there have been. */
  releases(): number;
  /** Something happened that is worth a line. */
  happened(what: string): void;
  /** Something that is reported has changed. */
  changed(): void;
}

/** A socket of the witness's and the program that runs on it. */
export class Connection {
  /** The socket itself, under TLS as well. */
  readonly plain: Socket;
  /** What is spoken through: the socket, or TLS on it. */
  socket: Socket | TLSSocket;
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
  /** Which side of TLS it is, once that is spoken. */
  tlsRole: Role | undefined;

  readonly #around: Surroundings;
  readonly #checker: Checker;
  readonly #echoes: boolean;
  /** A handshake is still to be made: what no step takes belongs to it. */
  #handshakes: boolean;
  #backlog: Uint8Array[] = [];
  #backlogged = 0;
  #paused = false;
  #debt = 0;
  #holds = 0;
  #text = "";
  #tls: SeenTls | undefined;
  #reset = false;
  #open = true;
  #stopped = false;
  #waiters: { holds: () => boolean; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(socket: Socket, around: Surroundings) {
    this.plain = this.socket = socket;
    this.#around = around;
    this.random = randomOf(around.seed);
    this.stream = streamOf(around.seed);
    this.#checker = new Checker(around.seed);
    this.#echoes = around.program.some((step) => step.do === "echo");
    this.#handshakes = around.program.some((step) => step.do === "tls");
    this.remote = nameOf(socket);
    socket.setNoDelay(true);
    this.#listen(socket);
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
      ...(this.#tls === undefined ? {} : { tls: this.#tls }),
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
    let left = this.#echoes || this.#handshakes ? bytes : 0;
    while (left > 0) {
      const chunk = this.#backlog.shift()!;
      const size = Math.min(left, chunk.length);
      if (size < chunk.length) this.#backlog.unshift(chunk.subarray(size));
      if (this.#handshakes) this.#checker.add(chunk.subarray(0, size));
      this.#backlogged -= size;
      left -= size;
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

  /** Speaks TLS from now on. */
  async startTls(step: TlsStep): Promise<void> {
    const { plain } = this;
    plain.pause();
    plain.removeAllListeners("data").removeAllListeners("end");
    // What no step has taken was no plaintext.
    this.received = this.taken;
    this.#text = this.#text.slice(0, this.taken);
    this.#tls = { secure: false, received: 0, text: "" };
    this.#tell("handshake");
    const rest = Buffer.concat(this.#backlog.splice(0));
    this.#backlogged = 0;
    this.#handshakes = false;
    if (rest.length > 0) plain.unshift(rest);
    const { role = this.#around.role } = step;
    try {
      const certificates = await this.#around.certificates();
      const records = new Records();
      const look = (chunk: Uint8Array) => records.add(chunk);
      const secure = await handshake(plain, step, role, certificates, look);
      this.socket = secure;
      this.tlsRole = role;
      this.#tls = { ...this.#tls, ...factsOf(secure), secure: true };
      this.#listen(secure);
      secure.on("close", () => plain.destroy());
      if (step.watched) {
        whenEnded(secure, () => this.#notified(records.endsWithAlert));
      }
      secure.pause();
      this.#tell("TLS");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#tls = { ...this.#tls, error: code ?? message };
      plain.destroy();
      this.#tell(`no TLS: ${message}`);
      throw new Stopped();
    }
  }

  /** Gives the program up, and ends in good order: what still comes is read, a FIN is sent. */
  finish(): void {
    this.#stop();
    this.rate = Infinity;
    this.read(true);
    this.socket.end();
  }

  async #run(program: readonly Step[]): Promise<void> {
    this.#readFor(program[0]);
    try {
      for (const [i, step] of program.entries()) {
        await perform(this, step);
        this.#around.happened(describe(step));
        if (step.do === "tls") this.#readFor(program[i + 1]);
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  /** Nothing may come before the step that says how. */
  #readFor(step: Step | undefined): void {
    if (step?.do !== "pause" && step?.do !== "tls") this.read(true);
  }

  #listen(socket: Socket | TLSSocket): void {
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    whenEnded(socket, () => {
      this.fin = true;
      this.#tell("FIN");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#reset ||= error.code === "ECONNRESET" || error.code === "EPIPE";
      this.#tell(error.code ?? error.message);
    });
  }

  #notified(notified: boolean): void {
    if (this.#tls !== undefined) this.#tls = { ...this.#tls, notified };
    this.#around.changed();
  }

  #receive(chunk: Uint8Array): void {
    this.received += chunk.length;
    // Before a handshake, only what steps take is known to be no part of it.
    if (!this.#handshakes) this.#checker.add(chunk);
    this.#text = extended(this.#text, chunk);
    if (this.#tls?.secure) {
      const { received, text } = this.#tls;
      const more = { received: received + chunk.length, text: extended(text, chunk) };
      this.#tls = { ...this.#tls, ...more };
    }
    if (this.#echoes || this.#handshakes) {
      this.#backlog.push(chunk);
      this.#backlogged += chunk.length;
      if (this.#echoes && this.#backlogged >= ECHO) this.socket.pause();
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

/** An end in one segment with the handshake has been told before anybody could listen. */
function whenEnded(socket: Socket, act: () => void): void {
  if (socket.readableEnded) act();
  else socket.once("end", act);
}

function extended(text: string, chunk: Uint8Array): string {
  const room = TEXT - text.length;
  return room > 0 ? text + Buffer.from(chunk.subarray(0, room)).toString("latin1") : text;
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
