/**
 * Gives each page of the site its title and its place in the sidebar. The pages themselves have no
 * front matter, since GitHub would show it above the text.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Converter } from "typedoc";

// The examples that one reads first; the rest follows.
const FIRST = ["chat", "web", "crawler", "smtp", "redis", "nats", "websocket", "own_adapter"];

const guide = (...names) => names.map((name) => `docs/guide/${name}.md`);
const inside = (folder) => readdirSync(`docs/${folder}`).toSorted();

/** The parts of the sidebar in their order, and the pages of each in theirs. */
const PARTS = {
  "Start here": guide("why", "getting_started", "how_it_works", "three_ways"),
  "Build a protocol": guide(
    "terminators",
    "producers",
    "async_face",
    "protocols",
    "timeouts_and_errors",
    "tls",
    "testing_your_protocol",
  ),
  "Keep it running": guide("debugging", "monitoring", "security", "performance"),
  "Runtimes": guide("runtimes", "web", "writing_an_adapter"),
  "Coming from elsewhere": guide("migrating", "comparison", "article"),
  "Examples": [...new Set([...FIRST, ...inside("examples")])]
    .map((name) => `docs/examples/${name}/README.md`)
    .filter((path) => existsSync(path)),
  "Decisions": ["README.md", ...inside("decisions").filter((name) => name !== "README.md")]
    .map((name) => `docs/decisions/${name}`),
  "Project": ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"],
};

const left = inside("guide").filter((name) =>
  name.endsWith(".md") && !Object.values(PARTS).flat().includes(`docs/guide/${name}`)
);
if (left.length > 0) throw new Error(`no part has docs/guide/${left.join(", ")}`);

/** A page's title is its first heading; the site tells pages apart by it. */
const titleOf = (text) => /^\s*# (.+)$/m.exec(text)?.[1]?.replaceAll("`", "");

const parts = new Map();
for (const [part, paths] of Object.entries(PARTS)) {
  for (const path of paths) {
    const title = titleOf(readFileSync(path, "utf8"));
    if (title === undefined || parts.has(title)) throw new Error(`${path}: ${title} is no title`);
    parts.set(title, part);
  }
}

/** What TypeDoc calls when it starts. */
export function load(app) {
  app.on("bootstrapEnd", () => {
    app.options.setValue("projectDocuments", Object.values(PARTS).flat());
    app.options.setValue("categoryOrder", [...Object.keys(PARTS), "API"]);
    // Who searches for a thing wants the page about it before a property that is called so.
    app.options.setValue(
      "searchCategoryBoosts",
      Object.fromEntries(Object.keys(PARTS).slice(0, 5).map((part) => [part, 20])),
    );
  });
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
    page.name = titleOf(page.content.map(({ text }) => text).join(""));
    page.frontmatter.category = parts.get(page.name);
  });
}
