// Builds the page into the server's crate. With --check, says whether the committed files are what the source gives.
import { build } from "esbuild";
import { readFile, writeFile, mkdir } from "node:fs/promises";

const source = new URL("src/", import.meta.url);
const target = new URL("../kql-server/src/page/assets/", import.meta.url);

async function bundled(entry, banner = {}) {
  const result = await build({
    absWorkingDir: source.pathname, entryPoints: [entry], bundle: true, minify: true, write: false, format: "esm",
    target: ["chrome123", "firefox120", "safari17.5"], charset: "utf8", banner, legalComments: "none", logLevel: "warning",
  });
  return Buffer.from(result.outputFiles[0].contents);
}

// what is bundled asks for this
const notice = "/*! With CodeMirror 6 and its parts: Copyright (C) 2016-2024 by Marijn Haverbeke <marijn@haverbeke.berlin> and others, MIT License */";

const files = {
  "index.html": await readFile(new URL("index.html", source)),
  "icon.svg": await readFile(new URL("icon.svg", source)),
  "page.js": await bundled("main.ts", { js: notice }),
  "page.css": await bundled("page.css"),
};

if (process.argv.includes("--check")) {
  const stale = [];
  for (const [name, bytes] of Object.entries(files)) {
    const committed = await readFile(new URL(name, target)).catch(() => Buffer.alloc(0));
    if (!committed.equals(bytes)) stale.push(name);
  }
  if (stale.length) {
    console.error(`not what the source gives: ${stale.join(", ")}; run npm run build`);
    process.exit(1);
  }
} else {
  await mkdir(target, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(new URL(name, target), bytes);
}
