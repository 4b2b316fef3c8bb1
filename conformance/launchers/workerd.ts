// Runs the suite on workerd, bundled, by the configuration that `node/workerd_config.ts` makes.
import * as adapter from "../../adapters/cloudflare.ts";
import type { Subject } from "../case.ts";
import { launch } from "../launch.ts";

/** What the configuration binds. */
interface Env {
  /** The launcher's options, as JSON. */
  readonly options: string;
  readonly version: string;
  /** The port of the socket that hands its connections to `connect`. */
  readonly inbound: number;
}

type Inbound = Parameters<NonNullable<Subject["inbound"]>>;

/** Who has the inbound connections now. */
let taker: { readonly factory: Inbound[0]; readonly onerror: Inbound[1] } | undefined;

function inboundOn(port: number): NonNullable<Subject["inbound"]> {
  return (factory, onerror) => {
    if (taker !== undefined) throw new Error("workerd has one inbound socket, and it is taken");
    const mine = taker = { factory, onerror };
    const close = () => {
      if (taker === mine) taker = undefined;
      return Promise.resolve();
    };
    return Promise.resolve({ hostname: "127.0.0.1", port, close });
  };
}

const connect: ReturnType<typeof adapter.handler> = adapter.handler(
  (peer) => {
    if (taker === undefined) throw new Error("nobody takes inbound connections now");
    return taker.factory(peer);
  },
  { onerror: (error, peer) => taker?.onerror(error, peer) },
);

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
