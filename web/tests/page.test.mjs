// The page, as a person uses it, against the real server.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { browser, folder, MISSING, NOW, open, PACKAGE, run, serve, write } from "./start.mjs";

const QUERY = readFileSync(join(PACKAGE, "query.kql"), "utf8");

describe("the page", { skip: MISSING, timeout: 180_000 }, () => {
  let server, chrome;
  before(async () => {
    [server, chrome] = await Promise.all([serve(join(PACKAGE, "data"), "--now", NOW), browser()]);
  });
  after(async () => {
    await chrome?.close();
    await server?.stop();
  });

  /** A test with a page of its own, which must have no errors and ask no other origin. */
  const with_page = (name, body, options = {}) =>
    test(name, async (t) => {
      const { page, context, seen } = await open(chrome, server.address, options);
      t.after(() => context.close());
      await body(page, t);
      assert.deepEqual(seen.foreign, [], "requests to other origins");
      assert.deepEqual(seen.errors, [], "errors of the page");
    });

  /** Takes the completion that is selected. A list that has opened just now does not take keys, so that one can type on. */
  async function accept(page) {
    await page.waitForTimeout(150);
    await page.keyboard.press("Enter");
  }

  with_page("loads, and shows the tables with data", async (page) => {
    assert.equal(await page.title(), "kql");
    const tables = await page.locator(".table-name").allTextContents();
    assert.deepEqual(tables, ["DeviceProcessEvents", "OfficeActivity"]);
    await page.locator("summary", { hasText: "OfficeActivity" }).click();
    await page.getByRole("button", { name: "Operation", exact: true }).waitFor();
    await page.getByRole("button", { name: "Count rows" }).click();
    await page.getByRole("dialog").getByText("OfficeActivity.ndjson").waitFor();
  });

  with_page("completes while one types, and shows documentation", async (page) => {
    await page.locator(".cm-content").click();
    await page.keyboard.type("OfficeAc");
    await page.locator(".cm-completionLabel", { hasText: "OfficeActivity" }).first().waitFor();
    await accept(page);
    await page.keyboard.type(" | summ");
    await page.locator("li[aria-selected] .cm-completionLabel", { hasText: "summarize" }).waitFor();
    await accept(page);
    await page.keyboard.type(" count() by Oper");
    await page.locator(".cm-completionLabel", { hasText: /^Operation$/ }).waitFor();
    await accept(page);
    assert.equal(await page.locator(".cm-content").innerText(), "OfficeActivity | summarize count() by Operation");
    await page.locator(".kql-operator", { hasText: "summarize" }).hover();
    await page.locator(".hover", { hasText: "Aggregates rows" }).waitFor();
    await page.mouse.move(0, 0);
    assert.match(await run(page), /^\d+ rows in/);
  });

  with_page("underlines an error, and its fix mends it", async (page) => {
    await write(page, "OfficeActivity\n| wher Operation == 'x'");
    await page.locator(".cm-lintRange-error").hover();
    await page.locator(".cm-diagnosticAction", { hasText: "Change to where" }).click();
    assert.equal(await page.locator(".cm-content").innerText(), "OfficeActivity\n| where Operation == 'x'");
    await page.waitForFunction(() => !document.querySelector(".cm-lintRange-error"));
    assert.match(await run(page), /^0 rows in/);
  });

  with_page("says why a query fails, and leads there", async (page) => {
    await write(page, "print 1\n\nOfficeActivity | where NoSuchColumn == 1");
    assert.equal(await run(page), "Failed");
    await page.getByRole("alert").getByText("NoSuchColumn").waitFor();
    await page.getByRole("alert").getByRole("button").first().click();
    assert.equal(await page.evaluate(() => String(document.getSelection())), "NoSuchColumn");
  });

  with_page("runs T1070.008", async (page) => {
    await write(page, QUERY);
    assert.match(await run(page), /^26 rows in/);
    assert.equal(await page.getByRole("grid").getAttribute("aria-rowcount"), "27");
    const headings = await page.locator(".column-name").allTextContents();
    assert.deepEqual(headings, ["Timestamp", "DeviceName", "AccountName", "FileName", "ProcessCommandLine", "InitiatingProcessFileName", "InitiatingProcessCommandLine", "DetectionType", "HasDeleteContent"]);
  });

  with_page("sorts, filters, hides and copies", async (page) => {
    await write(page, "range n from 1 to 50 step 1 | extend t = strcat('row ', n)");
    await run(page);
    const first = () => page.locator(".grid-row >> nth=0").locator("[role=gridcell]").allTextContents();
    const menu = async (column, choice) => {
      await page.locator(".column-button", { hasText: column }).click();
      await page.locator(".menu").getByRole("button", { name: choice }).click();
    };
    await menu("n", "Sort descending");
    await page.waitForFunction(() => document.querySelector(".grid-row [role=gridcell]").textContent === "50");
    assert.equal(await page.locator("[role=columnheader]").first().getAttribute("aria-sort"), "descending");
    await page.getByLabel("Filter the rows of Result 1").fill("row 3");
    await page.locator(".result-bar .count", { hasText: "11 of 50 rows" }).waitFor();
    assert.deepEqual(await first(), ["39", "row 39"]);
    await page.getByRole("grid").focus();
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Control+c");
    await page.locator("#toast", { hasText: "Copied 2 rows" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "n\tt\n39\trow 39\n38\trow 38");
    await menu("n", "Hide column");
    await page.waitForFunction(() => document.querySelectorAll("[role=columnheader]").length === 1);
    assert.deepEqual(await first(), ["row 39"]);
    await page.getByRole("button", { name: "Show 1 hidden column" }).click();
    assert.equal(await page.locator("[role=columnheader]").count(), 2);
  });

  with_page("scrolls through a million rows", async (page) => {
    await write(page, "range n from 1 to 1000000 step 1 | extend t = tostring(n % 7)");
    assert.match(await run(page), /^1,000,000 rows in/);
    const grid = page.getByRole("grid");
    await grid.focus();
    await page.keyboard.press("Control+End");
    await page.locator("[role=gridcell]", { hasText: /^1000000$/ }).waitFor();
    await page.keyboard.press("PageUp");
    await page.keyboard.press("Control+Home");
    await page.locator(".grid-row[aria-rowindex='2'] [role=gridcell]", { hasText: /^1$/ }).first().waitFor();
    await grid.evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
    await page.waitForFunction(() => Math.abs(Number(document.querySelector(".grid-row [role=gridcell]").textContent) - 500_000) < 1000);
    assert.ok((await page.locator(".grid-row").count()) < 100, "only the rows in view are drawn");
    await page.getByLabel("Filter the rows of Result 1").fill("99999");
    await page.locator(".result-bar .count", { hasText: "19 of 1,000,000 rows" }).waitFor();
  });

  with_page("opens JSON cells as a tree with all digits", async (page) => {
    await write(page, `print d = dynamic({"user": {"name": "eve", "id": 9007199254740993}, "list": [1, 2]})`);
    await run(page);
    const dialog = page.getByRole("dialog");
    // on a busy machine the grid can be drawn again between the two clicks
    for (let attempt = 0; attempt < 5 && (await dialog.count()) === 0; attempt++) {
      await page.locator("[role=gridcell].opens").dblclick();
      await dialog.waitFor({ timeout: 3000 }).catch(() => undefined);
    }
    const tree = dialog.locator(".tree");
    await tree.locator("summary", { hasText: "user" }).click();
    await tree.getByText('"eve"').waitFor();
    await tree.getByText("9007199254740993").waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("dialog").count(), 0);
  });

  with_page("shows several results as tabs", async (page) => {
    await write(page, "print a = 1;\nprint b = 2, c = 3\n\nprint d = 4");
    await page.keyboard.press("Control+Home");
    assert.match(await run(page), /^2 rows in/);
    const tabs = page.getByRole("tablist", { name: "Results" }).getByRole("tab");
    assert.equal(await tabs.count(), 2);
    await tabs.nth(0).focus();
    await page.keyboard.press("ArrowRight");
    assert.deepEqual(await page.locator(".result:not([hidden]) .column-name").allTextContents(), ["b", "c"]);
  });

  with_page("runs the selection", async (page) => {
    await write(page, "print a = 1\n\nprint b = 2");
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Shift+End");
    await run(page);
    assert.deepEqual(await page.locator(".column-name").allTextContents(), ["a"]);
  });

  with_page("draws charts with tooltips", async (page) => {
    await write(page, "OfficeActivity | summarize count() by Operation | render columnchart");
    await run(page);
    const chart = page.locator(".chart-pane svg");
    await chart.waitFor();
    await chart.locator("[data-tip]").first().hover();
    await page.locator(".tip:not([hidden])").waitFor();
    await page.getByRole("button", { name: "Rows", exact: true }).click();
    await page.getByRole("grid").waitFor();
  });

  with_page("makes a dropped file a table", async (page) => {
    await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["Host,Count\npc-1,5\npc-2,7\n"], "dropped.csv", { type: "text/csv" }));
      for (const type of ["dragenter", "dragover", "drop"]) window.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    });
    const dialog = page.getByRole("dialog");
    await dialog.getByText("dropped.csv is the table dropped").waitFor();
    await dialog.getByText("2 rows, 2 columns").waitFor();
    await dialog.getByRole("button", { name: "Insert dropped" }).click();
    await page.keyboard.type(" | summarize sum(Count)");
    assert.match(await run(page), /^1 row in/);
    assert.equal(await page.locator("[role=gridcell]").first().textContent(), "12");
    assert.ok((await page.locator(".table-name").allTextContents()).includes("dropped"));
  });

  with_page("keeps tabs, texts and times over a reload", async (page) => {
    await write(page, "print first = 1");
    await page.locator("#now").fill("2024-01-02");
    await page.locator("#new-tab").click();
    await write(page, "print second = now()");
    await page.waitForTimeout(400);
    await page.reload();
    await page.waitForSelector("body[data-ready=true]");
    assert.equal(await page.locator(".cm-content").innerText(), "print second = now()");
    await run(page);
    assert.match(await page.locator("[role=gridcell]").first().textContent(), /^2024-01-02T00:00:00/);
    await page.getByRole("tab", { name: "Query 1" }).click();
    assert.equal(await page.locator(".cm-content").innerText(), "print first = 1");
    await page.locator("#history").click();
    await page.getByRole("dialog").getByText("print second = now()").waitFor();
  });

  with_page("puts the query into a link", async (page) => {
    const text = "print ä = '😀'\n| extend b = 2";
    await write(page, text);
    await page.locator("#link").click();
    await page.locator("#toast", { hasText: "Copied a link" }).waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    await page.evaluate(() => localStorage.clear());
    await page.goto("about:blank");
    await page.goto(link);
    await page.waitForSelector("body[data-ready=true]");
    assert.equal(await page.locator(".cm-content").innerText(), text);
  });

  with_page("formats", async (page) => {
    await write(page, "OfficeActivity|where Operation=='x'|count\n\nprint   1");
    await page.keyboard.press("Shift+Alt+F");
    await page.waitForFunction(() => document.querySelector(".cm-content").innerText.includes("\n| where"));
    const text = (await page.locator(".cm-line").allTextContents()).join("\n");
    assert.equal(text, "OfficeActivity\n| where Operation == 'x'\n| count\n\nprint 1");
  });

  with_page("explains a row that is missing, and covers conditions", async (page) => {
    await write(page, QUERY);
    await page.locator("#open-why").click();
    await page.locator("#why-condition").fill('FileName == "cmd.exe"');
    await page.locator("#why").getByRole("button", { name: "Why", exact: true }).click();
    await page.locator("#why article.lost .code", { hasText: "FileName in~" }).first().waitFor();
    await page.locator("#coverage").click();
    await page.locator("#why").getByText(/The data reaches \d+ of \d+ parts/).waitFor();
    assert.ok((await page.locator("#why tbody tr").count()) > 10);
  });

  with_page("exports a result", async (page) => {
    await write(page, "range n from 1 to 3 step 1");
    await run(page);
    const formats = await page.getByLabel("Format of the export").locator("option").allTextContents();
    assert.ok(formats.includes("csv") && formats.includes("parquet"));
    await page.getByLabel("Format of the export").selectOption("csv");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export" }).click()]);
    assert.equal(download.suggestedFilename(), "result.csv");
    assert.equal(readFileSync(await download.path(), "utf8").replaceAll("\r\n", "\n"), "n\n1\n2\n3\n");
  });

  with_page("cancels a run", async (page) => {
    await write(page, "range a from 1 to 1000000 step 1 | extend k = 1 | join kind=inner (range b from 1 to 1000000 step 1 | extend k = 1) on k | summarize count()");
    await page.keyboard.press("Shift+Enter");
    await page.waitForFunction(() => /Running, \d/.test(document.getElementById("status").textContent));
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator("#status", { hasText: "Cancelled" }).waitFor({ timeout: 5000 });
  });

  with_page("has light and dark colours with contrast", async (page) => {
    await write(page, "print a = 'x', b = 1 // why\n| where a has 'x' and strlen(a) > 0");
    await run(page);
    await page.locator(".kql-comment").waitFor();
    for (const theme of ["light", "dark"]) {
      await page.getByLabel("Theme").selectOption(theme);
      const low = await page.evaluate(lowContrast);
      assert.deepEqual(low, [], theme);
    }
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).colorScheme), "dark");
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  });

  with_page("follows the system's dark mode", async (page) => {
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(ground, "rgb(20, 23, 28)");
  }, { colorScheme: "dark" });

  with_page("has a name for every control", async (page) => {
    await write(page, "print a = 1 | render card");
    await run(page);
    await page.locator("#open-why").click();
    const nameless = await page.evaluate(() => [...document.querySelectorAll("button, input, select, textarea, [role=grid], [role=tablist], [role=separator]")]
      .filter((e) => !e.closest("[hidden], [aria-hidden=true]") && e.checkVisibility())
      .filter((e) => !(e.getAttribute("aria-label") || e.labels?.length || e.textContent.trim() || document.getElementById(e.getAttribute("aria-labelledby") ?? "")))
      .map((e) => e.outerHTML.slice(0, 120)));
    assert.deepEqual(nameless, []);
  });

  with_page("leads the keyboard through it in order", async (page) => {
    await page.locator("body").click({ position: { x: 5, y: 5 } });
    const seen = [];
    for (let i = 0; i < 24; i++) {
      await page.keyboard.press("Tab");
      seen.push(await page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.textContent));
    }
    const order = ["history", "link", "help", "theme", "add-file", "run", "format", "open-why", "now"];
    assert.deepEqual(seen.filter((id) => order.includes(id)).slice(0, order.length), order);
    assert.ok(seen.includes("splitter"), `the editor lets go of Tab: ${seen}`);
  });

  for (const width of [1440, 1000, 390]) {
    with_page(`fits ${width} pixels`, async (page) => {
      await write(page, QUERY);
      await run(page);
      await page.locator("[role=gridcell]").first().waitFor();
      const [inner, scroll] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
      assert.ok(scroll <= inner, `the page is ${scroll} wide`);
      if (process.env.SCREENSHOTS) {
        mkdirSync(process.env.SCREENSHOTS, { recursive: true });
        await page.screenshot({ path: join(process.env.SCREENSHOTS, `page-${width}.png`), fullPage: width < 600 });
      }
    }, { viewport: { width, height: width < 600 ? 844 : 900 }, hasTouch: width < 600 });
  }

  test("asks for the token of a server that has one", async (t) => {
    const path = join(folder(t), "token");
    writeFileSync(path, "a-secret-of-the-tests-0123456789", { mode: 0o600 });
    const guarded = await serve(join(PACKAGE, "data"), "--token-file", path);
    t.after(guarded.stop);
    const context = await chrome.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(guarded.address);
    await page.getByRole("textbox", { name: "Token" }).fill("wrong-wrong-wrong-wrong");
    await page.keyboard.press("Enter");
    await page.getByText("The server does not accept this token.").waitFor();
    await page.getByRole("textbox", { name: "Token" }).fill("a-secret-of-the-tests-0123456789");
    await page.keyboard.press("Enter");
    await page.waitForSelector("body[data-ready=true]");
    assert.deepEqual(await page.locator(".table-name").allTextContents(), ["DeviceProcessEvents", "OfficeActivity"]);
    assert.equal(await page.evaluate(() => Object.values(localStorage).join().includes("a-secret")), false);
  });
});

/** Runs in the page: texts whose contrast with what is behind them is below 4.5. */
function lowContrast() {
  const rgb = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility({ opacityProperty: true }) || element.closest("svg, :disabled, .toast, .skip, .offscreen, noscript")) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${element.tagName}.${element.className} ${element.textContent.slice(0, 20)}: ${ratio.toFixed(2)}`);
  }
  return found;
}
