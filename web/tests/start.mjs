// Starts `kql serve` and a browser for the tests.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const PACKAGE = fileURLToPath(new URL("../../queries/T1070.008-clear-mailbox-data/", import.meta.url));
export const NOW = "2026-03-10T12:00:00Z";

/** The program to test. */
const PROGRAM = process.env.KQL;
/** A browser that the system has. */
const BROWSER = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));

/** Why the tests cannot run here; false if they can. */
export const MISSING = !PROGRAM ? "KQL does not name the program kql" : !BROWSER ? "no Chromium is installed" : false;

/** A server on a free port; `stop` ends it. */
export async function serve(...options) {
  const child = spawn(PROGRAM, ["serve", "--listen", "127.0.0.1:0", ...options], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const address = await new Promise((resolve, reject) => {
    const read = (bytes) => {
      said += bytes;
      const found = /https?:\/\/127\.0\.0\.1:\d+/.exec(said);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`kql serve ended with ${code}: ${said}`)));
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return { address, said: () => said, stop: async () => (child.kill("SIGTERM"), await ended) };
}

export async function browser() {
  // a container has no user namespaces for the browser's own sandbox
  return chromium.launch({ executablePath: BROWSER, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

/** A page whose errors and requests to other origins are noted. */
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: ["clipboard-read", "clipboard-write"], acceptDownloads: true, ...options });
  const page = await context.newPage();
  const seen = { foreign: [], errors: [] };
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith("data:") && !url.startsWith("blob:")) seen.foreign.push(url);
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    // an answer that refuses is shown by the page, and noted here by the browser
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) seen.errors.push(message.text());
  });
  await page.goto(address);
  await page.waitForSelector("body[data-ready=true]");
  return { page, context, seen };
}

/** A folder that is gone after the test. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "kql-web-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Puts a text into the editor at once, in place of what is there. */
export async function write(page, text) {
  // no click: an open list of completions may lie over the editor
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
}

/** Runs what is in the editor, and waits for the end. */
export async function run(page) {
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Shift+Enter");
  await page.waitForFunction(() => !document.getElementById("run").disabled && /rows? in|Failed|Cancelled/.test(document.getElementById("status").textContent));
  return page.locator("#status").textContent();
}
