import { describe, expect, it } from "vitest";
import { memoryPair } from "../../../adapters/memory.ts";
import { AsyncChat } from "../../async_chat.ts";
import type { AsyncChatOptions, HookResult } from "../../async_chat_options.ts";
import { Chat } from "../../chat.ts";
import { ChatError } from "../../errors.ts";
import type { CloseReport } from "../../close_report.ts";
import type { Limits } from "../../limits.ts";
import { NOT_YET, type ProducerLike } from "../../producer.ts";
import { Session } from "../../session.ts";
import type { SessionEvent } from "../../session_event.ts";
import type { Terminator } from "../../terminator.ts";
import { decode, encode } from "../../text.ts";
import { FakeClock } from "../fake_clock.ts";
import { ManualPeer } from "../manual_peer.ts";
import { randomFrom } from "../segmentation.ts";
import { formatTranscript } from "./format.ts";
import { parseTranscript, stringifyTranscript } from "./lines.ts";
import { type Recording, recordTranscript } from "./recorder.ts";
import { replayTranscript } from "./replay.ts";
import { type Transcript, type TranscriptEntry, TranscriptError } from "./transcript.ts";

const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve));
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await turn();
};

/** Choices that a seed decides. */
class Choice {
  readonly #random: () => number;
  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }
  chance(of: number): boolean {
    return this.#random() < of;
  }
  of<T>(...all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }
  text(most: number): string {
    return Array.from({ length: this.below(most) }, () => this.of("a", "b", "\r", "\n", "é")).join(
      "",
    );
  }
}

function terminatorOf(choice: Choice): Terminator {
  return choice.of<Terminator>(
    "\n",
    "\r\n",
    "aab",
    ["\r\n", "\n"],
    encode("a\n"),
    [encode("ab"), "b"],
    null,
    1,
    3,
    7,
  );
}

function limitsOf(choice: Choice): Limits {
  return {
    maxFrameLength: choice.of(8, 20, 1024),
    overlong: choice.of("close", "skip"),
    highWaterMark: choice.of(8, 40),
    lowWaterMark: choice.of(1, 8),
    maxQueued: choice.of(60, 400),
    closeTimeout: choice.of(50, 500),
    idleTimeout: choice.of(100, 1000, Infinity),
    frameTimeout: choice.of(70, Infinity),
  };
}

function producerOf(choice: Choice): ProducerLike {
  const pieces = Array.from({ length: choice.below(4) }, () => choice.text(9) || "x");
  const fate = choice.of("end", "end", "throw", "no piece");
  const last = (): string | null => {
    if (fate === "throw") throw choice.of<unknown>(new TypeError("produced"), "no error at all");
    return fate === "end" ? null : 42 as unknown as string;
  };
  const cancel = () => {
    if (choice.chance(0.2)) throw new Error("cancelled badly");
    return choice.chance(0.3) ? Promise.reject(new Error("cancelled late")) : undefined;
  };
  switch (choice.below(5)) {
    case 0:
      return pieces;
    case 1:
      return encode(choice.text(30));
    case 2:
      return { more: () => pieces.shift() ?? last(), cancel };
    case 3:
      return {
        more: () => choice.chance(0.3) ? NOT_YET : pieces.shift() ?? last(),
        cancel,
      };
    default:
      return {
        async more() {
          await turns(choice.below(4));
          return choice.chance(0.1) ? NOT_YET : pieces.shift() ?? last();
        },
        cancel,
      };
  }
}

/** Any command, which may be refused. */
function command(chat: AsyncChat, choice: Choice): void {
  switch (choice.below(chat.session.isOver ? 8 : 44)) {
    case 0:
      return chat.closeWhenDone();
    case 1:
      return chat.end();
    case 2:
      return choice.chance(0.3) ? chat.close() : undefined;
    case 3:
      return choice.chance(0.3)
        ? chat.abort(choice.of<unknown>(new Error("enough"), "word"))
        : undefined;
    case 4:
      return chat.discardBuffers();
    case 5:
      return chat.session.refuse(new ChatError("protocol", "not like this"));
    case 6:
    case 7:
    case 8:
      return chat.pause();
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
      return chat.resume();
    case 14:
    case 15:
    case 16:
      return chat.resumeProducers();
    case 17:
    case 18:
    case 19:
    case 20:
      return void chat.pushWithProducer(producerOf(choice));
    case 21:
    case 22:
    case 23:
    case 24:
    case 25:
    case 26:
      return chat.setTerminator(terminatorOf(choice));
    case 27:
      return chat.setTerminator(choice.of<Terminator>(2000, -1));
    case 28:
    case 29:
    case 30:
      return chat.demand(choice.of(0, 1, 2, Infinity, Infinity));
    case 31:
      return chat.session.beginHandover(choice.chance(0.5));
    default:
      return void chat.push(choice.of<string | Uint8Array>(choice.text(12), encode("\0\xff\n")));
  }
}

/** How a conversation is recorded, if it is. */
type Record = (chat: AsyncChat, choice: Choice) => Recording | undefined;

/** Whoever keeps a log of what a conversation's hooks are told, and acts by chance meanwhile. */
class Converser {
  readonly log: string[] = [];
  readonly chat: AsyncChat;
  readonly recording: Recording | undefined;
  /** What had been recorded, and logged, at some moments; also inside of hooks. */
  readonly moments: { readonly transcript: Transcript; readonly logged: number }[] = [];
  readonly #choice: Choice;

  constructor(choice: Choice, record: Record, others: AsyncChatOptions = {}) {
    this.#choice = choice;
    this.chat = new AsyncChat({
      ...limitsOf(choice),
      terminator: terminatorOf(choice),
      handleConnect: () => this.#act("connected"),
      collectIncomingData: (data) => this.#act(`data ${JSON.stringify(decode(data.slice()))}`),
      foundTerminator: () => this.#act("found"),
      handleDrain: () => this.#act("drained"),
      handleEnd: () => this.#act("ended"),
      handleError: ({ kind }) => this.#act(`failed ${kind}`),
      handleTimeout: () => this.#act("timedOut"),
      handleClose: (report) => void this.log.push(closedLine(report)),
      ...(choice.chance(0.5) ? { handleException() {} } : {}),
      ...others,
    });
    // What comes out of an inspector's report would not do so in a replay, where there is none.
    const report = others.inspect === undefined ? complain : () => {};
    Object.defineProperty(this.chat, "report", { value: report });
    this.recording = record(this.chat, choice);
  }

  /** Any command, which may be refused. */
  command(): void {
    command(this.chat, this.#choice);
  }

  #act(told: string): HookResult {
    const choice = this.#choice;
    this.log.push(told);
    for (let i = choice.below(3); i > 0; i--) this.command();
    if (choice.chance(0.1)) this.#look();
    if (choice.chance(0.04)) throw new Error("a hook threw");
    if (!choice.chance(0.3)) return;
    const fails = choice.chance(0.1);
    return turns(choice.below(6)).then(() => {
      if (choice.chance(0.3)) this.command();
      if (fails) throw new Error("a hook rejected");
    });
  }

  #look(): void {
    if (this.recording === undefined) return;
    this.moments.push({ transcript: this.recording.transcript, logged: this.log.length });
  }
}

function closedLine({ reason, bytesUnsent }: CloseReport): string {
  return `closed ${reason} ${bytesUnsent}`;
}

/** Whether what nobody handles may come out of the call that is under way. */
let mayThrow = false;

function complain(error: unknown): void {
  if (mayThrow) throw error;
}

/** What comes out of whatever was called is a part of what is tested. */
function quietly(act: () => unknown): void {
  mayThrow = true;
  try {
    act();
  } catch {
    // It is in the transcript.
  } finally {
    mayThrow = false;
  }
}

/** The events of a session, as a converser logs them. */
function logOf(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case "data":
        return `data ${JSON.stringify(decode(event.data))}`;
      case "failed":
        return `failed ${event.error.kind}`;
      case "closed":
        return closedLine(event.report);
      case "thrown":
        return [];
      default:
        return event.type;
    }
  });
}

async function byHand(seed: number, record: Record): Promise<Converser> {
  const choice = new Choice(seed);
  const converser = new Converser(choice, record), { chat } = converser;
  if (choice.chance(0.3)) quietly(() => converser.command());
  const peer = new ManualPeer(chat, false);
  const { session } = chat, { onwake } = session;
  session.onwake = () => {
    onwake?.();
    queueMicrotask(() => quietly(() => peer.settle()));
  };
  quietly(() => peer.connect());
  let clock: FakeClock | undefined;
  if (choice.chance(0.6)) quietly(() => clock = new FakeClock(chat, peer));
  let ended = false;
  for (let steps = 10 + choice.below(50); steps > 0; steps--) {
    peer.room = choice.of(0, 3, 10, Infinity, Infinity);
    if (session.wantsHandover) {
      session.takeInput();
      if (choice.chance(0.8)) session.handoverDone();
      else session.detached();
    }
    const step = choice.below(30);
    if (step === 0) {
      quietly(() => peer.fail(new ChatError(choice.of("reset", "unknown"), "it went away")));
    } else if (step === 1) {
      ended = true;
      quietly(() => peer.end());
    } else if (step < 5) {
      quietly(() => clock?.advance(choice.of(1, 20, 60, 120)));
    } else if (step < 10) {
      quietly(() => converser.command());
    } else if (step < 13) {
      await turns(choice.below(8));
    } else if (!ended) {
      quietly(() => peer.send(choice.text(12)));
    }
  }
  await turns(20);
  converser.log.push(`sent ${peer.takeText()}`);
  return converser;
}

async function inMemory(seed: number, record: Record): Promise<readonly Converser[]> {
  const choice = new Choice(seed);
  const inspect = () => {
    if (choice.chance(0.05)) throw new Error("an inspector threw");
  };
  const one = new Converser(choice, record, choice.chance(0.3) ? { inspect } : {});
  const two = new Converser(choice, record);
  memoryPair(one.chat, two.chat, { capacity: 32, segment: choice.of(1, 3, 32) });
  for (let steps = 5 + choice.below(20); steps > 0; steps--) {
    quietly(() => choice.of(one, two).command());
    await turns(choice.below(12));
  }
  quietly(() => choice.of(one, two).chat.closeWhenDone());
  await turns(30);
  for (const { chat } of [one, two]) quietly(() => chat.close());
  await turns(30);
  return [one, two];
}

/** Reads and writes by chance, until one has had enough. */
async function inMemoryAsync(seed: number): Promise<readonly Recording[]> {
  const choice = new Choice(seed);
  const chats = [new Chat({ highWaterMark: 40, lowWaterMark: 8 }), new Chat()] as const;
  const recordings = chats.map((chat) => recordTranscript(chat));
  memoryPair(...chats, { capacity: 32, segment: choice.of(1, 5, 32), onerror() {} });
  const read = async (chat: Chat) => {
    for (let i = choice.below(12); i > 0; i--) {
      await turns(choice.below(5));
      const reads = [
        () => chat.read(),
        () => chat.readUntil("\n"),
        () => chat.readLine(),
        () => chat.readExactly(1 + choice.below(5)),
      ];
      await choice.of(...reads)();
    }
  };
  const write = async (chat: Chat) => {
    for (let i = choice.below(9); i > 0; i--) {
      await turns(choice.below(5));
      const pieces = [choice.text(20), choice.text(20)];
      if (choice.chance(0.5)) await chat.write(pieces[0]!);
      else await chat.writeAll(choice.chance(0.2) ? failing(pieces) : pieces);
    }
  };
  await Promise.allSettled(chats.map(async (chat) => {
    const patience = turns(2000).then(() => chat.close());
    await Promise.allSettled([read(chat), write(chat)]);
    if (choice.chance(0.3)) chat.abort("by chance");
    else await chat.closeWhenDone();
    await patience;
  }));
  return recordings;
}

async function* failing(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
  await turn();
  throw new Error("the producer failed");
}

const SEEDS = Array.from({ length: 200 }, (_, i) => i);

const all: Record = (chat) => recordTranscript(chat, { maxSize: Infinity });
const some: Record = (chat, choice) => {
  return recordTranscript(chat, { maxSize: choice.of(1_000, 5_000) });
};

/** The same, by way of text. */
function throughText(transcript: Transcript): Transcript {
  const text = stringifyTranscript(transcript);
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  const parsed = parseTranscript(text);
  expect(parsed).toEqual(transcript);
  return parsed;
}

/** What the hooks were told, without what the peer got. */
function toldOf({ log }: Converser): string[] {
  return log.filter((line) => !line.startsWith("sent"));
}

function checkMoments(converser: Converser): void {
  for (const { transcript, logged } of converser.moments) {
    const told = logOf(replayTranscript(throughText(transcript)));
    expect(told).toEqual(transcript.end.full ? told : toldOf(converser).slice(0, logged));
  }
}

describe("a recorded conversation is told again as it was told", () => {
  it("by hand, with promises, producers, limits, timeouts and exceptions", async () => {
    for (const seed of SEEDS) {
      const converser = await byHand(seed, all);
      const transcript = throughText(converser.recording!.transcript);
      expect(logOf(replayTranscript(transcript)), `seed ${seed}`).toEqual(toldOf(converser));
      checkMoments(converser);
    }
  });

  it("over a wire, on both sides", async () => {
    for (const seed of SEEDS) {
      for (const converser of await inMemory(seed, all)) {
        const transcript = throughText(converser.recording!.transcript);
        expect(logOf(replayTranscript(transcript)), `seed ${seed}`).toEqual(toldOf(converser));
        checkMoments(converser);
      }
    }
  });

  it("of the async face", async () => {
    for (const seed of SEEDS) {
      for (const recording of await inMemoryAsync(seed)) {
        const told = replayTranscript(throughText(recording.transcript));
        expect(told.at(-1)?.type, `seed ${seed}`).toBe("closed");
      }
    }
  });

  it("through TLS that is started in the middle, and a connection that is given away", async () => {
    const heir = new AsyncChat({ terminator: ";", foundTerminator() {} });
    const server = new AsyncChat({ terminator: "\n" });
    server.foundTerminator = () => {
      const line = server.getText();
      if (line === "tls") void server.startTls({ goAhead: "go\n" });
      else if (line === "away") void server.detach().then(({ attach }) => attach(heir));
      else server.push(`heard ${line}\n`);
    };
    const client = new Chat();
    const recordings = [heir, server, client].map((chat) => recordTranscript(chat));
    memoryPair(client, server, { startTls: true });
    await client.write("tls\n");
    expect(await client.readLine()).toBe("go");
    await client.startTls();
    await client.write("secret\n");
    expect(await client.readLine()).toBe("heard secret");
    await client.write("away\nto;the heir;");
    await client.closeWhenDone();
    await heir.closed;

    const [ofHeir, ofServer, ofClient] = recordings.map(({ transcript }) =>
      logOf(replayTranscript(throughText(transcript)))
    );
    expect(ofHeir!.filter((line) => line.startsWith("data"))).toEqual([
      'data "to"',
      'data "the heir"',
    ]);
    expect(ofServer!.at(-1)).toBe("closed detached 0");
    expect(ofClient!.at(-1)).toBe("closed closed 0");
  });

  it("by a bare session, event by event", () => {
    for (const seed of SEEDS) {
      const choice = new Choice(seed), events: SessionEvent[] = [];
      const session = new Session(limitsOf(choice));
      const recording = recordTranscript(session);
      session.connected();
      for (let steps = 60; steps > 0; steps--) {
        const step = choice.below(10);
        if (step < 4) {
          if (session.wantsRead) session.receive(encode(choice.text(6)));
        } else if (step < 5) {
          session.setTerminator(choice.of<Terminator>("\r\n", "aab", ["ab", "abb"], 3));
        } else {
          const event = session.nextEvent();
          if (typeof event !== "symbol") events.push(event);
        }
      }
      const told = replayTranscript(throughText(recording.transcript));
      expect(logOf(told), `seed ${seed}`).toEqual(logOf(events));
    }
  });

  it("as far as the bound on its size let it be recorded", async () => {
    let full = 0;
    for (const seed of SEEDS) {
      const converser = await byHand(seed, some);
      const { transcript } = converser.recording!;
      const told = logOf(replayTranscript(throughText(transcript)));
      expect(told).toEqual(toldOf(converser).slice(0, told.length));
      checkMoments(converser);
      if (transcript.end.full) full++;
      const payload = transcript.entries.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
      expect(payload + transcript.entries.length * 50).toBeLessThan(5_100);
    }
    expect(full).toBeGreaterThan(SEEDS.length / 4);
  });
});

it("recording changes nothing", async () => {
  for (const seed of SEEDS.slice(0, 100)) {
    const [recorded, plain] = await Promise.all([byHand(seed, all), byHand(seed, () => undefined)]);
    expect(recorded.log).toEqual(plain.log);
    expect(recorded.chat.stats).toEqual(plain.chat.stats);
  }
});

describe("a transcript that is not as it was recorded is noticed", () => {
  const transcripts = async () =>
    (await Promise.all(SEEDS.slice(0, 60).map((seed) => byHand(seed, all))))
      .map(({ recording }) => recording!.transcript);

  it("any letter or line of its text", async () => {
    const choice = new Choice(1);
    for (const transcript of await transcripts()) {
      const text = stringifyTranscript(transcript);
      for (let i = 0; i < 20; i++) {
        const at = choice.below(text.length - 1);
        const letter = text[at] === "x" ? "y" : "x";
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        expect(() => parseTranscript(changed)).toThrow(TranscriptError);
        const lines = text.split("\n");
        lines.splice(choice.below(lines.length - 1), 1);
        expect(() => parseTranscript(lines.join("\n"))).toThrow(TranscriptError);
      }
      expect(parseTranscript(text.replaceAll("\n", "\r\n"))).toEqual(transcript);
    }
  });

  it("everything that was told", async () => {
    for (const transcript of await transcripts()) {
      for (const [index, { told }] of transcript.entries.entries()) {
        if (told === undefined) continue;
        const entries = without(transcript.entries, index);
        expect(() => replayTranscript({ ...transcript, entries })).toThrow(TranscriptError);
      }
    }
  });

  it("any byte that came, was pushed or was produced", () => {
    const chat = new AsyncChat({ terminator: "\r\n" });
    chat.foundTerminator = () => {
      const line = chat.getText();
      if (line === "quit") return chat.closeWhenDone();
      chat.push(`you said ${line}\r\n`);
      chat.pushWithProducer([line, " again\r\n"]);
    };
    const recording = recordTranscript(chat);
    const peer = new ManualPeer(chat);
    for (const piece of ["hel", "lo\r", "\na\r\n\r\n", "quit\r\n"]) peer.send(piece);
    peer.end();

    const { transcript } = recording;
    let changed = 0;
    for (const [index, entry] of transcript.entries.entries()) {
      for (let at = 0; at < (entry.bytes?.length ?? 0); at++) {
        const bytes = entry.bytes!.with(at, entry.bytes![at]! ^ 1);
        const entries = transcript.entries.with(index, { ...entry, bytes });
        const replaying = () => replayTranscript({ ...transcript, entries });
        expect(replaying).toThrow(TranscriptError);
        expect(replaying).not.toThrow(/hel|lo|you|again|quit/);
        changed++;
      }
    }
    expect(changed).toBe(87);
  });

  it("any call without which something else would have been told", async () => {
    let noticed = 0;
    for (const transcript of await transcripts()) {
      const told = logOf(replayTranscript(transcript));
      for (const [index, { call }] of transcript.entries.entries()) {
        if (call === undefined || call === "dispatch") continue;
        const entries = without(transcript.entries, index);
        try {
          expect(logOf(replayTranscript({ ...transcript, entries }))).toEqual(told);
        } catch (error) {
          expect(error).toBeInstanceOf(TranscriptError);
          noticed++;
        }
      }
    }
    expect(noticed).toBeGreaterThan(500);
  });
});

/** Without one entry, and without what happened inside it. */
function without(entries: readonly TranscriptEntry[], index: number): TranscriptEntry[] {
  const { depth } = entries[index]!;
  const behind = entries.findIndex((entry, at) => at > index && entry.depth <= depth);
  return entries.toSpliced(index, (behind < 0 ? entries.length : behind) - index);
}

it("every method of a session is recorded, or changes nothing", () => {
  const session = new Session();
  const recording = recordTranscript(session);
  const recorded = Object.getOwnPropertyNames(session);
  const methods = Object.entries(Object.getOwnPropertyDescriptors(Session.prototype))
    .filter(([, { value }]) => typeof value === "function").map(([name]) => name);
  const others = methods.filter((name) => !recorded.includes(name));
  expect(others.sort()).toEqual(["checkHandover", "constructor", "getTerminator", "nextEvent"]);
  recording.stop();
  expect(Object.getOwnPropertyNames(session)).toEqual(
    Object.getOwnPropertyNames(new Session()),
  );
});

it("a conversation is recorded from its beginning, once", () => {
  const refused = (chat: AsyncChat | Chat | Session) =>
    expect(() => recordTranscript(chat)).toThrow(Error);
  const pushed = new AsyncChat();
  pushed.push("a");
  refused(pushed);
  const connected = new Chat();
  new ManualPeer(connected.asyncChat);
  refused(connected);
  const paused = new Session();
  paused.pause();
  refused(paused);
  const ended = new Session();
  ended.end();
  refused(ended);
  const twice = new Session();
  const recording = recordTranscript(twice);
  refused(twice);
  recording.stop();
  recordTranscript(twice);
  expect(() => recordTranscript(new Session(), { maxSize: 0 })).toThrow(RangeError);
});

it("nothing is recorded after stop(), and all before", () => {
  const chat = new AsyncChat({ terminator: "\n", foundTerminator() {} });
  const recording = recordTranscript(chat);
  const peer = new ManualPeer(chat);
  peer.send("a\n");
  recording.stop();
  const { transcript } = recording;
  chat.pushWithProducer(["unheard"]);
  peer.send("b\n");
  expect(recording.transcript).toEqual(transcript);
  expect(logOf(replayTranscript(transcript))).toEqual(["connected", 'data "a"', "found"]);
});

it("with sizes only, nothing of the payload is kept, and it is not replayed", () => {
  const chat = new AsyncChat({ terminator: "\n" });
  chat.foundTerminator = () => void chat.push("secret");
  const recording = recordTranscript(chat, { payload: "sizes" });
  const peer = new ManualPeer(chat);
  chat.pushWithProducer(["secret"]);
  peer.send("secret\n");
  expect(peer.takeText()).toBe("secretsecret");
  const { transcript } = recording;
  expect(stringifyTranscript(transcript)).not.toMatch(/secret/);
  expect(throughText(transcript).entries.some(({ bytes, sum }) => bytes ?? sum)).toBe(false);
  expect(formatTranscript(transcript)).toContain("\n< 7 bytes\n");
  expect(() => replayTranscript(transcript)).toThrow(/sizes/);
});

it("what is no transcript, or of another version, is refused by name", () => {
  const text = stringifyTranscript(recordTranscript(new Session()).transcript);
  expect(() => parseTranscript("")).toThrow(TranscriptError);
  expect(() => parseTranscript("[1]")).toThrow(/no transcript/);
  expect(() => parseTranscript(text.replace('"version":1', '"version":2'))).toThrow(/version 2/);
  expect(() => parseTranscript(text.slice(0, text.indexOf("\n")))).toThrow(/cut/);
});

it("is written as people read it", () => {
  const chat = new AsyncChat({ terminator: "\r\n", idleTimeout: 1_000 });
  chat.foundTerminator = () => {
    chat.push(`you said ${chat.getText()}\r\n`);
    chat.closeWhenDone();
  };
  const recording = recordTranscript(chat);
  const peer = new ManualPeer(chat);
  const clock = new FakeClock(chat, peer);
  clock.advance(20);
  peer.send("hi\r\n");
  clock.advance(0.5);
  peer.end();
  expect(formatTranscript(recording.transcript)).toBe(EXPECTED);
});

const EXPECTED = String.raw`transcript: 33 entries, payload as bytes
 0.0  setTerminator("\r\n")
 0.0  the connection stands
 0.0    * connected
20.0  < 4 bytes "hi\r\n"
20.0    * data, 2 bytes
20.0    * found
20.0      push 13 bytes "you said hi\r\n"
20.0      closeWhenDone()
20.0  > 13 bytes
20.0  > FIN
20.5  < FIN
20.5  the socket is gone
20.5    * closed: closed, 0 bytes unsent
(end)`;
