/**
 * The witness: an independent peer on plain sockets, which knows no adapter and is told over HTTP
 * what to do, so that any runtime can use it.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificates } from "../../certificates.ts";
import type { CallRequest, FinishRequest, MadePath, MadePeer, PeerRequest } from "../../wire.ts";
import { makeCertificates } from "./certificates.ts";
import { FrozenPeer } from "./frozen.ts";
import { Peer, type Witnessed } from "./peer.ts";

/** How to start a witness. */
export interface WitnessOptions {
  /** The built entry that starts another one, for frozen peers; without it there are none. */
  readonly entry?: string;
  /** Connections that its ports keep until they are accepted; 2,048. */
  readonly backlog?: number;
}

/** A witness that listens. */
export interface RunningWitness {
  /** Where it is told what to do: `"http://127.0.0.1:40123"`. */
  readonly control: string;
  /** Gives everything back. */
  close(): Promise<void>;
}

/** Starts a witness in this process. */
export async function startWitness(options: WitnessOptions = {}): Promise<RunningWitness> {
  const witness = new Witness(options);
  const server = createServer((request, response) => {
    witness.answer(request).then(
      (body) => response.end(JSON.stringify(body)),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(JSON.stringify({ error: String(error) }));
      },
    );
  });
  // A connection that closes while a request is on its way would look like a dead witness.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { control: `http://127.0.0.1:${port}`, close: () => witness.close(server) };
}

class Witness {
  readonly #options: WitnessOptions;
  readonly #peers = new Map<string, Witnessed>();
  #folder: string | undefined;
  #made: Promise<Certificates> | undefined;
  #count = 0;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  async answer(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://witness");
    const [kind, id, act] = pathname.slice(1).split("/");
    const numberIn = (name: string) => Number(searchParams.get(name) ?? 0);
    const body = await bodyOf(request);
    if (kind === "") return {};
    if (kind === "certificates") return this.#certificates();
    if (kind === "paths") return { path: this.#path() } satisfies MadePath;
    if (kind === "calls") {
      return this.#add(await Peer.call(body as CallRequest, this.#certificates));
    }
    if (kind === "peers" && id === undefined) {
      return this.#add(await this.#listen(body as PeerRequest));
    }
    const peer = this.#peers.get(id ?? "");
    if (peer === undefined) throw new Error(`there is no peer ${id} (any more)`);
    if (act === undefined) return peer.report(numberIn("after"), numberIn("wait"));
    if (act === "release") return (await peer.release(), {});
    if (act === "thaw") return (await peer.thaw(), {});
    if (act !== "finish") throw new Error(`the witness cannot ${act}`);
    this.#peers.delete(id!);
    return peer.finish(body as FinishRequest);
  }

  async close(server: Server): Promise<void> {
    server.close();
    await Promise.all([...this.#peers.values()].map((peer) => peer.finish()));
    server.closeAllConnections();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #certificates = (): Promise<Certificates> => this.#made ??= makeCertificates();

  #listen(request: PeerRequest): Promise<Witnessed> {
    const { entry, backlog = 2048 } = this.#options;
    if (!request.frozen) {
      const at = request.unix ? { path: this.#path() } : { backlog };
      return Peer.listen(request, at, this.#certificates);
    }
    if (entry === undefined) throw new Error("this witness has no entry to start another one from");
    return FrozenPeer.start(entry, request);
  }

  #add(peer: Witnessed): MadePeer {
    const id = String(++this.#count);
    this.#peers.set(id, peer);
    return { id, target: peer.target, targets: peer.targets };
  }

  #path(): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), "asynchat-"));
    return join(this.#folder, `${++this.#count}.sock`);
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text === "" ? undefined : JSON.parse(text);
}
