import { expect, it } from "vitest";
import { AsyncChat } from "../core/async_chat.ts";
import { capabilities as nodes } from "./node.ts";
import { capabilities, connect, listen, serve } from "./unsupported.ts";

it("can do nothing, and says so of everything that Node's adapter speaks of", () => {
  expect(Object.keys(capabilities).sort()).toEqual(Object.keys(nodes).sort());
  expect(Object.values(capabilities)).not.toContain(true);
});

it("rejects every call with kind unsupported, and calls no hook", async () => {
  const chat = new AsyncChat();
  await expect(connect({ port: 1 }, chat)).rejects.toMatchObject({ kind: "unsupported" });
  await expect(listen({ port: 0 }, () => chat)).rejects.toMatchObject({ kind: "unsupported" });
  await expect(connect({ port: 1 })).rejects.toMatchObject({ kind: "unsupported" });
  await expect(serve({ port: 0 }, () => {})).rejects.toMatchObject({ kind: "unsupported" });
  expect(chat.peer).toBeUndefined();
});
