/**
 * A site to crawl, made up as it is asked for: some hundred pages that link to one another, and some
 * that no crawler likes.
 *
 * @module
 */

/** A made-up site. */
export interface Site {
  /** Answers a request. */
  readonly handler: (request: Request) => Response | Promise<Response>;
  /** Every path that a polite crawler reads, once each. */
  readonly paths: ReadonlySet<string>;
  /** Those among them that cannot be read. Of redirects in a circle the last one seen counts. */
  readonly broken: ReadonlySet<string>;
}

const ROBOTS = "User-agent: *\nDisallow: /private\nAllow: /private/but\nDisallow: /*.pdf$\n";
const BROKEN = ["/missing", "/error", "/cut", "/short", "/drip", "/endless", "/round/2", "/self"];

/** Makes a site of so many pages, besides the odd ones. */
export function makeSite(pages: number): Site {
  const paths = new Set([
    "/",
    ...Array.from({ length: pages }, (_, i) => `/page/${i + 1}`),
    ...["/private/but", "/a&b?c=d&e", "/logo.png", "/old/1", "/old/2", "/round/1", ...BROKEN],
  ]);
  return {
    paths,
    broken: new Set(BROKEN),
    handler: ({ url, signal }) => answer(new URL(url), pages, signal),
  };
}

function answer({ pathname, search }: URL, pages: number, signal: AbortSignal): Response {
  const [, kind, number] = pathname.split("/");
  switch (kind) {
    case "":
      return html(frontPage());
    case "robots.txt":
      return new Response(ROBOTS, { headers: { "content-type": "text/plain" } });
    case "page":
      return Number(number) > pages ? missing() : html(page(Number(number), pages), Number(number));
    case "private":
    case "a&b":
      return html(`<p>${pathname}${search}`);
    case "logo.png":
      return new Response(new Uint8Array(5000), { headers: { "content-type": "image/png" } });
    case "old":
      return redirect(`/page/${number}`);
    case "round":
      return redirect(`/round/${number === "1" ? 2 : 1}`);
    case "self":
      return redirect("/self");
    case "error":
      return new Response("sorry\n", { status: 500 });
    case "cut":
      return new Response(broken(2));
    case "short":
      return new Response("less than that", { headers: { "content-length": "1000" } });
    case "drip":
      return new Response(drip(signal), { headers: { "content-type": "text/html" } });
    case "endless":
      return new Response(broken(Infinity), { headers: { "content-type": "text/html" } });
    default:
      return missing();
  }
}

function missing(): Response {
  return new Response("nothing here\n", { status: 404 });
}

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location } });
}

/** In chunks, packed, or counted, so that a crawler meets all three. */
function html(body: string, number = 0): Response {
  const text = `<!doctype html><title>A page</title>${body}`;
  const headers = { "content-type": "text/html; charset=utf-8" };
  if (number % 3 === 1) return new Response(text, { headers });
  const bytes = new TextEncoder().encode(text);
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return number % 3 === 2
    ? new Response(packed, { headers: { ...headers, "content-encoding": "gzip" } })
    : new Response(bytes, { headers: { ...headers, "content-length": `${bytes.length}` } });
}

function frontPage(): string {
  // The other half of the circle is found by going round.
  const odd = [
    "/private/1",
    "private/but",
    "/report.pdf",
    "/old/1",
    "/old/2",
    "/round/1",
    ...BROKEN.filter((path) => path !== "/round/2"),
  ];
  return `<base href="/"><a class=x href="page/1#top">First</a> <A HREF='/page/2'>Second</A>
    <a href=/a&amp;b?c=d&amp;e>Odd</a> <iframe src="/logo.png"></iframe>
    <a href="mailto:me@example.com">Mail</a> <a href="http://elsewhere.invalid/">Elsewhere</a>
    <!-- <a href="/in/a/comment">No</a> --> <script>"<a href='/in/a/script'>"</script>
    ${odd.map((path) => `<a href="${path}">${path}</a>`).join("\n")}`;
}

/** A tree, whose pages also link back, and to pages that many know. */
function page(number: number, pages: number): string {
  const known = [2 * number, 2 * number + 1, number - 1, number % 7 + 1]
    .filter((other) => other >= 1 && other <= pages);
  return `<p>${"words ".repeat(number % 50 * 20)}</p>
    ${known.map((other) => `<a href="./${other}">${other}</a> <a href="${other}#x">x</a>`)}`;
}

function broken(pieces: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent++ === pieces) controller.error(new Error("broken on purpose"));
      else controller.enqueue(new TextEncoder().encode("some words ".repeat(1000)));
    },
  });
}

/** A letter now and then, for ever. */
function drip(signal: AbortSignal): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setInterval>;
  return new ReadableStream({
    start(controller) {
      timer = setInterval(() => controller.enqueue(new Uint8Array([0x2e])), 20);
      signal.addEventListener("abort", () => clearInterval(timer));
    },
    cancel: () => clearInterval(timer),
  });
}
