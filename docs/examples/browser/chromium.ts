/**
 * A headless Chromium, spoken to as any peer is: its debugging pipe takes and gives JSON that ends
 * in a zero byte.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import type { Chat } from "asynchat";
import { converse } from "asynchat/adapters/web";
import { environmentOf, findPeer, noPeer } from "../checks/peers.ts";

type Json = Record<string, unknown>;

/** An answer, or something that happened. */
interface Told {
  readonly id?: number;
  readonly result?: Json;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: Json;
}

/** Longest answer, in bytes: that is a screenshot. */
const LONGEST = 32 * 1024 * 1024;

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-pipe",
];

/** What to say where there is none. */
export const NO_CHROMIUM: string = noPeer("chromium");

/** Where Chromium is: `CHROMIUM`, in `PATH`, or fetched; `undefined` for nowhere. */
export function findChromium(): string | undefined {
  return findPeer("chromium");
}

/** One browser, with a profile of its own. */
export class Chromium implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #chat: Chat;
  readonly #waiting = new Map<number, (told: Told) => void>();
  #last = 0;
  /** Why nothing will be answered any more. */
  #over: string | undefined;
  /** Called with whatever happens in a page. */
  onevent: (method: string, params: Json) => void = () => {};

  /** Starts it. */
  constructor(path: string) {
    this.#profile = mkdtempSync(join(tmpdir(), "asynchat-chromium-"));
    this.#process = spawn(path, [...FLAGS, `--user-data-dir=${this.#profile}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
      env: environmentOf(path),
    });
    // Told by its end as well: the pipe closes.
    this.#process.once("error", ({ message }) => this.#giveUp(message));
    const [, , , input, output] = this.#process.stdio;
    this.#chat = converse({
      readable: Readable.toWeb(output as Readable),
      writable: Writable.toWeb(input as Writable),
    }, { peer: path });
    void this.#listen();
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const message of this.#chat.frames("\0", { max: LONGEST })) {
        const told = JSON.parse(decoder.decode(message)) as Told;
        if (told.method !== undefined) this.onevent(told.method, told.params ?? {});
        if (told.id === undefined) continue;
        this.#waiting.get(told.id)?.(told);
        this.#waiting.delete(told.id);
      }
    } catch (error) {
      this.#giveUp(String(error));
    }
    this.#giveUp("Chromium has ended");
  }

  #giveUp(message: string): void {
    this.#over ??= message;
    for (const settle of this.#waiting.values()) settle({ error: { message } });
    this.#waiting.clear();
  }

  /** Gives a command, and resolves with its answer. */
  async send(method: string, params: Json = {}, sessionId?: string): Promise<Json> {
    const id = ++this.#last;
    if (this.#over !== undefined) throw new Error(`${method}: ${this.#over}`);
    const answer = new Promise<Told>((resolve) => this.#waiting.set(id, resolve));
    await this.#chat.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result = {}, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Opens a page. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, String(sessionId));
    for (const domain of ["Page", "Runtime", "Log"]) await page.send(`${domain}.enable`);
    await page.send("Page.navigate", { url });
    return page;
  }

  /** Ends it, and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    if (pid !== undefined && exitCode === null && signalCode === null) {
      // It has been asked to end: that is answered by ending.
      await this.send("Browser.close").catch(() => this.#process.kill());
      await gone;
    }
    this.#chat.close();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** One page of it. */
export class Page {
  readonly #browser: Chromium;
  readonly #session: string;

  constructor(browser: Chromium, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  /** Gives a command to this page. */
  send(method: string, params?: Json): Promise<Json> {
    return this.#browser.send(method, params, this.#session);
  }

  /** What an expression gives, or the promise that it gives, as JSON has it. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Types a line where the cursor is, as a person would. */
  async type(line: string): Promise<void> {
    await this.send("Input.insertText", { text: line });
    const key = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...key });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  }

  /** What it looks like, as a PNG. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(String(data), "base64");
  }
}
