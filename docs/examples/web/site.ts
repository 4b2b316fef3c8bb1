/**
 * A small site as one plain `fetch` handler: a page, a counter, an echo, a stream.
 *
 * @module
 */

let visits = 0;

/** Answers one request. */
export async function site(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
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
    case "/hello":
      return counted(`hello ${searchParams.get("name") ?? "world"}\n`);
    case "/numbers":
      return new Response(numbers(Number(searchParams.get("to") ?? 10)));
    case "/wait":
      return await wait(Number(searchParams.get("ms") ?? 1000), request.signal);
    default:
      return new Response(`there is no ${pathname}\n`, { status: 404 });
  }
}

/** Says how long it is, as a stream cannot. */
function counted(text: string): Response {
  const body = new TextEncoder().encode(text);
  return new Response(body, { headers: { "content-length": `${body.length}` } });
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

/** Work that stops when nobody waits for it any more. */
function wait(milliseconds: number, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(new Response("done\n")), milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
