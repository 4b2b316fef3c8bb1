/**
 * A connect of Node's, to whichever address of a host answers first.
 *
 * @module
 */

import { ADDRCONFIG, lookup, type LookupAddress } from "node:dns";
import { Socket, type SocketConnectOpts } from "node:net";
import process from "node:process";
import { deferred } from "../core/deferred.ts";
import { after } from "./clock.ts";
import { handshake } from "./node_tls.ts";
import type { Attempt } from "./opening.ts";
import { type ConnectOptions, type Target, tlsOf } from "./options.ts";
import { toChatError } from "./system_errors.ts";

/** How long an address has to answer before the next is tried as well, in milliseconds. */
const HEAD_START = 250;

const NOTHING = new Uint8Array(0);

/** Begins to connect; with `tls` it is done when the handshake is. */
export function dial(target: Target, options: ConnectOptions): Attempt<Socket> {
  const { name, hostname, path, port } = target;
  const race = new Race(() => new Socket({ allowHalfOpen: true }));
  if (path !== undefined) race.start([{ path }]);
  else {
    // Nothing is asked about families that this machine has no address of; Windows forgets its own.
    const hints = process.platform === "win32" ? 0 : ADDRCONFIG;
    lookup(hostname, { all: true, hints }, (error, found) => {
      if (error) race.fail(error);
      else race.start(inTurn(found).map(({ address }) => ({ host: address, port })));
    });
  }
  const connected = race.won.catch((error) => {
    throw toChatError(error, name);
  });
  const tls = tlsOf(options);
  const opened = tls === undefined
    ? connected
    : connected.then((plain) =>
      handshake(plain, { role: "client", options: tls, input: NOTHING }, hostname, name)
    );
  return { socket: opened, abandon: () => race.abandon() };
}

/** One family after the other, so that one that is broken does not hold up the other. */
export function inTurn(addresses: readonly LookupAddress[]): LookupAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const other = addresses.filter(({ family }) => family !== addresses[0]?.family);
  return Array.from({ length: addresses.length }, (_, i) => [first[i], other[i]])
    .flat()
    .filter((address) => address !== undefined);
}

/**
 * Connects to one place after the other, and to the next as well while one has not answered, as
 * RFC 8305 says. Node gives up on each after a quarter of a second instead, all but the last.
 */
export class Race {
  /** The first that is connected. Rejects when none is, with what every one of them said. */
  readonly won: Promise<Socket>;
  readonly #open: () => Socket;
  readonly #outcome = deferred<Socket>();
  readonly #sockets = new Set<Socket>();
  readonly #errors: Error[] = [];
  #places: readonly SocketConnectOpts[] = [];
  #isOver = false;
  #callOff = () => {};

  /** `open` makes a socket that is not connected yet. */
  constructor(open: () => Socket) {
    this.#open = open;
    this.won = this.#outcome.promise;
  }

  /** Begins with the first of these places. */
  start(places: readonly SocketConnectOpts[]): void {
    this.#places = places;
    this.#next();
  }

  /** Gives up, because of `error`. */
  fail(error: Error): void {
    this.#isOver = true;
    this.#outcome.reject(error);
  }

  /** Gives back whatever has been opened, also the one that won. */
  abandon(): void {
    this.#isOver = true;
    this.#callOff();
    for (const socket of this.#sockets) socket.destroy();
  }

  #next(): void {
    this.#callOff();
    const [place, ...left] = this.#places;
    if (this.#isOver || place === undefined) return;
    this.#places = left;
    const socket = this.#open();
    this.#sockets.add(socket);
    socket.once("error", (error) => this.#lost(socket, error));
    socket.once("connect", () => this.#wins(socket));
    socket.connect(place);
    if (left.length > 0) this.#callOff = after(HEAD_START, () => this.#next());
  }

  #lost(socket: Socket, error: Error): void {
    this.#sockets.delete(socket);
    if (this.#isOver) return;
    this.#errors.push(error);
    if (this.#places.length > 0) this.#next();
    else if (this.#sockets.size === 0) this.fail(joined(this.#errors));
  }

  #wins(socket: Socket): void {
    this.#sockets.delete(socket);
    this.abandon();
    this.#sockets.add(socket);
    this.#outcome.resolve(socket);
  }
}

/** One error of all, with the code of the first. */
function joined(errors: readonly Error[]): Error {
  const [first] = errors;
  if (errors.length === 1) return first!;
  const { code } = first as NodeJS.ErrnoException;
  return Object.assign(new AggregateError(errors), { code });
}
