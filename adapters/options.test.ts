import { expect, it } from "vitest";
import { AsyncChat } from "../core/async_chat.ts";
import { capabilities, connect, listen, serve } from "./node.ts";
import { connectTarget, type ListenOptions, listenTarget } from "./options.ts";

it("a hostname that is empty is none: runtimes disagree on what it means", () => {
  expect(() => connectTarget({ hostname: "", port: 1 }, capabilities)).toThrow(TypeError);
  expect(() => listenTarget({ hostname: "", port: 0 }, capabilities)).toThrow(TypeError);
});

it("an address may have the brackets that it has in a URL, and nothing else may", () => {
  const { hostname, name } = connectTarget({ hostname: "[::1]", port: 1 }, capabilities);
  expect([hostname, name]).toEqual(["::1", "[::1]:1"]);
  expect(connectTarget({ hostname: "[name]", port: 1 }, capabilities).hostname).toBe("[name]");
});

it("a hostname with spaces or control characters in it is none", () => {
  for (const hostname of ["a b", " a", "a\n", "a\0b", "\x7f"]) {
    expect(() => connectTarget({ hostname, port: 1 }, capabilities)).toThrow(TypeError);
  }
});

it("a path with a zero byte is none: some systems would cut it there", () => {
  for (const path of ["a\0b", "\0abstract"]) {
    expect(() => listenTarget({ path }, capabilities)).toThrow(RangeError);
  }
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

const unknownTo = <T>(value: unknown) => value as T;

it("says of a port in text that it is text: it looks right otherwise", () => {
  const options = { port: unknownTo<number>("7000") };
  expect(() => connectTarget(options, capabilities)).toThrow('got "7000"');
  expect(() => listenTarget(options, capabilities)).toThrow('got "7000"');
});

it.each([undefined, null, 7000, "localhost:7000"])("%j is no object of options", async (value) => {
  const options = unknownTo<ListenOptions>(value);
  const whose = { name: "TypeError", message: expect.stringContaining("an object of options") };
  await expect(connect(options)).rejects.toMatchObject(whose);
  await expect(connect(options, new AsyncChat())).rejects.toMatchObject(whose);
  await expect(listen(options, () => new AsyncChat())).rejects.toMatchObject(whose);
  await expect(serve(options, () => {})).rejects.toMatchObject(whose);
});

it("a hostname or a path that is no text is refused as such", () => {
  for (const name of ["hostname", "path"]) {
    const options = unknownTo<ListenOptions>({ [name]: 7 });
    expect(() => listenTarget(options, capabilities)).toThrow(new RegExp(`^${name} must be`));
  }
});

it("a factory or a handler that is none is refused before anybody comes", async () => {
  const none = unknownTo<() => AsyncChat>(new AsyncChat());
  await expect(listen({ port: 0 }, none)).rejects.toThrow("needs a function that makes");
  await expect(serve({ port: 0 }, none)).rejects.toThrow("needs a function that is called");
});

it("a factory that makes no conversation is told so, and costs its own connection", async () => {
  const errors: unknown[] = [];
  const factory = unknownTo<() => AsyncChat>(() => ({ terminator: "\n" }));
  const listener = await listen({ port: 0, onerror: (error) => errors.push(error) }, factory);
  await using chat = await connect({ port: listener.port });
  expect(await chat.readLine({ timeout: 5_000 })).toBe(null);
  expect(String(errors)).toContain("a connection needs an AsyncChat");
  await listener.close();
});

it.each(["Deno", "Bun"])("the adapter of %s says on another runtime whose it is", async (name) => {
  // By a name that is made up: its types are those of its own runtime.
  const file = name.toLowerCase();
  const { connect, serve }: typeof import("./auto.ts") = await import(`../adapters/${file}.ts`);
  const wanted = {
    kind: "unsupported",
    message: expect.stringMatching(`${name}.*asynchat/adapters,`),
  };
  await expect(connect({ port: 1 })).rejects.toMatchObject(wanted);
  await expect(serve({ port: 0 }, () => {})).rejects.toMatchObject(wanted);
});
