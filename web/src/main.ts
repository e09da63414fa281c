// The page: wires the parts together.

import { ApiError, call, lines, request, type Colours, type RunLine, type Session } from "./api";
import { announce, byId, copy, counted, dialog, h } from "./dom";
import { Editor } from "./editor";
import { fromFragment, toFragment } from "./link";
import { Results, type Asked } from "./results";
import { Sidebar } from "./sidebar";
import { addRun, clearRuns, runs, saveTheme, theme, type Theme } from "./storage";
import { Tabs } from "./tabs";
import { Why } from "./why";

let session: Session | null = null;
let running: { id: string; stop: AbortController } | null = null;

const runButton = byId<HTMLButtonElement>("run");
const cancelButton = byId<HTMLButtonElement>("cancel");
const status = byId("status");
const now = byId<HTMLInputElement>("now");

const editor = new Editor(byId("editor"), { run, format: () => void attempt(() => editor.format()), cancel }, (text) => tabs.change({ text }));
const results = new Results(byId("results"), () => session, (from, to) => editor.select(from, to));
const sidebar = new Sidebar(byId("sidebar"), (text) => editor.insert(text), () => editor.recheck());
const why = new Why(byId("why"), asked, (from, to) => editor.select(from, to));
const tabs = new Tabs(byId("tabs"), (tab) => {
  editor.show(tab.id, tab.text);
  now.value = tab.now;
}, (id) => editor.forget(id));

/** What runs: the selection, or the query at the cursor. The server knows where queries begin and end. */
async function asked(): Promise<Asked> {
  const selected = editor.selection();
  const time = now.value.trim();
  if (selected.text.trim()) return { text: selected.text, now: time, from: selected.from };
  const text = editor.text;
  const { sections } = await call<Colours>("colours", { text });
  const at = editor.cursor;
  const begun = sections.filter(([start]) => start <= at);
  const [from, to] = begun.at(-1) ?? sections[0] ?? [0, text.length];
  return { text: text.slice(from, to), now: time, from };
}

function run(): void {
  if (running) return;
  void attempt(async () => {
    const job = (running = { id: crypto.randomUUID?.() ?? Math.random().toString(36).slice(2), stop: new AbortController() });
    busy(true);
    const begun = performance.now();
    const clock = window.setInterval(() => (status.textContent = `Running, ${((performance.now() - begun) / 1000).toFixed(1)} s`), 100);
    try {
      const question = await asked();
      results.begin(question);
      const response = await request("api/run", { text: question.text, id: job.id, ...(question.now ? { now: question.now } : {}) }, { signal: job.stop.signal });
      for await (const line of lines(response)) read(line, question);
    } catch (error) {
      if (job.stop.signal.aborted) status.textContent = "Cancelled";
      else if (error instanceof ApiError) {
        results.failed(error.failure);
        status.textContent = "Failed";
      } else throw error;
    } finally {
      window.clearInterval(clock);
      running = null;
      busy(false);
    }
  });
}

function busy(on: boolean): void {
  runButton.disabled = on;
  cancelButton.disabled = !on;
  byId("results").setAttribute("aria-busy", String(on));
}

/** Rows are most of an answer: they are kept as they came. */
function read(line: string, question: Asked): void {
  const rows = /^\{"count":(\d+),/.exec(line);
  if (rows) return results.rows(line, Number(rows[1]));
  const part = JSON.parse(line) as RunLine;
  if ("table" in part) results.table(part.table.name, part.table.columns, part.table.render);
  else if ("chart" in part) results.chart(part.chart.svg, part.chart.error, part.chart.notes ?? []);
  else if ("void" in part) results.begin(question);
  else if ("error" in part) {
    results.failed(part.error);
    status.textContent = "Failed";
  } else if ("end" in part) {
    const { notices, elapsed_ms, rows: count, truncated } = part.end;
    results.end(notices, truncated);
    status.textContent = `${counted(count, "row")} in ${elapsed_ms < 1000 ? `${Math.round(elapsed_ms)} ms` : `${(elapsed_ms / 1000).toFixed(2)} s`}`;
    addRun({ text: question.text, at: new Date().toISOString(), rows: count, elapsed: elapsed_ms });
  }
}

function cancel(): void {
  if (!running) return;
  const { id, stop } = running;
  void call("cancel", { id }).catch(() => undefined);
  stop.abort();
}

/** Shows what fails instead of the result. */
async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof ApiError)) console.error(error);
    const failure = error instanceof ApiError ? error.failure : { message: String(error), diagnostics: [] };
    status.textContent = "Failed";
    if (error instanceof ApiError && failure.diagnostics.length) announce(`${failure.diagnostics[0]!.code}: ${failure.diagnostics[0]!.message}`);
    else {
      results.begin({ text: "", now: "", from: 0 });
      results.failed(failure);
    }
  }
}

function applyTheme(chosen: Theme): void {
  document.documentElement.dataset["theme"] = chosen;
  byId<HTMLSelectElement>("theme").value = chosen;
}

function showHistory(): void {
  const list = h("ul", { class: "history" });
  for (const past of runs()) {
    const button = h("button", { type: "button", onclick: () => (shown.close(), tabs.open(past.text)) }, h("code", {}, past.text.slice(0, 400)));
    list.append(h("li", {}, button, h("small", {}, `${new Date(past.at).toLocaleString()}, ${counted(past.rows, "row")}`)));
  }
  const body = list.firstChild ? h("div", {}, list, h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => (clearRuns(), shown.close()) }, "Clear"))) : h("p", {}, "No query has run yet.");
  const shown = dialog("History", body, true);
}

const KEYS: [string, string][] = [
  ["Shift+Enter", "run the selection, or the query at the cursor"], ["Shift+Alt+F", "format"], ["Ctrl+Space", "completions"], ["Tab", "take the completion; else to the next control"],
  ["Ctrl+Shift+M", "list of diagnostics"], ["F8", "next diagnostic"], ["Ctrl+F", "find"], ["Ctrl+/", "comment"],
  ["Arrows, Page Up, Ctrl+End", "in the grid: move"], ["Shift+Arrows", "in the grid: select rows"], ["Ctrl+C", "in the grid: copy the cell or the rows"], ["Enter", "in the grid: open the cell"],
];

function showHelp(): void {
  const rows = KEYS.map(([key, what]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, what)));
  dialog("Keys", h("div", {}, h("table", {}, h("tbody", {}, ...rows)), h("p", {}, `kql ${session?.version ?? ""}, schemas: ${session?.profile ?? ""}`)));
}

async function link(): Promise<void> {
  const time = now.value.trim();
  const fragment = await toFragment({ text: editor.text, ...(time ? { now: time } : {}) });
  await copy(`${location.origin}${location.pathname}${fragment}`, "a link that holds the query");
}

async function openLink(): Promise<void> {
  const linked = await fromFragment(location.hash);
  if (!linked) return;
  history.replaceState(null, "", location.pathname);
  if (linked.text !== tabs.active.text) tabs.open(linked.text, linked.now ?? "");
}

/** The line between the editor and the results. */
function splitter(): void {
  const bar = byId("splitter");
  const pane = byId("editor-pane");
  const set = (height: number) => {
    const most = Math.max(120, window.innerHeight - 260);
    const wanted = Math.round(Math.max(80, Math.min(most, height)));
    pane.style.height = `${wanted}px`;
    bar.setAttribute("aria-valuenow", String(wanted));
  };
  bar.addEventListener("pointerdown", (event) => {
    const [y, height] = [event.clientY, pane.offsetHeight];
    bar.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent) => set(height + moved.clientY - y);
    bar.addEventListener("pointermove", move);
    bar.addEventListener("pointerup", () => bar.removeEventListener("pointermove", move), { once: true });
  });
  bar.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    set(pane.offsetHeight + (event.key === "ArrowDown" ? 24 : -24));
  });
}

runButton.addEventListener("click", run);
cancelButton.addEventListener("click", cancel);
byId("format").addEventListener("click", () => void attempt(() => editor.format()));
byId("open-why").addEventListener("click", () => void attempt(() => why.open()));
byId("history").addEventListener("click", showHistory);
byId("help").addEventListener("click", showHelp);
byId("link").addEventListener("click", () => void attempt(link));
byId("toggle-side").addEventListener("click", () => {
  const open = document.body.classList.toggle("side-open");
  byId("toggle-side").setAttribute("aria-expanded", String(open));
});
now.addEventListener("input", () => tabs.change({ now: now.value }));
byId<HTMLSelectElement>("theme").addEventListener("change", (event) => {
  const chosen = (event.target as HTMLSelectElement).value as Theme;
  saveTheme(chosen);
  applyTheme(chosen);
});
window.addEventListener("hashchange", () => void openLink());
window.addEventListener("keydown", (event) => {
  // outside of the editor, which has keys of its own
  if (event.key === "Enter" && event.shiftKey && !(event.target as Element).closest(".cm-editor, dialog, form")) {
    event.preventDefault();
    run();
  }
});

applyTheme(theme());
tabs.start();
splitter();
busy(false);
void attempt(async () => {
  await openLink();
  session = await call<Session>("session");
  if (session.now) now.placeholder = session.now;
  if (session.read_only) byId("add-file").hidden = true;
  await sidebar.load();
  editor.recheck();
  document.body.dataset["ready"] = "true";
});
