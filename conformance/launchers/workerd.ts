// Runs the suite on workerd, bundled, by the configuration that `node/workerd_config.ts` makes.
import * as adapter from "../../adapters/cloudflare.ts";
import type { Subject } from "../case.ts";
import { launch } from "../launch.ts";

/** What the configuration binds. */
interface Env {
  /** The launcher's options, as JSON. */
  readonly options: string;
  readonly version: string;
  /** The ports whose connections are handed to `connect`, without and with TLS. */
  readonly inbound: { readonly plain: readonly number[]; readonly tls: readonly number[] };
}

type Taker = Parameters<NonNullable<Subject["inbound"]>>;

/** Who has the connections of which port now. */
const takers = new Map<number, Taker>();

function inboundOn({ plain, tls }: Env["inbound"]): NonNullable<Subject["inbound"]> {
  let next = 0;
  return (...taker) => {
    const ports = taker[2].tls === undefined ? plain : tls;
    // In turn, so that whoever comes late for one case does not meet the next.
    for (let i = 0; i < ports.length; i++) {
      const port = ports[next++ % ports.length]!;
      if (takers.has(port)) continue;
      takers.set(port, taker);
      const close = () => Promise.resolve(void takers.delete(port));
      return Promise.resolve({ hostname: "127.0.0.1", port, close });
    }
    throw new Error(`all ${ports.length} inbound ports are in use; configure more`);
  };
}

async function connect(socket: adapter.WorkerSocket): Promise<void> {
  // Else what happens to a connection that nobody takes would be laid to the case under way.
  socket.closed.catch(() => {});
  const { localAddress = "" } = await socket.opened;
  const taker = takers.get(Number(localAddress.split(":").at(-1)));
  if (taker === undefined) return;
  const [factory, onerror, { tls }] = taker;
  await adapter.handler(factory, { onerror, tls: tls !== undefined })(socket);
}

const handlers: {
  test(controller: unknown, env: Env): Promise<void>;
  connect: typeof connect;
} = {
  test: (_controller, { options, version, inbound }) =>
    launch(
      { name: "workerd", runtime: "workerd", version, adapter, inbound: inboundOn(inbound) },
      { options, uncaught },
    ),
  connect,
};

export default handlers;

function uncaught(report: (error: unknown) => void): void {
  // What a timer throws comes to neither: the runtime then calls the whole test failed.
  const scope = globalThis as unknown as EventTarget;
  scope.addEventListener("unhandledrejection", (event) => {
    report((event as PromiseRejectionEvent).reason);
  });
  scope.addEventListener("error", (event) => report((event as ErrorEvent).error));
}
