/**
 * Faults of handing a connection over, to TLS or to somebody else.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const driver = "adapters/driver_loop.ts";
const session = "core/session.ts";
const handshake = "adapters/node_tls.ts";
const transport = "adapters/node_transport.ts";

/** The faults. */
export const tlsMutants: readonly Mutant[] = [
  {
    fault: "injected plaintext is not refused",
    file: session,
    find: 'if (this.#handover === "refuse" && this.#intake.hasUnread && !this.isOver) {',
    replace: "if (false as boolean) {",
    caughtBy: "SEC-6.1",
  },
  {
    fault: "half an injected line is not refused",
    file: "core/intake.ts",
    find: "return ended || replay.length > 0 || isFrameUnderWay(this.#input);",
    replace: "return ended || replay.length > 0;",
    caughtBy: "STL-4.5",
  },
  {
    fault: "a Chat does not refuse what has come and was not read",
    file: "core/async_chat.ts",
    find: "      if (refuse && this.hasUnread) {",
    replace: "      if (false as boolean) {",
    caughtBy: "STL-3.3",
  },
  {
    fault: "connect() does not wait for the handshake",
    file: handshake,
    find: 'secure.on("error", fail).once("secureConnect", () => done(secure));',
    replace: 'secure.on("error", fail);\n      done(secure);',
    caughtBy: "TLS-1.9",
  },
  {
    fault: "certificates are not verified",
    file: handshake,
    find: "const { serverName = hostname, rejectUnauthorized = true } = options;",
    replace: "const { serverName = hostname } = options, rejectUnauthorized = false;",
    caughtBy: "TLS-2.1",
  },
  {
    fault: "a good certificate is good for every name",
    file: handshake,
    find: "    host: serverName,",
    replace: "    checkServerIdentity: () => undefined,",
    caughtBy: "TLS-2.2",
  },
  {
    fault: "the hostname is verified, whatever serverName says",
    file: handshake,
    find: '    host: serverName,\n    servername: isIP(serverName) === 0 ? serverName : "",',
    replace: "    host: hostname,",
    caughtBy: "TLS-2.5",
  },
  {
    fault: "clients of another authority are let in",
    file: handshake,
    find: "    requestCert,\n    rejectUnauthorized,",
    replace: "    requestCert,\n    rejectUnauthorized: false,",
    caughtBy: "TLS-6.12",
  },
  {
    fault: "a caller that leaves in the middle of its handshake is not noticed",
    file: handshake,
    find: "    pauseOnConnect: true,",
    replace: "    pauseOnConnect: true,\n    allowHalfOpen: true,",
    caughtBy: "TLS-5.2",
  },
  {
    fault: "over TLS the peer's end is ours",
    file: handshake,
    find: "    socket.allowHalfOpen = true;",
    replace: "",
    caughtBy: "TLS-6.2",
  },
  {
    fault: "an end right behind the handshake is a FIN and no close_notify",
    file: transport,
    find: "    if (!this.#parting || !this.#socket.readableEnded) return this.#destroy();",
    replace: "    return this.#destroy();",
    caughtBy: "TLS-4.6",
  },
  {
    fault: "a handshake that fails is told as an end",
    file: handshake,
    find: "    throw tlsError(error, peer);\n",
    replace: '    throw Object.assign(tlsError(error, peer), { kind: "closed" });\n',
    caughtBy: "TLS-3.3",
  },
  {
    fault: "what is pushed behind startTls() goes out in plaintext",
    file: "core/outbox.ts",
    find: "    this.#behind ??= EMPTY_OUTPUT;",
    replace: "",
    caughtBy: "STL-1.1",
  },
  {
    fault: "what was queued before startTls() waits for it as well",
    file: session,
    find: 'return this.#phase === "open" && this.#handover !== "none" && this.#outbox.isGone;',
    replace: 'return this.#phase === "open" && this.#handover !== "none";',
    caughtBy: "STL-1.1",
  },
  {
    fault: "the beginning of the handshake is dropped when it is handed over",
    file: handshake,
    find: "  if (input.length > 0) socket.unshift(input);",
    replace: "",
    caughtBy: "SEC-8.1",
  },
  {
    fault: "a handshake that fails leaves the conversation in plaintext",
    file: driver,
    find: "    }, (error: ChatError) => this.failed(error));",
    replace: "    }, () => {\n      this.#session.handoverDone();\n      this.#pump();\n    });",
    caughtBy: "STL-5.1",
  },
  {
    fault: "a handshake may take for ever",
    file: "adapters/handshake.ts",
    find: "return await Promise.race([upgrading, late]);",
    replace: "return await upgrading;",
    caughtBy: "STL-5.7",
  },
  {
    fault: "a second startTls() sends its go-ahead before it is refused",
    file: "core/async_chat.ts",
    find: "      if (this.session.isHandingOver) {",
    replace: "      if (false as boolean) {",
    caughtBy: "STL-5.3",
  },
  {
    fault: "startTls() works where nobody has asked for it at the beginning",
    file: transport,
    find: "  if (options.startTls !== true) return transport;",
    replace: "",
    caughtBy: "STL-5.5",
  },
  {
    fault: "the rest of the input is lost when a connection is given away",
    file: driver,
    find: "rest: Uint8Array = input)",
    replace: "rest: Uint8Array = NOTHING)",
    caughtBy: "DET-1.1",
  },
  {
    fault: "a connection that is given away is closed for its new owner",
    file: driver,
    find: "    this.#session.detached();",
    replace: "    this.#session.detached();\n    this.#transport.close(false);",
    caughtBy: "DET-1.3",
  },
  {
    fault: "close() of a connection that nobody has taken leaves it open",
    file: "adapters/connection.ts",
    find: "      this.tellLate();\n      this.close();",
    replace: "      this.tellLate();",
    caughtBy: "DET-2.1",
  },
  {
    fault: "a handshake that was under way when the listener was closed begins a conversation",
    file: "adapters/node.ts",
    find: "      server.close();\n      stop();",
    replace: "      server.close();",
    caughtBy: "TLS-5.7",
  },
  {
    fault: "of callers on a unix socket one handshake is known, and not the others",
    file: handshake,
    find: "    shaking.add(socket);",
    replace: "    if (shaking.size === 0) shaking.add(socket);",
    caughtBy: "UNX-4.2",
  },
  {
    fault: "who has left in the middle of a handshake is nobody",
    file: handshake,
    find: "names.get(below(secure)) ?? peerOf(secure)",
    replace: "peerOf(secure)",
    caughtBy: "TLS-5.8",
  },
];
