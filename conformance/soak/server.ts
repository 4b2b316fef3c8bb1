// The server that `npm run soak` holds its connections to: sends every line back. With `raw`, the
// same over the runtime's own sockets, for comparison. Told by lines on its input: "state", "memory"
// (which opens a file) and "stop"; answers in lines of JSON. One source for Node, Deno and Bun.
import process from "node:process";
import { createInterface } from "node:readline";
import { AsyncChat } from "asynchat";
import { listen } from "asynchat/adapters";
import { collect, memoryOf } from "./memory.ts";
import { listenRaw, type Server } from "./raw.ts";

const errors = new Map<string, number>();
const count = (what: string) => void errors.set(what, (errors.get(what) ?? 0) + 1);

async function listenOurs(): Promise<Server> {
  const listener = await listen(
    { hostname: "127.0.0.1", port: 0, onerror: countError },
    () =>
      new AsyncChat({
        terminator: "\n",
        foundTerminator() {
          this.push(`${this.getText()}\n`);
        },
        handleClose: ({ reason }) => count(reason),
      }),
  );
  return {
    port: listener.port,
    connections: () => listener.connections,
    stop: () => void listener.close(),
  };
}

function countError(error: unknown): void {
  count(`reported: ${error}`);
}

const state = () => ({ connections: server.connections(), ends: Object.fromEntries(errors) });
const say = (what: object) => console.log(JSON.stringify(what));
const server = process.argv[2] === "raw" ? await listenRaw() : await listenOurs();
say({ port: server.port });

createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "stop") {
    // Nothing may keep the process alive then: it has to end by itself.
    server.stop();
    return;
  }
  if (line === "state") return say(state());
  void collect().then(() => say({ ...memoryOf(), ...state() }));
});
