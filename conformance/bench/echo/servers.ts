/**
 * Servers that send every line back, written in four ways.
 *
 * @module
 */

import { createServer, type Socket } from "node:net";
import { listen, serve } from "../../../adapters/node.ts";
import { AsyncChat } from "../../../core/async_chat.ts";

/** Listens, and answers the port and how to end it. */
export type EchoServer = () => Promise<{ readonly port: number; close(): Promise<unknown> }>;

const AT = { hostname: "127.0.0.1", port: 0 };

function byHand(onchunk: (socket: Socket, lines: string[]) => void): EchoServer {
  return () =>
    new Promise((resolve) => {
      const server = createServer({ noDelay: true }, (socket) => {
        let rest = "";
        socket.on("data", (chunk) => {
          const lines = (rest + chunk.toString()).split("\n");
          rest = lines.pop()!;
          onchunk(socket, lines);
        });
        socket.on("error", () => {});
      });
      server.listen(0, AT.hostname, () => {
        const address = server.address();
        const port = typeof address === "object" && address !== null ? address.port : 0;
        resolve({ port, close: () => new Promise((done) => server.close(done)) });
      });
    });
}

/** By name. The first is what the others are measured by. */
export const servers: Readonly<Record<string, EchoServer>> = {
  "by hand, a write for each line": byHand((socket, lines) => {
    for (const line of lines) socket.write(`${line}\n`);
  }),
  "serve, for await and await chat.write": () =>
    serve(AT, async (chat) => {
      for await (const line of chat.frames("\n")) {
        await chat.write(`${new TextDecoder().decode(line)}\n`);
      }
    }),
  "AsyncChat, getText and push": () =>
    listen(AT, () =>
      new AsyncChat({
        terminator: "\n",
        foundTerminator() {
          this.push(`${this.getText()}\n`);
        },
      })),
  "by hand, one write for each chunk": byHand((socket, lines) => {
    if (lines.length > 0) socket.write(`${lines.join("\n")}\n`);
  }),
};
