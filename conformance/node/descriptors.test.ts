// LSN-7: it takes a process with a limit of its own, so it is no case of the suite.
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { columnsOf } from "./matrix/columns.ts";
import { pathsOfCheckout } from "./matrix/paths.ts";
import { echoServer } from "./soak/echo_server.ts";
import { Talker } from "./soak/talker.ts";

/** File descriptors that the server may have, and callers that are far too many for it. */
const LIMIT = 100, CALLERS = 300;

/** Node and Bun keep it to themselves that they could not accept. */
const REPORTED: Readonly<Record<string, boolean>> = { node: false, deno: true, bun: false };

const paths = pathsOfCheckout(process.cwd());
const columns = columnsOf(paths).filter(({ runtime }) => runtime in REPORTED);

interface Told {
  readonly connections: number;
  readonly ends: Readonly<Record<string, number>>;
}

describe.each(columns)("on $name, a listener without file descriptors", (column) => {
  let sockets: Socket[] = [];
  let server: Talker | undefined;
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server?.kill();
  });

  function call(port: number): Socket {
    const socket = connect(port, "127.0.0.1");
    // Some runtimes close those that they cannot keep.
    socket.on("error", () => {});
    sockets.push(socket);
    return socket;
  }

  /** Whether it is answered; `false` when the other side ends instead. */
  function isServed(socket: Socket): Promise<boolean> {
    return new Promise((resolve) => {
      socket.once("data", () => resolve(true));
      socket.once("close", () => resolve(false));
      socket.write("?\n");
    });
  }

  it("serves those that it has, survives, and accepts again", async () => {
    const { file, args } = echoServer(paths, column, "ours");
    const limited = ["-c", `ulimit -n ${LIMIT} && exec "$0" "$@"`, file, ...args];
    server = new Talker({ file: "sh", args: limited });
    const { port } = await server.next() as { port: number };
    const ask = () => server!.ask("state") as Promise<Told>;
    const first = call(port);
    expect(await isServed(first)).toBe(true);
    expect((await ask()).connections).toBe(1);

    const crowd = Array.from({ length: CALLERS }, () => call(port));
    // The system connects them all, whether the server takes them or not.
    await Promise.all(crowd.map((socket) => settled(socket)));
    const tells = REPORTED[column.runtime]!;
    const during = await untilStill(ask, (told) => !tells || reportedIn(told).length > 0);
    expect(during.connections).toBeLessThan(LIMIT);
    expect(await isServed(first)).toBe(true);

    for (const socket of crowd) socket.destroy();
    for (let served = false; !served;) served = await isServed(call(port));
    const reported = reportedIn(await ask());
    expect(reported.length > 0, reported.join()).toBe(tells);
    for (const error of reported) expect(error).toContain("too many files are open");

    for (const socket of sockets) socket.destroy();
    sockets = [];
    server.send("stop");
    expect(await server.ended(60_000)).toBe("exit code 0");
  });
});

function settled(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("connect", () => resolve());
    socket.once("close", () => resolve());
  });
}

function reportedIn({ ends }: Told): string[] {
  return Object.keys(ends).filter((end) => end.startsWith("reported: "));
}

/** Asks until it has as many connections as it can hold, and no more come. */
async function untilStill(
  ask: () => Promise<Told>,
  isFull: (told: Told) => boolean,
): Promise<Told> {
  for (let last = await ask();;) {
    const next = await ask();
    const isStill = next.connections === last.connections && next.connections > LIMIT / 2;
    if (isStill && isFull(next)) return next;
    last = next;
  }
}
