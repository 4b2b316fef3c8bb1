import { expect, it } from "vitest";
import { capabilities } from "./node.ts";
import { connectTarget, listenTarget } from "./options.ts";

it("a hostname that is empty is none: runtimes disagree on what it means", () => {
  expect(() => connectTarget({ hostname: "", port: 1 }, capabilities)).toThrow(TypeError);
  expect(() => listenTarget({ hostname: "", port: 0 }, capabilities)).toThrow(TypeError);
});

it("without a hostname it is the machine's own", () => {
  expect(connectTarget({ port: 1 }, capabilities).name).toBe("localhost:1");
});
