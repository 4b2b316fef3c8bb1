// The server of `npm run soak` as a Worker: sends every line back, or, told to be raw, whatever
// comes. Asked over HTTP, it says how many connections stand, and how the others ended.
import { AsyncChat } from "asynchat";
import { handler, type WorkerSocket } from "asynchat/adapters/cloudflare";

interface Env {
  readonly kind: "ours" | "raw";
}

let connections = 0;
const ends: Record<string, number> = {};
const count = (what: string) => ends[what] = (ends[what] ?? 0) + 1;

const converse = handler(() =>
  new AsyncChat({
    terminator: "\n",
    foundTerminator() {
      this.push(`${this.getText()}\n`);
    },
    handleClose: ({ reason }) => void count(reason),
  }), { onerror: (error) => void count(`reported: ${error}`) });

async function echo(socket: Socket): Promise<void> {
  try {
    await socket.readable.pipeTo(socket.writable);
  } catch {
    // Reset.
  }
}

const worker: {
  connect(socket: Socket, env: Env): Promise<void>;
  fetch(): Response;
} = {
  async connect(socket, { kind }) {
    connections++;
    await (kind === "raw" ? echo(socket) : converse(socket as unknown as WorkerSocket));
    connections--;
  },
  fetch: () => Response.json({ connections, ends }),
};

export default worker;
