/** @jsxRuntime automatic */
/** @jsxImportSource hono/jsx */
/**
 * A guestbook on Hono: routes, async controllers, and views that await what they show.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import type { PropsWithChildren } from "hono/jsx";
import { jsxRenderer } from "hono/jsx-renderer";

interface Entry {
  readonly name: string;
  readonly words: string;
}

/** Stands for a database: every answer is a promise. */
class Entries {
  #all: readonly Entry[] = [];

  async latest(count: number): Promise<readonly Entry[]> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return this.#all.slice(-count).reverse();
  }

  async add(entry: Entry): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.#all = [...this.#all, entry];
  }
}

const entries = new Entries();

// --- views -----------------------------------------------------------------------------------------

function Page({ children }: PropsWithChildren) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Guestbook</title>
      </head>
      <body>
        <h1>Guestbook</h1>
        {children}
      </body>
    </html>
  );
}

/** A view may wait: the page is sent when it is whole. */
async function Latest({ count }: { count: number }) {
  const latest = await entries.latest(count);
  if (latest.length === 0) return <p>Nobody was here yet.</p>;
  return (
    <ul>
      {latest.map(({ name, words }) => (
        <li>
          <b>{name}</b>: {words}
        </li>
      ))}
    </ul>
  );
}

function Form() {
  return (
    <form method="post" action="/">
      <input name="name" placeholder="Your name" required />
      <input name="words" placeholder="Your words" required />
      <button type="submit">Sign</button>
    </form>
  );
}

// --- controllers -----------------------------------------------------------------------------------

function show(context: Context) {
  return context.render(
    <>
      <Form />
      <Latest count={20} />
    </>,
  );
}

async function sign(context: Context) {
  const { name, words } = await context.req.parseBody();
  if (typeof name !== "string" || typeof words !== "string" || !name || !words) {
    context.status(422);
    return context.render(<p>A name and some words, please.</p>);
  }
  await entries.add({ name, words });
  return context.redirect("/", 303);
}

// --- routes ----------------------------------------------------------------------------------------

/** Its `fetch` is all that a server needs to know. */
export const guestbook: Hono = new Hono()
  .use(jsxRenderer(Page))
  .get("/", show)
  .post("/", sign);
