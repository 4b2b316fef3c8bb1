/**
 * The witness's handshakes: Node's own, asked for by nothing that is under test.
 *
 * @module
 */

import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { SeenTls, Step } from "../../case.ts";
import type { Certificates } from "../../certificates.ts";

/** How to make one. */
export type TlsStep = Extract<Step, { do: "tls" }>;

/** Is shown what comes, as it comes. */
export type Look = (encrypted: Uint8Array) => void;

/** Which side of it. */
export type Role = "client" | "server";

/**
 * Makes one on a socket that nobody reads from, and to which what had been read has been given back.
 *
 * @throws {Error} the system's own, when there is none.
 */
export function handshake(
  socket: Socket,
  step: TlsStep,
  role: Role,
  certificates: Certificates,
  look: Look,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    socket.once("close", () => reject(new Error("the connection closed during the handshake")));
    const make = role === "server" ? accepted : called;
    const plain = step.header !== undefined || step.watched ? through(socket, step, look) : socket;
    make(plain, step, certificates, resolve, reject);
  });
}

function accepted(
  socket: Duplex,
  { certificate = "good", requestCert = false, alpn }: TlsStep,
  certificates: Certificates,
  done: (secure: TLSSocket) => void,
  failed: (error: Error) => void,
): void {
  const server = createServer({
    ...certificates[certificate],
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    ca: certificates.ca,
    requestCert,
    rejectUnauthorized: requestCert,
    pauseOnConnect: true,
  }, (secure) => {
    secure.allowHalfOpen = true;
    done(secure);
  });
  server.on("tlsClientError", failed);
  // Half-open, Node would not notice that a client leaves in the middle of its handshake.
  socket.allowHalfOpen = false;
  // It listens nowhere: it makes this one handshake.
  server.emit("connection", socket);
  socket.allowHalfOpen = true;
}

function called(
  socket: Duplex,
  { certificate, alpn, serverName = "localhost" }: TlsStep,
  certificates: Certificates,
  done: (secure: TLSSocket) => void,
  failed: (error: Error) => void,
): void {
  const secure = connect({
    socket,
    servername: serverName,
    ca: certificates.ca,
    ...(certificate === undefined ? {} : certificates[certificate]),
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
  });
  secure.pause();
  secure.on("error", failed).once("secureConnect", () => done(secure));
}

/** The socket, whose first write carries `header` before it, and whose input is looked at. */
function through(socket: Socket, { header = "", watched = false }: TlsStep, look: Look): Duplex {
  let before = Buffer.from(header);
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      socket.write(Buffer.concat([before, chunk]), done);
      before = Buffer.alloc(0);
    },
    final: (done) => void socket.end(done),
  });
  socket.on("data", (chunk: Buffer) => {
    if (watched) look(chunk);
    if (!duplex.push(chunk)) socket.pause();
  });
  socket.on("end", () => duplex.push(null));
  socket.on("close", () => duplex.destroy());
  return duplex;
}

/** What both sides have told each other. */
export function factsOf(secure: TLSSocket): Pick<SeenTls, "alpn" | "serverName" | "subject"> {
  const { alpnProtocol } = secure;
  const { servername } = secure as { servername?: string | false };
  const subject = secure.getPeerCertificate()?.subject?.CN;
  return {
    ...(alpnProtocol ? { alpn: alpnProtocol } : {}),
    ...(servername ? { serverName: servername } : {}),
    ...(subject === undefined ? {} : { subject: String(subject) }),
  };
}
