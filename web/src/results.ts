// The results of a run: a tab for each, with its rows, its chart, and what to do with it.

import { request, type Column, type Diagnostic, type Failure, type Session } from "./api";
import { chart } from "./chart";
import { counted, h } from "./dom";
import { Grid } from "./grid";
import { Rows } from "./rows";

/** While rows arrive, the grid is drawn again after so many milliseconds. */
const EVERY = 200;

interface Result { name: string; rows: Rows; grid: Grid; panel: HTMLElement; tab: HTMLElement; count: HTMLElement; hidden: HTMLElement; chart: HTMLElement; switcher: HTMLElement }

export interface Asked { text: string; now: string; from: number }

export class Results {
  private results: Result[] = [];
  private tabs = h("div", { class: "result-tabs", role: "tablist", "aria-label": "Results" });
  private panels = h("div", { class: "result-panels" });
  private notes = h("div", { class: "notes" });
  private due = 0;
  private asked: Asked = { text: "", now: "", from: 0 };

  constructor(private parent: HTMLElement, private session: () => Session | null, private select: (from: number, to: number) => void) {
    this.parent.replaceChildren(h("p", { class: "hint" }, "Run a query to see its result here."));
    this.tabs.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      const at = this.results.findIndex((r) => r.tab.getAttribute("aria-selected") === "true");
      const next = this.results[at + step];
      if (step && next) this.activate(next, true);
    });
  }

  /** A run begins, or is done again. */
  begin(asked: Asked): void {
    this.asked = asked;
    this.results = [];
    this.tabs.replaceChildren();
    this.panels.replaceChildren();
    this.notes.replaceChildren();
    this.parent.replaceChildren(this.notes, this.tabs, this.panels);
  }

  get current(): Result | undefined {
    return this.results.at(-1);
  }

  table(name: string, columns: Column[], render: string | null): void {
    const n = this.results.length;
    const title = name.startsWith("PrimaryResult") ? `Result ${n + 1}` : name;
    const rows = new Rows(columns);
    const count = h("span", { class: "count" }, "0 rows");
    const hidden = h("span", {});
    let result: Result | undefined = undefined;
    const grid = new Grid(rows, title, () => this.counts(result));
    const tab = h("button", { type: "button", role: "tab", id: `result-tab-${n}`, "aria-controls": `result-${n}`, onclick: () => result && this.activate(result, false) }, title, " ", h("small", {}, ""));
    const filter = h("input", { type: "search", class: "row-filter", placeholder: "Filter rows", "aria-label": `Filter the rows of ${title}`, oninput: () => grid.filter(filter.value) });
    const formats = h("select", { "aria-label": "Format of the export" }, ...(this.session()?.formats ?? []).map((f) => h("option", { value: f.name, title: f.about, selected: f.name === "csv" }, f.name)));
    const save = h("button", { type: "button", onclick: () => void this.save(n, formats.value, save) }, "Export");
    const switcher = h("div", { class: "switch", role: "group", "aria-label": "View", hidden: true });
    const drawing = h("div", { class: "drawing", hidden: true });
    const panel = h("section", { class: "result", role: "tabpanel", id: `result-${n}`, "aria-labelledby": `result-tab-${n}` },
      h("div", { class: "result-bar" }, switcher, count, hidden, filter, h("span", { class: "spacer" }), formats, save), drawing, grid.element);
    result = { name: title, rows, grid, panel, tab, count, hidden, chart: drawing, switcher };
    this.results.push(result);
    this.tabs.append(tab);
    this.panels.append(panel);
    if (render && render !== "table") this.switches(result);
    this.activate(this.results[0]!, false);
    grid.grown();
  }

  rows(line: string, count: number): void {
    const result = this.current;
    if (!result) return;
    result.rows.add(line, count);
    if (performance.now() >= this.due) this.draw();
  }

  private draw(): void {
    this.due = performance.now() + EVERY;
    this.current?.grid.grown();
  }

  chart(svg: string | undefined, error: string | undefined, notes: string[]): void {
    const result = this.current;
    if (!result) return;
    if (svg) {
      result.chart.replaceChildren(chart(svg, `Chart of ${result.name}`));
      this.show(result, true);
    } else {
      result.switcher.hidden = true;
      this.note("warning", error ?? "The chart cannot be drawn.");
    }
    notes.forEach((note) => this.note("notice", note));
  }

  end(notices: string[], truncated: boolean): void {
    for (const result of this.results) result.grid.grown();
    notices.forEach((notice) => this.note("notice", notice));
    if (truncated) this.note("warning", "The result has more rows than the page shows; export it, or add a filter.");
    if (this.results.length === 0) this.parent.replaceChildren(this.notes, h("p", { class: "hint" }, "The query has no result."));
  }

  failed(failure: Failure): void {
    for (const result of this.results) result.grid.grown();
    const errors = failure.diagnostics.filter((d) => d.severity === "error");
    const list = errors.length ? errors.map((d) => this.finding(d)) : [h("p", {}, failure.message)];
    this.notes.prepend(h("div", { class: "failure", role: "alert" }, h("strong", {}, "The query failed"), ...list));
    if (this.results.length === 0) this.parent.replaceChildren(this.notes);
  }

  private finding(d: Diagnostic): HTMLElement {
    const { from } = this.asked;
    return h("p", {}, h("button", { type: "button", class: "link", onclick: () => this.select(from + d.start, from + d.end) }, `line ${d.line}`), ` ${d.code}: ${d.message}`, d.help ? ` (${d.help})` : "");
  }

  private note(kind: "notice" | "warning", text: string): void {
    this.notes.append(h("p", { class: kind, role: "status" }, text));
  }

  private counts(result: Result | undefined): void {
    if (!result) return;
    const [shown, all] = [result.grid.count, result.rows.length];
    result.count.textContent = shown === all ? counted(all, "row") : `${shown.toLocaleString("en-US")} of ${counted(all, "row")}`;
    result.tab.querySelector("small")!.textContent = all.toLocaleString("en-US");
    const hidden = result.grid.hiddenColumns;
    result.hidden.replaceChildren(...(hidden.length ? [h("button", { type: "button", class: "link", title: hidden.join(", "), onclick: () => result.grid.showAll() }, `Show ${counted(hidden.length, "hidden column")}`)] : []));
  }

  private activate(result: Result, focus: boolean): void {
    for (const other of this.results) {
      const on = other === result;
      other.tab.setAttribute("aria-selected", String(on));
      other.tab.tabIndex = on ? 0 : -1;
      other.panel.hidden = !on;
    }
    if (focus) result.tab.focus();
    result.grid.grown();
  }

  private switches(result: Result): void {
    const button = (text: string, isChart: boolean) => h("button", { type: "button", "aria-pressed": String(!isChart), onclick: () => this.show(result, isChart) }, text);
    result.switcher.replaceChildren(button("Chart", true), button("Rows", false));
    result.switcher.hidden = false;
  }

  private show(result: Result, isChart: boolean): void {
    const [chartButton, rowsButton] = [...result.switcher.children];
    chartButton?.setAttribute("aria-pressed", String(isChart));
    rowsButton?.setAttribute("aria-pressed", String(!isChart));
    result.chart.hidden = !isChart;
    result.grid.element.hidden = isChart;
    if (!isChart) result.grid.grown();
  }

  /** The server runs the query again and writes the whole result. */
  private async save(result: number, format: string, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      const { text, now } = this.asked;
      const response = await request("api/export", { text, format, result, ...(now ? { now } : {}) });
      const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? `result.${format}`;
      const url = URL.createObjectURL(await response.blob());
      h("a", { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      this.note("warning", error instanceof Error ? error.message : String(error));
    } finally {
      button.disabled = false;
    }
  }
}
