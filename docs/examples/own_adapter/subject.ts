/**
 * What the suite is told about the adapter:
 *
 * ```sh
 * npm run conformance -- --subject dist/docs/examples/own_adapter/subject.js --runtime node
 * ```
 *
 * @module
 */

import process from "node:process";
import type { Subject } from "asynchat/conformance";
import * as adapter from "./adapter.ts";

export const subject: Subject = {
  name: "Own adapter",
  runtime: "node",
  version: process.versions.node,
  adapter,
};
