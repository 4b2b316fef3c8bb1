/**
 * STL: TLS in the middle of a conversation.
 *
 * @module
 */

import type { Case } from "../case.ts";
import { stlChat } from "./stl_chat.ts";
import { stlFailing } from "./stl_failing.ts";
import { stlInjection } from "./stl_injection.ts";
import { stlSwitch } from "./stl_switch.ts";

/** The cases of the clauses STL. */
export const stl: readonly Case[] = [...stlSwitch, ...stlInjection, ...stlFailing, ...stlChat];
