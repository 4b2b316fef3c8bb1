import { expect, it } from "vitest";
import { capabilities, connect, serve } from "./node.ts";
import { connectTarget, type ListenOptions, listenTarget } from "./options.ts";

it("a hostname that is empty is none: runtimes disagree on what it means", () => {
  expect(() => connectTarget({ hostname: "", port: 1 }, capabilities)).toThrow(TypeError);
  expect(() => listenTarget({ hostname: "", port: 0 }, capabilities)).toThrow(TypeError);
});

it("without a hostname it is the machine's own", () => {
  expect(connectTarget({ port: 1 }, capabilities).name).toBe("localhost:1");
});

it("an empty list of authorities is none: on some runtimes it stands for all that there are", () => {
  expect(() => connectTarget({ port: 1, tls: { ca: [] } }, capabilities)).toThrow(/at least one/);
});

it("tls: false is plaintext for a listener as well", async () => {
  const options = { port: 0, tls: false } as unknown as ListenOptions;
  await using server = await serve(options, (chat) => chat.write("plain\n"));
  await using chat = await connect({ port: server.port, tls: false });
  expect([await chat.readLine({ timeout: 5_000 }), chat.tls]).toEqual(["plain", undefined]);
});
