/**
 * How a socket case meets the witness, and the few things that most of them do there.
 *
 * @module
 */

import type { ConnectOptions } from "../../adapters/options.ts";
import type { AsyncChat } from "../../core/async_chat.ts";
import type { AsyncChatOptions } from "../../core/async_chat_options.ts";
import { ChatError } from "../../core/errors.ts";
import type { Case, Context, Peer, PeerOptions, Probe, Seen, Step, Watching } from "../case.ts";

/** One kibibyte, in bytes. */
export const KIB = 1024;
/** One mebibyte, in bytes. */
export const MIB: number = 1024 * KIB;
/** More than any system keeps between two sockets, in bytes. */
export const MORE_THAN_FITS: number = 64 * MIB;

/** The hooks and limits of a conversation under test. */
export type Hooks = AsyncChatOptions & ThisType<AsyncChat>;

/** A conversation under test, and the witness at its other end. */
export interface Meeting {
  readonly probe: Probe;
  readonly peer: Peer;
}

/** Starts a conversation with a witness that runs `program`, whoever of the two calls the other. */
export type Meet = (
  program: readonly Step[],
  hooks?: Hooks,
  options?: Watching,
) => Promise<Meeting>;

/** What the two cases of a pair of twins have in common. */
export type Common = Omit<Case, "id" | "role" | "run">;

/** One clause as two cases: the subject calls the witness, and the witness calls the subject. */
export function twins(
  [client, server]: readonly [client: string, server: string],
  common: Common,
  run: (t: Context, meet: Meet) => Promise<void>,
): readonly Case[] {
  return [
    { ...common, id: client, role: "client", run: (t) => run(t, calling(t)) },
    { ...common, id: server, role: "server", run: (t) => run(t, called(t)) },
  ];
}

/** Twins that meet on a unix socket. */
export function unixTwins(
  [client, server]: readonly [client: string, server: string],
  common: Common,
  run: (t: Context, meet: Meet) => Promise<void>,
): readonly Case[] {
  const needs = [...common.needs ?? [], "unix"] as const;
  return [
    {
      ...common,
      needs,
      id: client,
      role: "client",
      run: (t) => run(t, calling(t, { unix: true })),
    },
    {
      ...common,
      id: server,
      role: "server",
      needs: [...needs, "listen"],
      run: async (t) => run(t, called(t, await t.unixPath())),
    },
  ];
}

function calling(t: Context, peerOptions?: PeerOptions): Meet {
  return async (program, hooks, options) => {
    const peer = await t.peer(program, peerOptions);
    return { peer, probe: await t.open(peer, hooks, options) };
  };
}

function called(t: Context, path?: string): Meet {
  return async (program, hooks = {}, options = {}) => {
    const where = path === undefined ? options : { ...options, path };
    const listening = await t.listen(() => hooks, where);
    const peer = await t.dial(listening.target, program);
    await listening.accepted(1);
    return { peer, probe: listening.probes[0]! };
  };
}

/** Waits until what the witness has seen on its first connection satisfies `condition`. */
export async function seen(
  peer: Peer,
  condition: (seen: Seen) => boolean,
  what: string,
): Promise<Seen> {
  const { connections } = await peer.until(
    ({ connections: [first] }) => first !== undefined && condition(first),
    what,
  );
  return connections[0]!;
}

/** Whether the witness was told that the subject will send no more, one way or the other. */
export function hasEnded({ fin, reset, open }: Seen): boolean {
  return fin || reset || !open;
}

/** Fails unless the witness got the self-locating stream up to `size`, then a FIN and no reset. */
export async function needWhole(t: Context, peer: Peer, size: number): Promise<void> {
  const { received, wrong, fin, reset } = await seen(peer, hasEnded, "our end reaches the peer");
  t.equal(wrong, undefined, "the first wrong byte at the peer");
  t.equal(received, size, "bytes counted at the peer");
  t.equal([fin, reset], [true, false], "whether the peer saw a FIN, and whether a reset");
}

/** Pushes the self-locating stream, in random pieces, as fast as the queue drains. */
export async function pour(t: Context, chat: AsyncChat, size: number): Promise<void> {
  const stream = t.stream();
  for (let at = 0; at < size;) {
    const end = Math.min(size, at + t.integer(8, 256 * KIB));
    if (!chat.push(stream.slice(at, end))) await chat.drained();
    at = end;
  }
}

/** Queues the self-locating stream up to `size` at once, whatever `push` answers. */
export function fill(t: Context, chat: AsyncChat, size: number): void {
  const stream = t.stream(), piece = 64 * KIB;
  for (let at = 0; at < size; at += piece) chat.push(stream.slice(at, Math.min(size, at + piece)));
}

/** Waits until a number stays as it is while all happens that can; answers it. */
export async function standstill(
  t: Context,
  read: () => number | Promise<number>,
): Promise<number> {
  let last = await read();
  for (let still = 0; still < 4;) {
    await t.settle();
    const value = await read();
    still = value === last ? still + 1 : 0;
    last = value;
  }
  return last;
}

/** What an act throws, or rejects with; fails when it does neither. */
export async function thrownBy(
  t: Context,
  act: () => unknown,
  what: string,
): Promise<Error> {
  let thrown: unknown;
  try {
    await act();
  } catch (error) {
    thrown = error;
  }
  t.need(thrown instanceof Error, `${what}: expected an Error, got ${String(thrown)}`);
  return thrown;
}

/** Like {@linkcode thrownBy}, for a `ChatError` of any kind. */
export async function failureOf(t: Context, act: () => unknown, what: string): Promise<ChatError> {
  const error = await thrownBy(t, act, what);
  t.need(error instanceof ChatError, `${what}: expected a ChatError, got ${error}`);
  return error;
}

/** Begins a connect that may fail later, while the case looks at something else. */
export function begin(t: Context, probe: Probe, options: ConnectOptions): Promise<AsyncChat> {
  const opening = t.adapter.connect({ onerror: t.onerror, ...options }, probe.chat);
  opening.catch(() => {});
  return opening;
}

/** Fails unless the two lists hold the same errors: the very ones, not others that look alike. */
export function needErrors(
  t: Context,
  observed: readonly unknown[],
  expected: readonly unknown[],
  what: string,
): void {
  const same = observed.length === expected.length &&
    observed.every((one, i) => one === expected[i]);
  t.need(same, `${what}: expected [${expected.join(", ")}], got [${observed.join(", ")}]`);
}

/** The kind of an error that should be a `ChatError`. */
export function kindOf(error: unknown): string | undefined {
  return error instanceof ChatError ? error.kind : undefined;
}

/** A conversation that sends back what comes. */
export const ECHO: Hooks = {
  collectIncomingData(data) {
    this.push(data.slice());
  },
};

/** The bytes of an ASCII text. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The ASCII text of some bytes. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
