// The tables: their columns, samples and counts; files dropped on the page become tables.

import { ApiError, call, request, type Added, type ColumnAbout, type TableAbout, type TableInfo, type TableSample } from "./api";
import { announce, counted, dialog, h } from "./dom";

/** Known schemas are many: so many that match the filter are shown. */
const MAX_SCHEMAS = 60;

export class Sidebar {
  private tables: TableInfo[] = [];
  private list = h("ul", { class: "tables", "aria-label": "Tables" });
  private filter = h("input", { type: "search", placeholder: "Filter tables and columns", "aria-label": "Filter tables and columns", oninput: () => this.draw() });
  private open = new Set<string>();

  constructor(parent: HTMLElement, private insert: (text: string) => void, private changed: () => void) {
    const picker = h("input", { type: "file", multiple: true, class: "offscreen", tabindex: -1, "aria-hidden": "true", onchange: () => {
      void this.add([...(picker.files ?? [])]);
      picker.value = "";
    } });
    parent.append(
      h("div", { class: "side-head" }, h("h2", {}, "Tables"), h("button", { type: "button", id: "add-file", title: "Or drop files on the page", onclick: () => picker.click() }, "Add file…"), picker),
      this.filter, this.list,
    );
    this.drops();
  }

  async load(): Promise<void> {
    this.tables = await call<TableInfo[]>("tables");
    this.draw();
  }

  private draw(): void {
    const typed = this.filter.value.toLowerCase();
    const matches = (table: TableInfo) => table.name.toLowerCase().includes(typed) || (table.columns ?? []).some((c) => c.name.toLowerCase().includes(typed));
    const withData = this.tables.filter((t) => t.kind !== "schema");
    const schemas = this.tables.filter((t) => t.kind === "schema");
    const items: HTMLElement[] = withData.filter(matches).map((table) => this.item(table, typed));
    if (withData.length === 0) items.push(h("li", { class: "hint" }, "No table has data. Drop a file on this page: CSV, JSON, Parquet, EVTX and others."));
    if (typed) {
      const found = schemas.filter(matches);
      if (found.length) items.push(h("li", { class: "group" }, "Known schemas without data"));
      items.push(...found.slice(0, MAX_SCHEMAS).map((table) => this.item(table, typed)));
      if (found.length > MAX_SCHEMAS) items.push(h("li", { class: "hint" }, `and ${found.length - MAX_SCHEMAS} more`));
      if (items.length === 0) items.push(h("li", { class: "hint" }, "No table or column has this name."));
    } else if (schemas.length) {
      items.push(h("li", { class: "hint" }, `${counted(schemas.length, "table")} without data ${schemas.length === 1 ? "is" : "are"} known; type to find one.`));
    }
    this.list.replaceChildren(...items);
  }

  private item(table: TableInfo, typed: string): HTMLElement {
    const count = h("span", { class: "count" });
    const body = h("div", { class: "table-body" });
    const details = h("details", {}, h("summary", {}, h("span", { class: "table-name" }, table.name), count), body);
    if (table.kind === "ingested") count.textContent = "added";
    details.addEventListener("toggle", () => {
      if (!details.open) return void this.open.delete(table.name);
      this.open.add(table.name);
      if (!body.firstChild) void this.fill(table, body, count, typed);
    });
    if (this.open.has(table.name)) details.open = true;
    return h("li", {}, details);
  }

  private async fill(table: TableInfo, body: HTMLElement, count: HTMLElement, typed: string): Promise<void> {
    body.replaceChildren(h("p", { class: "hint" }, "Reading…"));
    try {
      const found = await call<TableSample>("table", { name: table.name });
      const columns = h("ul", { class: "columns", "aria-label": `Columns of ${table.name}` });
      for (const column of found.columns) {
        const hit = typed !== "" && column.name.toLowerCase().includes(typed);
        columns.append(h("li", { class: hit ? "hit" : "" },
          h("button", { type: "button", class: "link", title: "Insert the name at the cursor", onclick: () => this.insert(column.text) }, ...words(column.name)),
          h("span", { class: "type" }, column.type),
          table.kind === "schema" ? null : h("button", { type: "button", class: "quiet", "aria-label": `Values of ${column.name}`, onclick: () => void this.values(table.name, column.name) }, "…")));
      }
      const buttons = h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => this.insert(table.text) }, "Insert"));
      if (table.kind !== "schema") {
        buttons.append(h("button", { type: "button", onclick: () => this.sample(found) }, "Sample"));
        buttons.append(h("button", { type: "button", onclick: () => void this.about(table.name, count) }, "Count rows"));
      }
      body.replaceChildren(buttons, columns);
    } catch (error) {
      body.replaceChildren(h("p", { class: "warning" }, message(error)));
    }
  }

  private sample(found: TableSample): void {
    const rows = found.sample.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell ?? ""))));
    const head = h("tr", {}, ...found.columns.map((c) => h("th", { scope: "col" }, c.name)));
    const table = h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows));
    dialog(`${found.name}: ${counted(rows.length, "row")}`, h("div", { class: "table-wrap", tabindex: 0, role: "region", "aria-label": "Sample" }, table), true);
  }

  private async about(name: string, count: HTMLElement): Promise<void> {
    count.textContent = "…";
    try {
      const about = await call<TableAbout>("describe", { name });
      count.textContent = about.rows.toLocaleString("en-US");
      const lines = [counted(about.rows, "row"), ...(about.time ? [about.time] : []), ...about.recognised, ...about.notices, ...(about.error ? [about.error] : [])];
      dialog(name, h("ul", { class: "plain" }, ...lines.map((line) => h("li", {}, line))));
    } catch (error) {
      count.textContent = "";
      announce(message(error));
    }
  }

  private async values(table: string, column: string): Promise<void> {
    try {
      const about = await call<ColumnAbout>("column", { table, column });
      const rows = about.values.map(({ value, count }) => h("tr", {}, h("td", {}, value === "" ? "(empty)" : value), h("td", { class: "number" }, count.toLocaleString("en-US"))));
      const share = about.rows ? Math.round((about.filled / about.rows) * 100) : 0;
      dialog(`${table}.${column}`, h("div", { class: "table-wrap", tabindex: 0, role: "region", "aria-label": "Values" },
        h("p", {}, `${counted(about.rows, "row")}, ${share} % filled, about ${counted(about.distinct, "value")}`),
        h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "most frequent"), h("th", { scope: "col" }, "rows"))), h("tbody", {}, ...rows))));
    } catch (error) {
      announce(message(error));
    }
  }

  private drops(): void {
    let depth = 0;
    const files = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (on: boolean) => document.body.classList.toggle("dropping", on);
    window.addEventListener("dragenter", (event) => files(event) && (event.preventDefault(), depth++, over(true)));
    window.addEventListener("dragleave", (event) => files(event) && --depth <= 0 && ((depth = 0), over(false)));
    window.addEventListener("dragover", (event) => files(event) && event.preventDefault());
    window.addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      depth = 0;
      over(false);
      void this.add([...(event.dataTransfer?.files ?? [])]);
    }, true);
  }

  private async add(files: File[]): Promise<void> {
    const told: HTMLElement[] = [];
    for (const file of files) {
      announce(`Reading ${file.name}`);
      try {
        const response = await request(`api/file?name=${encodeURIComponent(file.name)}`, undefined, { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } });
        const added = (await response.json()) as Added;
        this.open.add(added.table);
        const lines = [`${counted(added.rows, "row")}, ${counted(added.columns.length, "column")}`, ...added.recognised, ...added.notices];
        told.push(h("section", {}, h("h3", {}, `${file.name} is the table ${added.table}`), h("ul", { class: "plain" }, ...lines.map((line) => h("li", {}, line))),
          h("button", { type: "button", onclick: (event: Event) => {
            (event.target as HTMLElement).closest("dialog")?.close();
            this.insert(added.text);
          } }, `Insert ${added.table}`)));
      } catch (error) {
        told.push(h("section", {}, h("h3", {}, file.name), h("p", { class: "warning" }, message(error))));
      }
    }
    if (told.length === 0) return;
    await this.load().catch(() => undefined);
    this.changed();
    dialog(files.length === 1 ? "File added" : "Files added", h("div", {}, ...told));
  }
}

function message(error: unknown): string {
  return error instanceof ApiError ? error.failure.message : String(error);
}

/** A name that can break where a word in it begins. */
function words(name: string): (Node | string)[] {
  return name.split(/(?<=[\p{Ll}\d_])(?=\p{Lu})/u).flatMap((word, i) => (i ? [document.createElement("wbr"), word] : [word]));
}
