// Why a row is not in the result, and what the data reaches of the query's conditions.

import { ApiError, call, type Coverage, type TableInfo, type WhyRow } from "./api";
import { h } from "./dom";

export interface Target { text: string; now: string; from: number }

export class Why {
  private table = h("select", { "aria-label": "Table" }, h("option", { value: "" }, "the query's table"));
  private condition = h("input", { type: "text", id: "why-condition", placeholder: 'DeviceName == "PC-1"', autocomplete: "off", spellcheck: "false" });
  private answer = h("div", { class: "why-answer", "aria-live": "polite" });

  constructor(private parent: HTMLElement, private target: () => Promise<Target>, private select: (from: number, to: number) => void) {
    const form = h("form", {},
      h("label", { for: "why-condition" }, "Why is a row missing? Rows of"), this.table, h("span", {}, "where"), this.condition,
      h("button", { class: "primary" }, "Why"),
      h("button", { type: "button", id: "coverage", onclick: () => void this.coverage() }, "Coverage of conditions"),
      h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => (this.parent.hidden = true) }, "✕"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.why();
    });
    parent.append(form, this.answer);
  }

  async open(): Promise<void> {
    this.parent.hidden = false;
    this.condition.focus();
    const tables = await call<TableInfo[]>("tables");
    const chosen = this.table.value;
    this.table.replaceChildren(h("option", { value: "" }, "the query's table"), ...tables.filter((t) => t.kind !== "schema").map((t) => h("option", { value: t.name }, t.name)));
    this.table.value = chosen;
  }

  private async ask<T>(path: string, more: object, show: (answer: T, from: number) => HTMLElement[]): Promise<void> {
    this.answer.replaceChildren(h("p", { class: "hint" }, "Running…"));
    try {
      const { text, now, from } = await this.target();
      const answer = await call<T>(path, { text, ...(now ? { now } : {}), ...more });
      this.answer.replaceChildren(...show(answer, from));
    } catch (error) {
      this.answer.replaceChildren(h("p", { class: "warning" }, error instanceof ApiError ? error.failure.message : String(error)));
    }
  }

  private why(): Promise<void> {
    const table = this.table.value;
    return this.ask<{ selected: number; rows: WhyRow[] }>("why", { condition: this.condition.value, limit: 20, ...(table ? { table } : {}) }, ({ selected, rows }, from) => {
      const shown = rows.map((row) => this.row(row, from));
      if (selected > rows.length) shown.push(h("p", { class: "notice" }, `The condition selects ${selected} rows; these are the first ${rows.length}.`));
      return shown;
    });
  }

  private row(row: WhyRow, from: number): HTMLElement {
    const verdict = row.in_result ? "is in the result, or rows of it are made from it" : row.left_out_by.length ? "" : row.is_read ? "is read; no step shows where it was lost" : "is not read by the query";
    const losses = row.left_out_by.map((loss) => h("li", {},
      loss.unknown ? "gets as far as " : "left out by ", this.place(loss, from), loss.note ? `: ${loss.note}` : "",
      h("ul", {}, ...loss.arms.map((arm) => h("li", {}, this.place(arm, from), ` is ${arm.value === null ? "null" : arm.value}`,
        ...Object.entries(arm.operands).map(([name, value]) => h("span", { class: "operand" }, `${name} = ${value === "" ? '""' : value}`)))))));
    return h("article", { class: row.in_result ? "kept" : "lost" }, h("p", { class: "row-cells" }, h("strong", {}, row.table), ` ${row.row}`), verdict ? h("p", {}, verdict) : null, h("ul", {}, ...losses));
  }

  private place(part: { start: number; end: number; line: number; text: string }, from: number): HTMLElement {
    return h("button", { type: "button", class: "link code", title: `line ${part.line}`, onclick: () => this.select(from + part.start, from + part.end) }, part.text);
  }

  private coverage(): Promise<void> {
    return this.ask<Coverage>("coverage", {}, (coverage, from) => {
      const rows = coverage.units.map((unit) => h("tr", { class: unit.gap ? "gap" : "" },
        h("td", {}, String(unit.line)), h("td", {}, unit.kind), h("td", {}, this.place({ ...unit, text: unit.text.split("\n")[0]! }, from)),
        h("td", { class: "number" }, unit.yes.toLocaleString("en-US")), h("td", { class: "number" }, unit.kind === "condition" ? unit.no.toLocaleString("en-US") : ""), h("td", {}, unit.gap ?? "")));
      return [
        h("p", {}, `The data reaches ${coverage.reached} of ${coverage.all} parts of the query (${coverage.percent} %).`),
        h("div", { class: "table-wrap", tabindex: 0, role: "region", "aria-label": "Coverage" }, h("table", {},
          h("thead", {}, h("tr", {}, ...["line", "part", "text", "rows, or true", "false", ""].map((t) => h("th", { scope: "col" }, t)))), h("tbody", {}, ...rows))),
      ];
    });
  }
}
