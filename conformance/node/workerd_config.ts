/**
 * The configuration with which `workerd test` runs the suite.
 *
 * @module
 */

import { createServer, type Server } from "node:net";

/** The newest behaviour that the suite is run with; no later than the runtime's own version. */
const COMPATIBILITY_DATE = "2026-10-01";

/** What goes into the configuration. */
export interface WorkerdConfig {
  /** The bundled launcher, relative to the configuration's own file. */
  readonly script: string;
  /** What the launcher is told, as JSON. */
  readonly options: string;
  /** The runtime's version, which it cannot tell from inside. */
  readonly version: string;
  /**
   * Free ports for inbound connections, more than one case listens on: `workerd test` never tells
   * which one it took, so that 0 is of no use. See {@linkcode freePorts}.
   */
  readonly inbound: readonly number[];
}

/** Writes the configuration down, in Cap'n Proto's text format. */
export function workerdConfig({ script, options, version, inbound }: WorkerdConfig): string {
  const sockets = inbound.map((port) =>
    `(name = "inbound-${port}", address = "127.0.0.1:${port}", tcp = (), service = "suite"),`
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "suite", worker = .suite),
    # Else 127.0.0.1, where the witness is, could not be reached.
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [
    ${sockets.join("\n    ")}
  ],
);

const suite :Workerd.Worker = (
  modules = [(name = "suite", esModule = embed ${literal(script)})],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [
    (name = "options", text = ${literal(options)}),
    (name = "version", text = ${literal(version)}),
    (name = "inbound", json = "${JSON.stringify(inbound)}"),
  ],
);
`;
}

/** A string as Cap'n Proto reads it: its escapes are C's, byte by byte. */
function literal(text: string): string {
  const escaped = Array.from(new TextEncoder().encode(text), (byte) => {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `"${escaped.join("")}"`;
}

/** More than any case listens on at the same time. */
const ENOUGH = 24;

/**
 * Ports of 127.0.0.1 that were free just now.
 *
 * Somebody may take one in between: `workerd` then ends at once, saying "Address already in use".
 */
export async function freePorts(count: number = ENOUGH): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  // All at the same time, else the same one would be free every time.
  const ports = await Promise.all(servers.map(listen));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
