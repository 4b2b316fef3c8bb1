// The clients of `npm run soak`, in a process of their own, on plain sockets: a server and as many
// clients in one process would share its file descriptors. Told by lines of JSON, answers by lines.
import { connect, type Socket } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";

/** How many connects may be under way. */
const AT_ONCE = 200;

const sockets: Socket[] = [];
const errors = new Map<string, number>();
const count = (what: string) => void errors.set(what, (errors.get(what) ?? 0) + 1);
const say = (what: object) => console.log(JSON.stringify({ ...what, open: sockets.length }));

function dial(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: false });
    socket.once("connect", () => {
      sockets.push(socket);
      resolve();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      count(error.code ?? error.message);
      resolve();
    });
    socket.on("close", () => {
      const index = sockets.indexOf(socket);
      if (index >= 0) sockets.splice(index, 1);
    });
  });
}

async function inTurn<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await act(items[next++]!);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Sends so many lines, one after the answer to the other, and counts what was wrong. */
async function talk(socket: Socket, lines: number, name: number): Promise<void> {
  let heard = "";
  let wake = () => {};
  const take = (chunk: Buffer) => {
    heard += chunk.toString("latin1");
    wake();
  };
  socket.on("data", take);
  socket.once("close", () => wake());
  for (let i = 0; i < lines && !socket.destroyed; i++) {
    const line = `${name} says ${i}\n`;
    socket.write(line);
    while (heard.length < line.length && !socket.destroyed) {
      await new Promise<void>((resolve) => wake = resolve);
    }
    if (heard !== line) count("wrong answer");
    else count("right answer");
    heard = "";
  }
  socket.off("data", take);
}

const gone = (socket: Socket) =>
  socket.destroyed
    ? Promise.resolve()
    : new Promise<void>((resolve) => void socket.once("close", () => resolve()));

type Order =
  | { readonly do: "open"; readonly port: number; readonly times: number }
  | { readonly do: "talk"; readonly times: number; readonly lines: number }
  | { readonly do: "reset" | "vanish" | "end"; readonly times: number };

async function obey(order: Order): Promise<void> {
  if (order.do === "open") {
    await inTurn(Array.from({ length: order.times }), () => dial(order.port));
    return;
  }
  const chosen = sockets.slice(0, order.times);
  if (order.do === "talk") {
    await inTurn(
      chosen.map((socket, i) => [socket, i] as const),
      ([socket, i]) => talk(socket, order.lines, i),
    );
    return;
  }
  const closing = chosen.map(gone);
  for (const socket of chosen) {
    if (order.do === "reset") socket.resetAndDestroy();
    else if (order.do === "vanish") socket.destroy();
    else socket.resume().end();
  }
  await Promise.all(closing);
}

for await (const line of createInterface({ input: process.stdin })) {
  await obey(JSON.parse(line) as Order);
  say({ counts: Object.fromEntries(errors) });
  errors.clear();
}
