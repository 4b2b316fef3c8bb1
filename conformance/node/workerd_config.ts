/**
 * The configuration with which `workerd test` runs the suite.
 *
 * @module
 */

import { createServer } from "node:net";

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
   * A free port for inbound connections: `workerd test` never tells which one it took, so that 0 is
   * of no use. See {@linkcode freePort}.
   */
  readonly inboundPort: number;
}

/** Writes the configuration down, in Cap'n Proto's text format. */
export function workerdConfig({ script, options, version, inboundPort }: WorkerdConfig): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "suite", worker = .suite),
    # Else 127.0.0.1, where the witness is, could not be reached.
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [
    (name = "inbound", address = "127.0.0.1:${inboundPort}", tcp = (), service = "suite"),
  ],
);

const suite :Workerd.Worker = (
  modules = [(name = "suite", esModule = embed ${literal(script)})],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [
    (name = "options", text = ${literal(options)}),
    (name = "version", text = ${literal(version)}),
    (name = "inbound", json = "${inboundPort}"),
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

/**
 * A port of 127.0.0.1 that was free just now.
 *
 * Somebody may take it in between: `workerd` then ends at once, saying "Address already in use".
 */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
