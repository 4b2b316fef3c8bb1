/**
 * The pages of a built site, and what they link to.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** One page, as it was written. */
export interface SitePage {
  /** Relative to the site. */
  readonly path: string;
  /** Where one can jump to. */
  readonly ids: ReadonlySet<string>;
  /** What it links to inside the site. */
  readonly links: readonly Link[];
}

/** One link, resolved. */
export interface Link {
  /** Relative to the site. */
  readonly path: string;
  /** Behind the `#`; empty for the page itself. */
  readonly anchor: string;
}

/** A site: its pages, its pictures that have places to link to, and every file that is in it. */
export interface Site {
  readonly pages: ReadonlyMap<string, SitePage>;
  readonly pictures: ReadonlyMap<string, SitePage>;
  readonly files: ReadonlySet<string>;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&quot;": '"',
  "&#x27;": "'",
  "&#39;": "'",
  "&lt;": "<",
  "&gt;": ">",
};

/** Reads a site from its folder. */
export function readSite(folder: string): Site {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const read = (ending: string) =>
    new Map(
      files.filter((file) => file.endsWith(ending)).map((path) =>
        [path, pageOf(path, readFileSync(join(folder, path), "utf8"))] as const
      ),
    );
  return { files: new Set(files), pages: read(".html"), pictures: read(".svg") };
}

function pageOf(path: string, html: string): SitePage {
  // Code that is shown has no links of ours.
  const text = html.replace(/<script[\s\S]*?<\/script>/g, "");
  const values = (name: string) =>
    [...text.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(({ 1: value = "" }) =>
      value.replace(/&\w+;|&#\w+;/g, (entity) => ENTITIES[entity] ?? entity)
    );
  const links = [...values("href"), ...values("src")].flatMap((target) => resolve(path, target));
  return { path, ids: new Set(values("id")), links };
}

/** Where a link of a page leads; nowhere when it leaves the site. */
export function resolve(from: string, target: string): Link[] {
  if (/^[a-z]+:|^\/\//i.test(target)) return [];
  const [place = "", anchor = ""] = target.split("#", 2);
  const path = place === "" ? from : normalize(join(dirname(from), decodeURIComponent(place)));
  return [{ path, anchor: decodeURIComponent(anchor) }];
}

/** Why a link is dead; `undefined` when it is not. */
export function faultOf(
  { pages, pictures, files }: Site,
  { path, anchor }: Link,
): string | undefined {
  if (!files.has(path)) return "there is no such file";
  if (anchor === "") return undefined;
  if ((pages.get(path) ?? pictures.get(path))?.ids.has(anchor)) return undefined;
  return "there is no such place in that page";
}
