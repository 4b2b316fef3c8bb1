/**
 * UNS: what the subject declares that it cannot do.
 *
 * The other contrary cases stand beside the clauses whose guarantee is weaker without the
 * capability: CON-2.2, CON-5.2, CON-10.3 and RST-3.3.
 *
 * @module
 */

import type { Capabilities } from "../../core/transport.ts";
import type { Case, Context } from "../case.ts";
import { twins } from "./meeting.ts";
import { needNoReset } from "./shared.ts";

const CAPABILITIES: Readonly<Record<keyof Capabilities, true>> = {
  listen: true,
  unix: true,
  reset: true,
  cancelConnect: true,
  preciseErrors: true,
  dataBeforeReset: true,
  addresses: true,
  tls: true,
  serverTls: true,
  startTls: true,
  serverStartTls: true,
  tlsHandOver: true,
  customCa: true,
  clientCertificates: true,
  requestsCertificates: true,
  alpn: true,
  serverName: true,
  insecureTls: true,
  cancelHandshake: true,
  detectsTruncation: true,
};

/** The cases of the clauses UNS. */
export const uns: readonly Case[] = [
  {
    id: "UNS-1.1",
    title: 'listening where that cannot be done rejects with kind "unsupported", and makes nothing',
    why: "A server that seems to start and never hears anybody costs a day.",
    level: "MUST",
    role: "client",
    lacks: "listen",
    async run(t: Context) {
      const listening = () =>
        t.adapter.listen({ hostname: "127.0.0.1", port: 0 }, () => {
          throw new Error("unreachable");
        });
      await t.rejects(listening, "unsupported", "listening");
    },
  },
  {
    id: "UNS-2.1",
    title:
      'a unix socket where there is none rejects with kind "unsupported", and no hook is called',
    why: "Trying it as a host name, or as a relative file, would reach somebody else.",
    level: "MUST",
    role: "client",
    lacks: "unix",
    async run(t: Context) {
      const path = "unsupported.sock";
      const probe = t.probe();
      const connecting = () => t.adapter.connect({ path }, probe.chat);
      await t.rejects(connecting, "unsupported", "connecting");
      t.equal(probe.log, [], "hooks called");
      const listening = () =>
        t.adapter.listen({ path }, () => {
          throw new Error("unreachable");
        });
      await t.rejects(listening, "unsupported", "listening");
    },
  },
  ...twins(["UNS-3.1", "UNS-3.2"], {
    title:
      'abort() with reset where that cannot be done throws kind "unsupported", and does nothing',
    why: "Whoever asked for a reset would believe that the peer had seen one.",
    level: "MUST",
    lacks: "reset",
  }, needNoReset),
  {
    id: "UNS-4.1",
    title: "the record of capabilities says true or false to each, and names no others",
    why: "Whoever reads it decides by it, and `undefined` decides something else each time.",
    level: "MUST",
    role: "client",
    run(t: Context) {
      const known = Object.keys(CAPABILITIES).sort();
      t.equal(Object.keys(t.capabilities).sort(), known, "the names");
      const types = new Set(Object.values(t.capabilities).map((value) => typeof value));
      t.equal([...types], ["boolean"], "the types");
    },
  },
];
