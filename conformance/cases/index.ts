/**
 * All cases, by clause.
 *
 * @module
 */

import type { Case } from "../case.ts";
import { abt } from "./abt.ts";
import { bp } from "./bp.ts";
import { cb } from "./cb.ts";
import { awt } from "./chat.ts";
import { cls } from "./cls.ts";
import { con } from "./connect.ts";
import { coreCases } from "./core.ts";
import { det } from "./det.ts";
import { eof } from "./eof.ts";
import { int } from "./int.ts";
import { leak } from "./leak.ts";
import { lsn } from "./lsn.ts";
import { many } from "./many.ts";
import { net } from "./net.ts";
import { ord } from "./ord.ts";
import { rst } from "./rst.ts";
import { sec } from "./sec.ts";
import { stl } from "./stl.ts";
import { tls } from "./tls.ts";
import { tmo } from "./tmo.ts";
import { trn } from "./trn.ts";
import { uns } from "./uns.ts";
import { unsTls } from "./uns_tls.ts";
import { unx } from "./unx.ts";
import { way } from "./way.ts";
import { web } from "./web.ts";

export { type Untested, untested } from "./untested.ts";

/** Every case, in the order in which they are run. */
export const cases: readonly Case[] = unique([
  ...coreCases,
  ...web,
  ...con,
  ...lsn,
  ...int,
  ...ord,
  ...eof,
  ...rst,
  ...bp,
  ...cls,
  ...abt,
  ...tmo,
  ...trn,
  ...cb,
  ...awt,
  ...way,
  ...sec,
  ...net,
  ...many,
  ...leak,
  ...unx,
  ...tls,
  ...stl,
  ...det,
  ...uns,
  ...unsTls,
]);

/** An id that is used twice would make one verdict of two. */
function unique(all: readonly Case[]): readonly Case[] {
  const ids = new Set<string>();
  for (const { id } of all) {
    if (!/^[A-Z]+-\d+[a-z]?\.\d+$/.test(id)) throw new Error(`${id} is no id of a case`);
    if (ids.has(id)) throw new Error(`two cases have the id ${id}`);
    ids.add(id);
  }
  return all;
}
