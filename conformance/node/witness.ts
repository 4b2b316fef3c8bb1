// Starts a witness, and tells its control address in one JSON line. It ends when its input does, so
// that it never outlives whoever started it.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startWitness } from "./witness/control.ts";

const { values } = parseArgs({ options: { backlog: { type: "string" } } });
const { control, close } = await startWitness({
  entry: fileURLToPath(import.meta.url),
  ...(values.backlog === undefined ? {} : { backlog: Number(values.backlog) }),
});
console.log(JSON.stringify({ control }));
process.stdin.on("end", () => void close().then(() => process.exit())).resume();
