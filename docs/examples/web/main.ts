/**
 * A small site: a page, a counter, an echo, a stream.
 *
 * ```sh
 * node dist/docs/examples/web/main.js 8080
 * deno run --allow-net docs/examples/web/main.ts 8080
 * bun docs/examples/web/main.ts 8080
 * curl http://localhost:8080/count
 * ```
 *
 * @module
 */

import process from "node:process";
import { serveHttp } from "./server.ts";

let visits = 0;

async function site(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  switch (pathname) {
    case "/":
      return new Response("<!doctype html><title>asynchat</title><h1>It answers.</h1>", {
        headers: { "content-type": "text/html; charset=utf-8" },
      });
    case "/count":
      return Response.json({ visits: ++visits });
    case "/echo":
      return new Response(request.body, {
        headers: { "content-type": request.headers.get("content-type") ?? "text/plain" },
      });
    case "/length":
      return Response.json({ bytes: (await request.arrayBuffer()).byteLength });
    case "/numbers":
      return new Response(numbers(Number(new URL(request.url).searchParams.get("to") ?? 10)));
    default:
      return new Response(`there is no ${pathname}\n`, { status: 404 });
  }
}

/** One a line, made as they are asked for: a slow client holds back the counting. */
function numbers(to: number): ReadableStream<Uint8Array> {
  let next = 1;
  return new ReadableStream({
    pull(controller) {
      if (next > to) return controller.close();
      controller.enqueue(new TextEncoder().encode(`${next++}\n`));
    },
  }, { highWaterMark: 0 });
}

const listener = await serveHttp(site, { port: Number(process.argv[2] ?? 8080) });
console.log(`http://localhost:${listener.port}/`);
