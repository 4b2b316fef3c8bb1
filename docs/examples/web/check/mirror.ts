/** A server that says what it was asked, for the corpus: each answer is the method, and a line end. */

import process from "node:process";
import { serveHttp } from "../server.ts";

const listener = await serveHttp(async (request) => {
  await request.arrayBuffer();
  const body = new TextEncoder().encode(`[${request.method}]\n`);
  return new Response(body, { headers: { "content-length": `${body.length}` } });
}, { port: Number(process.argv[2] ?? 0) });
console.log(`http://localhost:${listener.port}/`);
