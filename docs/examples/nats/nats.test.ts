import { type ChatError, parse } from "asynchat";
import { ManualPeer, segmentedProtocol, verifySegmentation } from "asynchat/testing";
import { describe, expect, it } from "vitest";
import { type Message, Nats, NatsError } from "./client.ts";
import { fromBroker, writeConnect, writePublish, writeSubscribe } from "./protocol.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const INFO = 'INFO {"max_payload":64,"server_name":"b"} \r\n';
const ALL = INFO +
  "MSG jobs 7 5\r\nhe\r\nl\r\nmsg\tjobs 7  _INBOX.1 0\r\n\r\n+OK\r\nPING\r\npong\r\n" +
  "HMSG a.b 1 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\nHMSG a 1 30 30\r\nNATS/1.0 503 No one is here\r\n\r\r\n" +
  "-ERR 'Slow Consumer'\r\n";

describe("what a broker says", () => {
  it("is read: every operation, in any case, with any blanks", () => {
    const told = parse(fromBroker(), ALL).map((one) =>
      one.op === "MSG" ? { ...one.message, payload: decode(one.message.payload) } : one
    );
    expect(told).toEqual([
      { op: "INFO", info: { max_payload: 64, server_name: "b" } },
      { subject: "jobs", sid: 7, reply: undefined, headers: "", payload: "he\r\nl" },
      { subject: "jobs", sid: 7, reply: "_INBOX.1", headers: "", payload: "" },
      { op: "+OK" },
      { op: "PING" },
      { op: "PONG" },
      { subject: "a.b", sid: 1, reply: "r", headers: "NATS/1.0\r\n\r\n", payload: "hi" },
      {
        subject: "a",
        sid: 1,
        reply: undefined,
        headers: "NATS/1.0 503 No one is here\r\n\r",
        payload: "",
      },
      { op: "-ERR", reason: "Slow Consumer" },
    ]);
  });

  it.each([ALL, "MSG a 1 3\r\nabcd\r\n", "MSG a 1 99\r\n", "PING\r\nHELLO\r\n", "MSG a 1 3\r\nab"])(
    "does not depend on how it is cut: %#",
    (input) => {
      const protocol = () => segmentedProtocol(fromBroker({ maxPayload: 40 }));
      expect(verifySegmentation(input, protocol)).toBeGreaterThan(10);
    },
  );

  it.each<[string, ChatError["kind"]]>([
    ["MSG a 1\r\n", "protocol"],
    ["MSG a 1 -1\r\n", "protocol"],
    ["MSG a 1 1e3\r\n", "protocol"],
    ["MSG a 1 r s 0\r\n\r\n", "protocol"],
    ["MSG a 1 99999999\r\n", "limit"],
    ["MSG a 1 1\r\nab\r\n", "protocol"],
    ["HMSG a 1 3 2\r\nabc\r\n", "protocol"],
    ["INFO {\r\n", "protocol"],
    ["INFO {}\r\n", "protocol"],
    ["\r\n", "protocol"],
    [`INFO ${"x".repeat(70_000)}`, "limit"],
    ["MSG a 1 5\r\nhel", "incomplete"],
  ])("is refused when it is %j", (input, kind) => {
    expect(() => parse(fromBroker(), input)).toThrow(expect.objectContaining({ kind }));
  });
});

it("writes nothing that would be read as another command", () => {
  expect(decode(writePublish("a.b", new TextEncoder().encode("é"), "r"))).toBe(
    "PUB a.b r 2\r\né\r\n",
  );
  expect(writeSubscribe("jobs.>", 3, "workers")).toBe("SUB jobs.> workers 3\r\n");
  expect(writeConnect({ user: "a\r\nPUB b 0\r\n" }, "me")).toMatch(/^CONNECT \{.*\}\r\n$/);
  for (const subject of ["", "a b", "a\r\nPUB", "a\tb", "a\u0000"]) {
    expect(() => writePublish(subject, new Uint8Array(0))).toThrow(
      expect.objectContaining({ kind: "protocol" }),
    );
    expect(() => writeSubscribe("a", 1, subject)).toThrow();
    expect(() => writePublish("a", new Uint8Array(0), subject)).toThrow();
  }
});

async function meet() {
  const nats = new Nats({ user: "me" });
  const peer = new ManualPeer(nats);
  const ready = nats.ready();
  peer.send(INFO);
  await Promise.resolve();
  expect(peer.takeText()).toMatch(/^CONNECT .*"user":"me".*\r\nPING\r\n$/);
  peer.send("PONG\r\n");
  await ready;
  return { nats, peer };
}

describe("the client", () => {
  it("gives an answer to who asked, and says when nobody listens", async () => {
    const { nats, peer } = await meet();
    const answers = ["one", "two"].map((text) => nats.request("jobs", text));
    const [, inbox] = /SUB (\S+)\.\* 1\r\n/.exec(peer.takeText())!;
    peer.send(`HMSG ${inbox}.2 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\nMSG ${inbox}.1 1 2\r\nok\r\n`);
    const [one, two] = await Promise.allSettled(answers);
    expect(decode((one as PromiseFulfilledResult<Message>).value.payload)).toBe("ok");
    expect(two).toMatchObject({ reason: new NatsError("nobody listens to that subject") });
  });

  it("refuses a payload that the broker would not take, and goes on", async () => {
    const { nats, peer } = await meet();
    expect(() => nats.publish("a", "x".repeat(65))).toThrow(
      expect.objectContaining({ kind: "limit" }),
    );
    nats.publish("a", "x".repeat(64));
    expect(peer.takeText()).toBe(`PUB a 64\r\n${"x".repeat(64)}\r\n`);
  });

  it("answers PING, but does the job in hand first", async () => {
    const { nats, peer } = await meet();
    let finish = () => {};
    const done: string[] = [];
    nats.subscribe("jobs", async ({ payload }) => {
      await new Promise<void>((resolve) => finish = resolve);
      done.push(decode(payload));
    }, "workers");
    expect(peer.takeText()).toBe("SUB jobs workers 1\r\n");
    peer.send("MSG jobs 1 1\r\na\r\nMSG jobs 1 1\r\nb\r\nPING\r\n");
    for (const expected of ["a", "a,b"]) {
      expect(peer.takeText()).toBe("");
      finish();
      await new Promise((resolve) => setTimeout(resolve));
      expect(done.join()).toBe(expected);
    }
    expect(peer.takeText()).toBe("PONG\r\n");
  });

  it("rejects what waits when the broker is gone, in its own words if it had any", async () => {
    for (const [last, error] of [["", "over (reset)"], ["-ERR 'Stale Connection'\r\n", "Stale"]]) {
      const { nats, peer } = await meet();
      const waiting = [nats.flush(), nats.request("jobs")];
      peer.send(last!);
      peer.fail();
      for (const one of [...waiting, nats.flush(), nats.request("jobs"), nats.ready()]) {
        await expect(one).rejects.toThrow(/over|Stale/);
      }
      await expect(waiting[0]).rejects.toThrow(error);
    }
  });
});
