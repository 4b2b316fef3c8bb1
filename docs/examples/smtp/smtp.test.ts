import { Chat, type ChatError, parse } from "asynchat";
import { memoryPair } from "asynchat/adapters/memory";
import {
  CLOSE,
  FIN,
  playEveryWay,
  randomFrom,
  segmentedProtocol,
  verifySegmentation,
} from "asynchat/testing";
import { describe, expect, it } from "vitest";
import { Mailer, MailError } from "./client.ts";
import { reply } from "./replies.ts";
import { mailServer, type MailServerOptions } from "./server.ts";
import { type Mail, Session, type SessionOptions } from "./session.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null) =>
  bytes === null ? null : new TextDecoder().decode(bytes);
const credentials = { cert: "-----BEGIN CERTIFICATE-----", key: "-----BEGIN PRIVATE KEY-----" };

/** A server on the other end of a wire in memory, and what became of it. */
function serving(
  options: Partial<MailServerOptions> = {},
  { segment = 65536, tls = true } = {},
) {
  const client = new Chat(), server = new Chat(), letters: Mail[] = [];
  memoryPair(client, server, { segment, startTls: true, onerror: () => {} });
  const outcome = mailServer({
    ...(tls ? { credentials } : {}),
    deliver: (mail) => void letters.push(mail),
    onerror: () => {},
    ...options,
  })(server).then(() => server.closeWhenDone(), (error) => {
    server.abort(error);
    return server.closed;
  });
  return { client, letters, outcome };
}

const PARTS = [".", "a", "\r\n", "..", "ü"];

/** Says each command when the one before has been answered; the codes of the answers. */
async function say(chat: Chat, ...commands: string[]): Promise<string> {
  const replies = chat.messages(reply), codes: number[] = [];
  for (const command of commands) {
    await chat.write(`${command}\r\n`);
    codes.push((await replies.next()).value!.code);
  }
  return codes.join(" ");
}

const HARD = encode(
  "Subject: hard\r\n\r\n.\r\n..\r\n.a dot\r\n" +
    `.${"x".repeat(997)}\r\n${"ü".repeat(499)}\r\n\r\n.\r\n`,
);

describe("a server's session", () => {
  const answers = (options: SessionOptions, ...commands: string[]) => {
    const session = new Session(options);
    return commands.map((command) => session.command(command).reply.slice(0, 3)).join(" ");
  };

  it("wants a greeting, a sender and a recipient, in that order", () => {
    const letter = ["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA"];
    expect(answers({}, ...letter, "EHLO me", ...letter)).toBe("503 503 503 250 250 250 354");
    expect(answers({}, "HELO me", "MAIL FROM:<>", "MAIL FROM:<a@b>", "RSET", "DATA")).toBe(
      "250 250 503 250 503",
    );
  });

  it("lets nobody do more than EHLO, STARTTLS, NOOP and QUIT before TLS that is required", () => {
    const session = new Session({ tls: "required", maxErrors: Infinity });
    const all = [
      "HELO me",
      "EHLO me",
      "MAIL FROM:<a@b>",
      "RCPT TO:<a@b>",
      "DATA",
      "RSET",
      "VRFY a",
    ];
    const before = [...all, "NOOP", "XYZZY", "STARTTLS"].map((line) => session.command(line).reply);
    expect(before.map((reply) => reply.slice(0, 3)).join(" ")).toBe(
      "530 250 530 530 530 530 530 250 530 220",
    );
    session.secured();
    expect(all.map((line) => session.command(line).reply.slice(0, 3)).join(" ")).toBe(
      "250 250 250 250 354 250 252",
    );
  });

  it("offers TLS where there is TLS, and once", () => {
    const session = new Session({ tls: "offered" });
    expect(session.command("EHLO me").reply).toContain("STARTTLS");
    session.command("STARTTLS");
    session.secured();
    expect(session.command("EHLO me").reply).not.toContain("STARTTLS");
    expect(session.command("STARTTLS").reply).toMatch(/^503/);
    expect(answers({}, "STARTTLS")).toBe("502");
    expect(answers({ tls: "offered" }, "STARTTLS now")).toBe("501");
  });

  it("takes no address that is none, and no parameter that it does not know", () => {
    const paths = ["FROM:a@b", "FROM:<a b>", "FROM:<a\0>", "FROM:<a>x", "TO:<a@b>", "FROM:<a@b"];
    for (const path of paths) expect(answers({}, "EHLO me", `MAIL ${path}`), path).toBe("250 501");
    expect(answers({}, "EHLO me", "MAIL FROM:<a@b> X=1")).toBe("250 555");
    expect(answers({ maxSize: 9 }, "EHLO me", "MAIL FROM:<a> SIZE=10 BODY=8BITMIME")).toBe(
      "250 552",
    );
  });

  it("bounds recipients and errors", () => {
    const session = new Session({ maxRecipients: 2, maxErrors: 3 });
    for (const line of ["EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<a>", "RCPT TO:<b>"]) {
      session.command(line);
    }
    expect(session.command("RCPT TO:<c>").reply).toMatch(/^452/);
    expect([1, 2, 3].map(() => session.command("WHAT"))).toMatchObject([
      { reply: /^500/ },
      { reply: /^500/ },
      { reply: /^421/, next: "close" },
    ].map(({ reply, ...rest }) => ({ reply: expect.stringMatching(reply), ...rest })));
  });
});

describe("a server", () => {
  it("says the same however what it is told is cut", async () => {
    let letters: Mail[] = [];
    const make = () => {
      const chat = new Chat();
      letters = [];
      void mailServer({ deliver: (mail) => void letters.push(mail) })(chat)
        .then(() => chat.closeWhenDone());
      return chat;
    };
    const ways = await playEveryWay(make, [
      { expect: "220 localhost ESMTP\r\n" },
      { send: "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e>\r\nDATA\r\n" },
      {
        expect: "250-localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10485760\r\n" +
          "250 2.1.0 from them\r\n250 2.1.5 for them\r\n250 2.1.5 for them\r\n" +
          "354 end it with a dot on a line of its own\r\n",
      },
      { send: "..\r\n\n.\n\r\n.\r.\r\n..a\r\n.\r\nQUIT\r\n" },
      { expect: "250 2.6.0 taken\r\n221 2.0.0 bye\r\n" },
      { expect: FIN },
      { send: FIN },
      { expect: CLOSE },
    ]);
    expect(ways).toBeGreaterThan(200);
    expect(letters.map(({ data, ...rest }) => ({ ...rest, data: decode(data) }))).toEqual([
      { from: "a@b", to: ["c@d", "e"], data: ".\r\n\n.\n\r\n\r.\r\n.a\r\n" },
    ]);
  });

  it("forgets at STARTTLS what it was told before", async () => {
    const { client, letters } = serving();
    const begun = ["EHLO me", "MAIL FROM:<evil@x>", "RCPT TO:<evil@x>", "STARTTLS"];
    expect(await say(client, ...begun)).toBe("220 250 250 250");
    expect(await client.readLine()).toMatch(/^220/);
    await client.startTls();
    expect(await say(client, "DATA", "MAIL FROM:<a@b>", "EHLO me", "DATA")).toBe("503 503 250 503");
    expect(letters).toEqual([]);
  });

  it.each([
    ["in one segment", 65536],
    ["byte by byte", 1],
  ])("takes no command that comes behind STARTTLS, %s", async (_, segment) => {
    const { client, letters, outcome } = serving({}, { segment });
    const evil = "MAIL FROM:<evil@x>\r\nRCPT TO:<evil@x>\r\nDATA\r\nevil\r\n.\r\n";
    await client.write(`EHLO me\r\nSTARTTLS\r\nEHLO evil\r\n${evil}`);
    const { error } = await outcome;
    expect(["protocol", "tls"]).toContain((error as ChatError).kind);
    let heard = "";
    try {
      for await (const piece of client) heard += decode(piece);
    } catch (error) {
      // A server that closes over what it has not read shows a reset.
      expect(error).toMatchObject({ kind: "reset" });
    }
    expect(heard).not.toMatch(/250-localhost[^]*250-localhost|from them|354|taken/);
    expect(letters).toEqual([]);
  });

  it("ends over a line or a letter that is too long, and says why", async () => {
    const start = ["EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA"];
    const long = serving();
    await long.client.write(`NOOP ${"x".repeat(2000)}\r\n`);
    expect(await say(long.client, "NOOP")).toBe("220");
    expect(await long.client.readLine()).toMatch(/^500/);
    expect(await long.client.read()).toBeNull();
    const large = serving({ maxSize: 100 });
    expect(await say(large.client, ...start, "x".repeat(101))).toBe("220 250 250 250 354");
    expect(await large.client.readLine()).toMatch(/^552/);
    expect(await large.client.read()).toBeNull();
    expect(large.letters).toEqual([]);
  });

  it("tells the sender to try again when a letter could not be delivered", async () => {
    const { client } = serving({ deliver: () => Promise.reject(new Error("the disk is full")) });
    const mailer = new Mailer(client);
    await mailer.begin({});
    await expect(mailer.send({ from: "a@b", to: ["c@d"], data: HARD })).rejects.toThrow(/451/);
    await mailer.quit();
  });
});

describe("a client", () => {
  it.each([1, 2, 3, 7, 1000, 65536])(
    "gets a letter across in segments of %i bytes",
    async (segment) => {
      const { client, letters } = serving({ requireTls: true }, { segment });
      const mailer = new Mailer(client);
      await mailer.begin({});
      const mail = { from: "a@b", to: ["c@d", "e@f"], data: HARD };
      expect(await mailer.send(mail)).toEqual({ accepted: mail.to, refused: [] });
      await mailer.quit();
      expect(letters).toEqual([mail]);
    },
  );

  it("gets 200 random letters across as they were, one after the other", async () => {
    const random = randomFrom(1982), { client, letters } = serving();
    const mailer = new Mailer(client);
    await mailer.begin({});
    const sent = Array.from({ length: 200 }, (_, i) => ({
      from: `${i}@x`,
      to: [`${i}@y`],
      data: encode(
        Array.from({ length: 40 * random() }, () => PARTS[Math.floor(random() * PARTS.length)])
          .concat("\r\n").join(""),
      ),
    }));
    for (const mail of sent) await mailer.send(mail);
    await mailer.quit();
    expect(letters).toEqual(sent);
  });

  it("sends nothing to a server that has no STARTTLS", async () => {
    const { client, letters } = serving({}, { tls: false });
    await expect(new Mailer(client).begin({})).rejects.toMatchObject({ kind: "tls" });
    expect((await client.closed).reason).toBe("aborted");
    expect(letters).toEqual([]);
  });

  it.each([
    ["in one go, if the server lets it", "PIPELINING", /^MAIL .*\r\nRCPT .*\r\nRCPT .*\r\n$/],
    ["one after the other, if not", "8BITMIME", /^MAIL .*\r\n$/],
  ])("says commands %s", async (_, extension, expected) => {
    const client = new Chat(), server = new Chat();
    memoryPair(client, server, { startTls: true, onerror: () => {} });
    const mailer = new Mailer(client);
    const begun = mailer.begin({});
    for (const words of ["220 hi", `250-hi\r\n250-STARTTLS\r\n250 ${extension}`]) {
      await server.write(`${words}\r\n`);
      await server.readLine();
    }
    await server.startTls({ ...credentials, goAhead: "220 go ahead\r\n" });
    await server.readLine();
    await server.write(`250-hi\r\n250 ${extension}\r\n`);
    await begun;
    const sending = mailer.send({ from: "a@b", to: ["c@d", "e@f"], data: encode("x") });
    expect(decode(await server.read())).toMatch(expected);
    server.close();
    await expect(sending).rejects.toThrow();
  });

  it("takes no reply that came in plaintext for one under TLS", async () => {
    const client = new Chat(), server = new Chat();
    memoryPair(client, server, { startTls: true, onerror: () => {} });
    const begun = new Mailer(client).begin({});
    await server.write("220 hi\r\n");
    await server.readLine();
    await server.write("250-hi\r\n250 STARTTLS\r\n");
    await server.readLine();
    await server.write("220 go ahead\r\n250 SIZE 1\r\n");
    await expect(begun).rejects.toMatchObject({ kind: "protocol" });
  });

  it("tells who was refused, and goes on", async () => {
    const { client, letters } = serving({ maxRecipients: 1 });
    const mailer = new Mailer(client);
    await mailer.begin({});
    const { refused } = await mailer.send({ from: "a@b", to: ["c@d", "e@f"], data: encode("x") });
    expect(refused).toMatchObject([{ recipient: "e@f", reply: { code: 452 } }]);
    await expect(mailer.send({ from: "a@b", to: [], data: encode("x") })).rejects.toThrow(
      MailError,
    );
    await mailer.send({ from: "", to: ["c@d"], data: encode("y") });
    await mailer.quit();
    expect(letters.map(({ from, to, data }) => [from, to, decode(data)])).toEqual([
      ["a@b", ["c@d"], "x\r\n"],
      ["", ["c@d"], "y\r\n"],
    ]);
  });

  it("says no address that is the beginning of another command", async () => {
    const { client, letters } = serving();
    const mailer = new Mailer(client);
    await mailer.begin({});
    for (const address of ["a@b>\r\nRSET", "a@b\nx", "a b", "<a", "a>"]) {
      const mail = { from: "a@b", to: [address], data: encode("x") };
      await expect(mailer.send(mail), address).rejects.toThrow(TypeError);
    }
    await expect(mailer.send({ from: "a", to: ["b"], data: encode("\n.\r\nQUIT\r\n") })).rejects
      .toMatchObject({ kind: "protocol" });
    await mailer.quit();
    expect(letters).toEqual([]);
  });
});

describe("replies", () => {
  it("are the same however they are cut, and end where their digits do", () => {
    const ways = verifySegmentation(
      "220 hi\r\n250-a\r\n250-\r\n250 b c\r\n354\r\n250-x\r\n550 y\r\n",
      () => segmentedProtocol(reply),
    );
    expect(ways).toBeGreaterThan(200);
  });

  it.each([
    "250-a\r\n251 b\r\n",
    "25 a\r\n",
    "250a\r\n",
    "600 a\r\n",
    "\r\n",
    "250-a\r\n".repeat(200),
  ])(
    "are none: %j",
    (bytes) => {
      expect(() => parse(reply, bytes)).toThrow(expect.objectContaining({ kind: "protocol" }));
    },
  );
});
