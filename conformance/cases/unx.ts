/**
 * UNX: unix sockets.
 *
 * @module
 */

import type { Case, Context, Step } from "../case.ts";
import {
  begin,
  ECHO,
  failureOf,
  hasEnded,
  KIB,
  kindOf,
  MIB,
  seen,
  thrownBy,
  unixTwins,
} from "./meeting.ts";
import { closeOverUnread, echoStream, latePeer, needNoReset, unreadInput } from "./shared.ts";

/** The cases of the clauses UNX. */
export const unx: readonly Case[] = [
  ...unixTwins(["UNX-1.1", "UNX-1.2"], {
    title: "64 MiB in random pieces come back over a unix socket as they were",
    why: "Its buffers, and its end, are not those of TCP.",
    level: "MUST",
    budget: 30_000,
  }, (t, meet) => echoStream(t, meet, 64 * MIB)),
  ...unixTwins(["UNX-1.3", "UNX-1.4"], {
    title: "after the peer's FIN an answer of 1 MiB still arrives whole over a unix socket",
    why: "It takes a few hundred kibibytes at a time, and says so in other ways.",
    level: "MUST",
  }, latePeer),
  ...unixTwins(["UNX-1.5", "UNX-1.6"], {
    title: "150,000 unread bytes before a FIN on a unix socket are all told before the end",
    why: "A unix socket says hang-up together with the data.",
    level: "MUST",
  }, (t, meet) => unreadInput(t, meet, 150_000)),
  ...unixTwins(["UNX-1.7", "UNX-1.8"], {
    title: "8 MiB unread bytes before a FIN on a unix socket are all told before the end",
    why: "A unix socket says hang-up together with the data.",
    level: "MUST",
  }, (t, meet) => unreadInput(t, meet, 8 * MIB)),
  ...unixTwins(["UNX-1.9", "UNX-1.10"], {
    title: "closeWhenDone() over unread input keeps the tail on a unix socket",
    why: "A unix socket that is closed over unread input resets as TCP does.",
    level: "MUST",
    budget: 20_000,
  }, (t, meet) => closeOverUnread(t, meet, 64 * KIB)),
  {
    id: "UNX-2.1",
    title: "the socket's file is gone after the listener's close, and the path is free at once",
    why: "A file left behind keeps the next start from listening.",
    level: "SHOULD",
    role: "server",
    needs: ["listen", "unix"],
    async run(t: Context) {
      const path = await t.unixPath();
      for (let round = 0; round < 2; round++) {
        const listening = await t.listen(() => ECHO, { path });
        t.equal(listening.listener?.address, path, "the address");
        t.equal(listening.listener?.port, 0, "the port of a unix socket");
        await needServed(t, path);
        await listening.close();
        const late = () => t.adapter.connect({ path }, t.probe().chat);
        const error = await t.rejects(late, "refused", "connecting after the close");
        t.equal(error.code, "ENOENT", "the code: the file is gone");
      }
    },
  },
  {
    id: "UNX-2.2",
    title: 'a path on which somebody listens rejects with code "EADDRINUSE", and disturbs nobody',
    why: "The second start of a daemon must not take the first one's socket away.",
    level: "SHOULD",
    role: "server",
    needs: ["listen", "unix"],
    async run(t: Context) {
      const path = await t.unixPath();
      await t.listen(() => ECHO, { path });
      const error = await failureOf(
        t,
        () => t.adapter.listen({ path }, unreachable),
        "listening on a path in use",
      );
      t.equal(error.code, "EADDRINUSE", "the code");
      await needServed(t, path);
    },
  },
  {
    id: "UNX-2.3",
    title: "a path that is too long for the system, or empty, is a RangeError at the call",
    why: "Some systems cut it, and listen somewhere else.",
    level: "SHOULD",
    role: "client",
    needs: ["unix"],
    async run(t: Context) {
      for (const path of [`./${"x".repeat(200)}`, `./${"é".repeat(60)}`, ""]) {
        const connecting = () => t.adapter.connect({ path }, t.probe().chat);
        const error = await thrownBy(t, connecting, `${path.length} letters`);
        t.need(error instanceof RangeError, `expected a RangeError, got ${error}`);
      }
    },
  },
  {
    id: "UNX-2.4",
    title: 'connecting to a path where there is no socket rejects with kind "refused"',
    why: "A daemon that is not up must look the same on a unix socket.",
    level: "MUST",
    role: "client",
    needs: ["unix"],
    async run(t: Context) {
      const path = await t.unixPath();
      const probe = t.probe();
      const connecting = () => t.adapter.connect({ path }, probe.chat);
      const error = await t.rejects(connecting, "refused", "no socket there");
      t.need(error.message.includes(path), `the message names no path: ${error.message}`);
      t.equal(probe.log, [], "hooks called");
    },
  },
  {
    id: "UNX-2.5",
    title: "a path with a zero byte in it is a RangeError at the call",
    why: "Some systems cut it there: the socket would be another, and its file be left behind.",
    level: "MUST",
    role: "client",
    needs: ["unix"],
    async run(t: Context) {
      const folder = folderOf(await t.unixPath());
      for (const path of [`${folder}/a\0b`, "\0abstract"]) {
        const connecting = () => t.adapter.connect({ path }, t.probe().chat);
        const error = await thrownBy(t, connecting, "connecting");
        t.need(error instanceof RangeError, `expected a RangeError, got ${error}`);
        if (!t.capabilities.listen) continue;
        const again = await thrownBy(t, () => t.adapter.listen({ path }, unreachable), "listening");
        t.need(again instanceof RangeError, `expected a RangeError, got ${again}`);
      }
      const cut = { path: `${folder}/a` };
      await t.rejects(() => t.adapter.connect(cut, t.probe().chat), "refused", "the part before");
    },
  },
  {
    id: "UNX-2.6",
    title: "listening where no socket can be made rejects the same way everywhere, with the path",
    why: "A folder that is not there is no daemon that is down.",
    level: "MUST",
    role: "server",
    needs: ["listen", "unix"],
    async run(t: Context) {
      const path = await t.unixPath();
      for (const wrong of [`${path}.d/none.sock`, folderOf(path)]) {
        const listening = () => t.adapter.listen({ path: wrong }, unreachable);
        const error = await t.rejects(listening, "unknown", "listening there");
        t.need(error.message.includes(wrong), `the message names no path: ${error.message}`);
      }
    },
  },
  ...unixTwins(["UNX-3.1", "UNX-3.2"], {
    title: 'abort() with reset on a unix socket throws kind "unsupported", and does nothing',
    why: "There is no reset on one: the peer would see an end, and take half an answer for all.",
    level: "MUST",
  }, needNoReset),
  {
    id: "UNX-4.1",
    title: 'TLS is spoken on a unix socket, or refused with kind "unsupported" before a connection',
    why: "Whoever asks for it and is given plaintext has lost more than a connection.",
    level: "MUST",
    role: "client",
    needs: ["unix", "tls", "customCa"],
    async run(t: Context) {
      const { ca } = await t.certificates();
      const peer = await t.peer([{ do: "tls" }, { do: "echo" }, { do: "fin" }], { unix: true });
      const probe = t.probe();
      const error = await begin(t, probe, { ...peer.target, tls: { ca } }).catch((error) => error);
      if (kindOf(error) === "unsupported") {
        await t.settle();
        return t.equal((await peer.report()).accepted, 0, "connections accepted by the peer");
      }
      probe.chat.push("?");
      await probe.told("data");
      const { tls } = await seen(peer, ({ received }) => received > 0, "what we sent");
      t.equal([tls?.secure, tls?.text], [true, "?"], "whether TLS was spoken, and what");
    },
  },
  {
    id: "UNX-4.2",
    title: "TLS callers on a unix socket are served, or cut off when the listener closes",
    why: "Callers on a unix socket have no address that tells one from the other.",
    level: "MUST",
    role: "server",
    needs: ["listen", "unix", "serverTls"],
    async run(t: Context) {
      const path = await t.unixPath();
      const { good } = await t.certificates();
      let listening: Awaited<ReturnType<Context["listen"]>>;
      try {
        listening = await t.listen(() => ECHO, { path, tls: good });
      } catch (error) {
        return t.equal(kindOf(error), "unsupported", "the kind");
      }
      const silent = await t.dial({ path }, [], 2);
      const served = await t.dial({ path }, [{ do: "tls" }, ...ASK]);
      await seen(served, ({ text, open }) => text === "?" && !open, "a caller is served");
      await listening.close();
      await silent.until(
        ({ connections }) => connections.every(hasEnded),
        "the silent are cut off",
      );
      t.equal(listening.probes.length, 1, "conversations");
      t.info("errors reported", t.takeReported().length);
    },
  },
];

const ASK: readonly Step[] = [
  { do: "text", text: "?" },
  { do: "recv", bytes: 1 },
  { do: "fin" },
];

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function unreachable(): never {
  throw new Error("unreachable");
}

async function needServed(t: Context, path: string): Promise<void> {
  const peer = await t.dial({ path }, ASK);
  await seen(peer, ({ text, fin }) => text === "?" && fin, "a caller is served");
}
