/**
 * Faults of the driver and of an adapter.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const driver = "adapters/driver_loop.ts";
const dial = "adapters/node_dial.ts";
const transport = "adapters/node_transport.ts";
const opening = "adapters/opening.ts";
const options = "adapters/options.ts";
const accepting = "adapters/accepting.ts";
const session = "core/session.ts";

/** The faults. */
export const adapterMutants: readonly Mutant[] = [
  {
    fault: "end() cuts the connection",
    file: transport,
    find: "return void socket.end();",
    replace: "return void socket.destroy();",
    caughtBy: "EOF-3.1",
  },
  {
    fault: "the peer's FIN ends our side too",
    file: dial,
    find: "new Socket({ allowHalfOpen: true })",
    replace: "new Socket({ allowHalfOpen: false })",
    caughtBy: "EOF-2.1",
  },
  {
    fault: "a reset is told as a clean end",
    file: transport,
    find: "    this.#events.failed(toChatError(error, this.peer));",
    replace: "    void error;\n    this.#events.ended();",
    caughtBy: "RST-1.1",
  },
  {
    fault: "the end is told before the last data",
    file: transport,
    find:
      "        this.#events.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)),",
    replace:
      "        setTimeout(() =>\n        this.#events.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)), 5),",
    caughtBy: "EOF-1.1",
  },
  {
    fault: "a write is told as done before the system took it",
    file: transport,
    find:
      "    return new Promise((resolve) =>\n      this.#socket.write(bytes, (error) => resolve(error ? 0 : bytes.length))\n    );",
    replace: "    this.#socket.write(bytes);\n    return Promise.resolve(bytes.length);",
    caughtBy: "BP-1.1",
  },
  {
    fault: "the last byte of a write is lost",
    file: transport,
    find: "this.#socket.write(bytes, (error)",
    replace: "this.#socket.write(bytes.length > 1000 ? bytes.subarray(1) : bytes, (error)",
    caughtBy: "INT-1.1",
  },
  {
    fault: "pause is ignored",
    file: transport,
    find: "    this.#socket.pause();",
    replace: "",
    caughtBy: "BP-3.1",
  },
  {
    fault: "reading never starts again",
    file: transport,
    find: "    this.#socket.resume();",
    replace: "    if (this.#socket.bytesRead === 0) this.#socket.resume();",
    caughtBy: "BP-3.1",
  },
  {
    fault: "chunks share one buffer",
    file: transport,
    find:
      "        this.#events.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)),",
    replace:
      "        this.#events.data(new Uint8Array((Uint8Array.prototype.set.call((globalThis as any).shared ??= " +
      "new Uint8Array(65536), chunk), (globalThis as any).shared.buffer), 0, chunk.length)),",
    caughtBy: "INT-5.1",
  },
  {
    fault: "a refused connect resolves",
    file: dial,
    find: 'socket.once("error", (error) => this.#lost(socket, error));',
    replace: 'socket.once("error", () => this.#wins(socket));',
    caughtBy: "CON-2.1",
  },
  {
    fault: "a reset cannot be seen by the peer",
    file: transport,
    find: "this.#plain.resetAndDestroy();",
    replace: "this.#plain.destroy();",
    caughtBy: "ABT-2.1",
  },
  {
    fault: "a reset is tried on a unix socket, which has none",
    file: transport,
    find: "return !this.#shaken && !this.#isUnix;",
    replace: "return !this.#shaken;",
    caughtBy: "UNX-3.1",
  },
  {
    fault: "the brackets of a URL are taken for a part of the name",
    file: options,
    find: "return BRACKETS.exec(hostname)?.[1] ?? hostname;",
    replace: "return hostname;",
    caughtBy: "CON-9.3",
  },
  {
    fault: "a hostname may have anything in it",
    file: options,
    find: ' || hostname === "" || NO_HOST.test(hostname)',
    replace: "",
    caughtBy: "CON-11.3",
  },
  {
    fault: "a path is cut at a zero byte",
    file: options,
    find: 'if (path.includes("\\0")) {',
    replace: "if (false as boolean) {",
    caughtBy: "UNX-2.5",
  },
  {
    fault: "abort leaves the socket open",
    file: driver,
    find: '        transport.close(close === "reset");',
    replace: "        transport.end();",
    caughtBy: "ABT-1.1",
  },
  {
    fault: "the connect timeout does nothing",
    file: opening,
    find: "const callOff = connectTimeout === Infinity",
    replace: "const callOff = connectTimeout > 0",
    caughtBy: "CON-6.1",
  },
  {
    fault: "an abort while connecting is not heard",
    file: opening,
    find: 'signal?.addEventListener("abort", onabort);',
    replace: "",
    caughtBy: "CON-5.1",
  },
  {
    fault: "an abandoned connect is not cancelled",
    file: opening,
    find: "      attempt.abandon();\n",
    replace: "",
    caughtBy: "CON-5.1",
  },
  {
    fault: "one handler that throws ends the listener",
    file: accepting,
    find: "      this.report(error, peer);\n      dismiss(open);",
    replace: "      throw error;",
    caughtBy: "LSN-5.1",
  },
  {
    fault: "an onerror that throws ends the listener",
    file: accepting,
    find: "    reportTo(this.#options.onerror, error, peer);",
    replace: "    this.#options.onerror?.(error, peer);",
    caughtBy: "LSN-5.2",
  },
  {
    fault: "a factory that closes by force keeps the connection that it is asked about",
    file: accepting,
    find: "    if (this.#isAborted) abort(owner);\n",
    replace: "",
    caughtBy: "LSN-3.5",
  },
  {
    fault: "close() of a listener does not wait for its connections",
    file: accepting,
    find: "port.stop().then(() => accepting.empty())",
    replace: "port.stop()",
    caughtBy: "LSN-3.1",
  },
  {
    fault: "commands from outside a hook are not seen until something happens",
    file: driver,
    find: "      if (this.#again) this.#pump();",
    replace: "",
    caughtBy: "CLS-3.1",
  },
  {
    fault: "hooks are called from inside the caller's push",
    file: driver,
    find: "    if (this.#pumping || this.#woken) return;\n",
    replace: "    if (!this.#pumping) return this.#pump();\n    if (this.#woken) return;\n",
    caughtBy: "CB-6.1",
  },
  {
    fault: "closing does not wait for the peer's FIN",
    file: session,
    find: "    if (this.#closing) this.#listenNoMore();\n    this.#overWhenBothEnded();",
    replace:
      '    if (this.#closing) this.#over("closed", undefined);\n    this.#overWhenBothEnded();',
    caughtBy: "CLS-2.1",
  },
  {
    fault: "a close without progress lasts for ever",
    file: driver,
    find: "    session.tick(now());\n    const { deadline } = session;",
    replace: "    const { deadline } = session;",
    caughtBy: "CLS-5.1",
  },
  {
    fault: "timers come half as late again",
    file: "adapters/alarm.ts",
    find: "this.#callOff = after(deadline - now(), () => {",
    replace: "this.#callOff = after(1.5 * (deadline - now()) + 60, () => {",
    caughtBy: "TMO-1.1",
  },
];
