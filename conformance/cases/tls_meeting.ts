/**
 * How a case meets the witness by way of TLS.
 *
 * @module
 */

import type { ConnectOptions, ListenOptions } from "../../adapters/options.ts";
import type { StartTlsOptions, TlsOptions } from "../../core/tls.ts";
import type { Capability, Case, Context, Listening, Peer, Step, Watching } from "../case.ts";
import type { Common, Hooks, Meet } from "./meeting.ts";

/** Which side of the handshake the subject is. */
export type Role = "client" | "server";

/** What a client needs to know to trust the witness; nothing where the runtime is told elsewhere. */
export async function trust(t: Context): Promise<TlsOptions> {
  return t.capabilities.customCa ? { ca: (await t.certificates()).ca } : {};
}

/** What each side gives to `startTls()`. */
export async function credentials(t: Context, role: Role): Promise<StartTlsOptions> {
  return role === "client" ? trust(t) : (await t.certificates()).good;
}

/** Where the witness is, by the name that its certificate is for. */
export function named({ target }: Peer): ConnectOptions {
  return { ...target, hostname: "localhost" };
}

/** One clause as two cases, with TLS from the first byte: `program` begins behind the handshake. */
export function tlsTwins(
  ids: readonly [client: string, server: string],
  common: Common,
  run: (t: Context, meet: Meet) => Promise<void>,
  { watched = false }: { readonly watched?: boolean } = {},
): readonly Case[] {
  const step: Step = { do: "tls", watched };
  return twinsWith(ids, ["tls", "serverTls"], common, run, async (t, role) => ({
    before: [step],
    ...(role === "client"
      ? { connect: { tls: await trust(t) } }
      : { listen: { tls: (await t.certificates()).good } }),
  }));
}

/** One clause as two cases, which begin in plaintext and may start TLS. */
export function startTlsTwins(
  ids: readonly [client: string, server: string],
  common: Common,
  run: (t: Context, meet: Meet, role: Role) => Promise<void>,
): readonly Case[] {
  return twinsWith(ids, ["startTls", "serverStartTls"], common, run, () => ({
    before: [],
    connect: { startTls: true },
    listen: { startTls: true },
  }));
}

interface Ways {
  /** What the witness does first. */
  readonly before: readonly Step[];
  readonly connect?: ConnectOptions;
  readonly listen?: Partial<ListenOptions>;
}

function twinsWith(
  [client, server]: readonly [client: string, server: string],
  [clientNeeds, serverNeeds]: readonly [Capability, Capability],
  common: Common,
  run: (t: Context, meet: Meet, role: Role) => Promise<void>,
  ways: (t: Context, role: Role) => Ways | Promise<Ways>,
): readonly Case[] {
  const { needs = [] } = common;
  const meet = (t: Context, role: Role): Meet => async (program, hooks = {}, options = {}) => {
    const way = await ways(t, role);
    const meeting = role === "client" ? calling : called;
    return meeting(t, [...way.before, ...program], hooks, { ...options, ...way[WAY[role]] });
  };
  return [
    {
      ...common,
      id: client,
      role: "client",
      needs: [...needs, clientNeeds],
      run: (t) => run(t, meet(t, "client"), "client"),
    },
    {
      ...common,
      id: server,
      role: "server",
      needs: [...needs, serverNeeds],
      run: (t) => run(t, meet(t, "server"), "server"),
    },
  ];
}

const WAY = { client: "connect", server: "listen" } as const;

async function calling(
  t: Context,
  program: readonly Step[],
  hooks: Hooks,
  options: ConnectOptions & Watching,
): ReturnType<Meet> {
  const peer = await t.peer(program);
  return { peer, probe: await t.open(peer, hooks, { ...named(peer), ...options }) };
}

async function called(
  t: Context,
  program: readonly Step[],
  hooks: Hooks,
  options: Partial<ListenOptions> & Watching,
): ReturnType<Meet> {
  const listening: Listening = await t.listen(() => hooks, options);
  const peer = await t.dial(listening.target, program);
  await listening.accepted(1);
  return { peer, probe: listening.probes[0]! };
}
