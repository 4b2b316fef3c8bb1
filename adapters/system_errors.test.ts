import { describe, expect, it } from "vitest";
import { chatErrorOf, toChatError, toListenError } from "./system_errors.ts";

const withCode = (code: unknown) => Object.assign(new Error("it failed"), { code });

describe("toChatError", () => {
  it.each([
    ["ECONNREFUSED", "refused"],
    ["ENOENT", "refused"],
    ["EHOSTUNREACH", "refused"],
    ["ENETUNREACH", "refused"],
    ["EAGAIN", "refused"],
    ["ENOTFOUND", "dns"],
    ["EAI_AGAIN", "dns"],
    ["ETIMEDOUT", "timeout"],
    ["ECONNRESET", "reset"],
    ["EPIPE", "reset"],
    ["ECONNABORTED", "reset"],
    ["ENOTCONN", "reset"],
    ["EADDRINUSE", "unknown"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
    ["ERR_TLS_SESSION_ATTACK", "tls"],
    ["toString", "unknown"],
  ])("%s is %s", (code, kind) => {
    const cause = withCode(code);
    expect(toChatError(cause, "peer:1")).toMatchObject({ kind, code, cause });
  });

  it("says whom it was about, what the runtime said, and what to look at", () => {
    const { message } = toChatError(withCode("ECONNREFUSED"), "db:5432");
    expect(message).toBe("db:5432: it failed; is anything listening there?");
  });

  it("says what each address of a host has said", () => {
    const error = Object.assign(new AggregateError([new Error("no route"), withCode("x")]), {
      code: "ENETUNREACH",
    });
    const { kind, message } = toChatError(error, "db:5432");
    expect([kind, message]).toEqual([
      "refused",
      "db:5432: no route, it failed; is anything listening there?",
    ]);
  });

  it("has no line end in its message", () => {
    const { message } = toChatError(new Error("SSL alert number 120\n"), "db:5432");
    expect(message).toBe("db:5432: SSL alert number 120");
  });

  it("has no code where the runtime gives none, or something that is none", () => {
    for (const error of [new Error("x"), withCode(111), "thrown text", undefined, null]) {
      expect(toChatError(error, "peer:1")).toMatchObject({ kind: "unknown", code: undefined });
    }
  });
});

describe("toListenError", () => {
  it("takes a missing folder for no peer that refuses", () => {
    const error = toListenError(withCode("ENOENT"), "unix:/no/such/folder/x.sock");
    expect(error).toMatchObject({ kind: "unknown", code: "ENOENT" });
    expect(error.message).toBe("unix:/no/such/folder/x.sock: it failed; is the folder there?");
  });

  it("speaks of files where the address is one, and of ports elsewhere", () => {
    const taken = (name: string) => toListenError(withCode("EADDRINUSE"), name).message;
    expect(taken("unix:/run/x.sock")).toMatch(/left the file behind/);
    expect(taken("localhost:80")).toMatch(/port 0 takes a free one/);
  });
});

describe("chatErrorOf", () => {
  it("takes the adapter's word for the kind", () => {
    const cause = new Error("failed to lookup address");
    expect(chatErrorOf("dns", cause, "db:5432")).toMatchObject({
      kind: "dns",
      code: undefined,
      cause,
      message: "db:5432: failed to lookup address; is the name right, and the network up?",
    });
  });
});
