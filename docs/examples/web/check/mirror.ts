/** A server that says what it was asked, for corpora: each answer is the request, as JSON. */

import process from "node:process";
import { serveHttp } from "../server.ts";

function escape(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const listener = await serveHttp(async (request) => {
  const { method, url, headers } = request;
  const { pathname, search } = new URL(url);
  const body = new TextDecoder("latin1").decode(await request.arrayBuffer());
  const asked = { method, target: pathname + search, headers: Object.fromEntries(headers), body };
  const bytes = new TextEncoder().encode(JSON.stringify(asked).replace(/[^ -~]/g, escape));
  return new Response(bytes, { headers: { "content-length": `${bytes.length}` } });
}, { port: Number(process.argv[2] ?? 0), maxHead: Number(process.argv[3]) });
console.log(`http://localhost:${listener.port}/`);
