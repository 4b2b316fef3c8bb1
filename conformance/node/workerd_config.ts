/**
 * The configuration with which `workerd test` runs the suite.
 *
 * @module
 */

import { createServer } from "node:net";
import type { Certificates } from "../certificates.ts";

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
  /** Free ports for inbound connections; see {@linkcode freePorts}. */
  readonly inbound: InboundPorts;
  /** The certificates of the run, if there is a witness that speaks TLS. */
  readonly certificates?: Pick<Certificates, "ca" | "good"> | undefined;
}

/**
 * Ports for inbound connections, of each kind more than one case listens on: `workerd test` never
 * tells which one it took, so that 0 is of no use.
 */
export interface InboundPorts {
  readonly plain: readonly number[];
  /** Where the runtime speaks TLS, and hands over what is in it. */
  readonly tls: readonly number[];
}

/** Writes the configuration down, in Cap'n Proto's text format. */
export function workerdConfig(
  { script, options, version, inbound, certificates }: WorkerdConfig,
): string {
  const socket = (tcp: string) => (port: number) =>
    `(name = "inbound-${port}", address = "127.0.0.1:${port}", tcp = ${tcp}, service = "suite"),`;
  const sockets = [
    ...inbound.plain.map(socket("()")),
    ...certificates === undefined
      ? []
      : inbound.tls.map(socket("(tlsOptions = (keypair = .good))")),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "suite", worker = .suite),
    # Else 127.0.0.1, where the witness is, could not be reached.
    (name = "internet", network = (allow = ["private"], tlsOptions = .trust)),
  ],
  sockets = [
    ${sockets.join("\n    ")}
  ],
);

${trusting(certificates)}
const suite :Workerd.Worker = (
  modules = [(name = "suite", esModule = embed ${literal(script)})],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [
    (name = "options", text = ${literal(options)}),
    (name = "version", text = ${literal(version)}),
    (name = "inbound", json = ${literal(JSON.stringify(inbound))}),
  ],
);
`;
}

function trusting(certificates: WorkerdConfig["certificates"]): string {
  if (certificates === undefined) return "const trust :Workerd.TlsOptions = ();\n";
  const { ca, good } = certificates;
  return `const trust :Workerd.TlsOptions = (trustedCertificates = [${literal(ca)}]);

const good :Workerd.TlsOptions.Keypair = (
  certificateChain = ${literal(good.cert)},
  privateKey = ${literal(good.key)},
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
const ENOUGH = { plain: 24, tls: 8 };

/** Below what systems give to those who connect, or listen on port 0: 32768, or 49152. */
const PORTS = { from: 12_000, to: 32_000 };

/**
 * Ports of 127.0.0.1 that were free just now, and that nobody gets without asking for that very one.
 *
 * Somebody may do that in between: `workerd` then ends at once, saying "Address already in use".
 *
 * @throws {Error} when too many are in use.
 */
export async function freePorts(): Promise<InboundPorts> {
  const { plain, tls } = ENOUGH;
  const ports = await freeOnes(plain + tls);
  return { plain: ports.slice(0, plain), tls: ports.slice(plain) };
}

async function freeOnes(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 100 * count) throw new Error(`there are no ${count} free ports on 127.0.0.1`);
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve(true)));
  });
}
