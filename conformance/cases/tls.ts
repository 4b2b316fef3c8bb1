/**
 * TLS: from the first byte.
 *
 * @module
 */

import type { Case } from "../case.ts";
import { tlsClient } from "./tls_client.ts";
import { tlsServer } from "./tls_server.ts";
import { tlsStream } from "./tls_stream.ts";

/** The cases of the clauses TLS. */
export const tls: readonly Case[] = [...tlsStream, ...tlsClient, ...tlsServer];
