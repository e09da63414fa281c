// A grid that draws only the cells in view, so that a million rows and hundreds of columns scroll.

import { announce, copy, counted, h } from "./dom";
import { columnMenu } from "./column_menu";
import { isNumber, type Rows, type View } from "./rows";
import { looksLikeJson, openCell } from "./tree";

const ROW = 26;
const HEAD = 32;
const NARROWEST = 64;
const WIDEST = 420;
/** Browsers end elements at some ten million pixels; beyond this, a pixel of the scroll bar stands for more than one. */
const TALLEST = 8_000_000;
/** Longer texts are cut in cells; the whole text opens on Enter. */
const MAX_TEXT = 300;
/** The most rows that are copied at once. */
const MAX_COPIED = 100_000;

export class Grid {
  readonly element: HTMLElement;
  private head = h("div", { class: "grid-head", role: "row", "aria-rowindex": 1 });
  private body = h("div", { class: "grid-body", role: "rowgroup" });
  private widths: number[] = [];
  private hidden = new Set<number>();
  private view: View = { sort: null, filter: "", filters: new Map() };
  private order: Uint32Array | null = null;
  private run = 0;
  private active = { row: 0, column: 0 };
  private anchor = 0;
  private frame = 0;
  private menu: HTMLElement | null = null;
  private measured = false;

  constructor(private rows: Rows, name: string, private changed: () => void) {
    this.element = h("div", { class: "grid", role: "grid", tabindex: 0, "aria-label": name, "aria-multiselectable": "true" }, this.head, this.body);
    this.element.addEventListener("scroll", () => this.later());
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("mousedown", (event) => this.press(event));
    this.body.addEventListener("dblclick", (event) => {
      if (this.at(event)) this.open();
    });
    new ResizeObserver(() => this.later()).observe(this.element);
    this.widths = rows.columns.map((column) => clamp(column.name.length * 8 + 44));
    this.refresh();
  }

  get count(): number {
    return this.order ? this.order.length : this.rows.length;
  }

  get hiddenColumns(): string[] {
    return [...this.hidden].map((i) => this.rows.columns[i]?.name ?? "");
  }

  /** Rows have arrived. */
  grown(): void {
    if (!this.measured && this.rows.length > 0) this.measure();
    if (this.view.sort || this.view.filter || this.view.filters.size) void this.reorder();
    else this.refresh();
  }

  filter(text: string): void {
    this.view.filter = text;
    void this.reorder();
  }

  showAll(): void {
    this.hidden.clear();
    this.refresh();
  }

  private column(i: number): string {
    return this.rows.columns[i]?.name ?? "";
  }

  private get shown(): number[] {
    return this.rows.columns.map((_, i) => i).filter((i) => !this.hidden.has(i));
  }

  private rowNumber(place: number): number {
    return this.order ? this.order[place]! : place;
  }

  /** As wide as the first rows. */
  private measure(): void {
    this.measured = true;
    const pen = document.createElement("canvas").getContext("2d");
    const style = getComputedStyle(this.element);
    // in a hidden tab the element has no font yet
    if (pen && style.fontSize) pen.font = `${style.fontSize} ${style.fontFamily}`;
    for (let row = 0; row < Math.min(this.rows.length, 60); row++) {
      this.rows.row(row).forEach((cell, i) => {
        const text = oneLine(cell ?? "");
        const width = clamp((pen?.measureText(text).width ?? text.length * 8) + 20);
        if (width > (this.widths[i] ?? 0)) this.widths[i] = width;
      });
    }
  }

  private async reorder(): Promise<void> {
    const run = ++this.run;
    this.element.setAttribute("aria-busy", "true");
    const order = await this.rows.order(this.view, () => run !== this.run);
    if (run !== this.run) return;
    this.element.removeAttribute("aria-busy");
    this.order = order;
    this.active.row = Math.min(this.active.row, Math.max(0, this.count - 1));
    this.anchor = this.active.row;
    this.refresh();
  }

  private refresh(): void {
    this.element.setAttribute("aria-rowcount", String(this.count + 1));
    this.element.setAttribute("aria-colcount", String(this.shown.length));
    this.drawHead();
    this.later();
    this.changed();
  }

  private get height(): number {
    return Math.min(this.count * ROW, TALLEST);
  }

  /** The first row in view, which may be a fraction. */
  private get top(): number {
    const room = this.element.clientHeight - HEAD;
    const scrollable = Math.max(1, this.height - room);
    return (Math.min(this.element.scrollTop, scrollable) / scrollable) * Math.max(0, this.count - room / ROW);
  }

  private later(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private lefts(): { lefts: number[]; width: number } {
    const lefts: number[] = [];
    let width = 0;
    for (const i of this.shown) {
      lefts.push(width);
      width += this.widths[i]!;
    }
    return { lefts, width };
  }

  private draw(): void {
    const { lefts, width } = this.lefts();
    const shown = this.shown;
    this.body.style.height = `${this.height}px`;
    this.body.style.width = this.head.style.width = `${width}px`;
    const room = this.element.clientHeight - HEAD;
    const top = this.top;
    const first = Math.max(0, Math.floor(top) - 4);
    const last = Math.min(this.count, Math.ceil(top + room / ROW) + 4);
    const [left, right] = [this.element.scrollLeft - 200, this.element.scrollLeft + this.element.clientWidth + 200];
    const offset = Math.min(this.element.scrollTop, Math.max(0, this.height - room)) - top * ROW;
    const drawn: HTMLElement[] = [];
    const [from, to] = this.range();
    for (let place = first; place < last; place++) {
      const cells = this.rows.row(this.rowNumber(place));
      const picked = place >= from && place <= to;
      const row = h("div", { class: `grid-row${place % 2 ? " odd" : ""}`, role: "row", "aria-rowindex": place + 2, "aria-selected": picked });
      row.style.transform = `translateY(${Math.round(offset + place * ROW)}px)`;
      shown.forEach((i, n) => {
        const isActive = place === this.active.row && n === this.active.column;
        if ((lefts[n]! > right || lefts[n]! + this.widths[i]! < left) && !isActive) return;
        const text = cells[i] ?? null;
        const type = this.rows.columns[i]!.type;
        const cell = h("div", { role: "gridcell", "aria-colindex": n + 1, "data-place": place, "data-column": n,
          class: `${isNumber(type) ? "number" : ""}${isActive ? " active" : ""}${text === null ? " null" : ""}`, ...(isActive ? { id: `${this.id}-active` } : {}) });
        cell.style.left = `${lefts[n]}px`;
        cell.style.width = `${this.widths[i]}px`;
        cell.textContent = text === null ? "" : oneLine(text);
        if (text !== null && looksLikeJson(text)) cell.classList.add("opens");
        row.append(cell);
      });
      drawn.push(row);
    }
    this.body.replaceChildren(...drawn);
    this.element.setAttribute("aria-activedescendant", `${this.id}-active`);
  }

  private readonly id = `grid-${Math.random().toString(36).slice(2)}`;

  private drawHead(): void {
    const { lefts } = this.lefts();
    const focused = this.head.contains(document.activeElement) ? document.activeElement?.getAttribute("data-column") : null;
    this.head.replaceChildren(...this.shown.map((i, n) => this.heading(i, n, lefts[n]!)));
    if (focused) this.head.querySelector<HTMLElement>(`[data-column="${focused}"]`)?.focus();
  }

  private heading(i: number, n: number, left: number): HTMLElement {
    const { sort } = this.view;
    const sorted = sort?.column === i ? (sort.descending ? "descending" : "ascending") : "none";
    const { name, type } = this.rows.columns[i]!;
    const filtered = Boolean(this.view.filters.get(i));
    const button = h("button", { type: "button", class: "column-button", "data-column": i, "aria-haspopup": "dialog", title: `${name}: ${type}`, onclick: () => this.openMenu(i, button) },
      h("span", { class: "column-name" }, name), h("span", { class: "column-type", "aria-hidden": "true" }, filtered ? "▼" : "", sorted === "ascending" ? "↑" : sorted === "descending" ? "↓" : ""));
    const grip = h("span", { class: "grip", "aria-hidden": "true", onpointerdown: (event: PointerEvent) => this.resize(event, i) });
    const cell = h("div", { role: "columnheader", "aria-sort": sorted, "aria-colindex": n + 1 }, button, grip);
    cell.style.left = `${left}px`;
    cell.style.width = `${this.widths[i]}px`;
    return cell;
  }

  private openMenu(i: number, button: HTMLElement): void {
    this.menu?.remove();
    this.menu = columnMenu(button, this.column(i), this.view.filters.get(i) ?? "", {
      sort: (descending) => {
        this.view.sort = descending === null ? null : { column: i, descending };
        void this.reorder();
      },
      filter: (text) => {
        if (text) this.view.filters.set(i, text);
        else this.view.filters.delete(i);
        void this.reorder();
      },
      hide: () => {
        this.hidden.add(i);
        this.active.column = 0;
        this.refresh();
        this.element.focus();
      },
      copy: () => {
        const places = Array.from({ length: Math.min(this.count, MAX_COPIED) }, (_, p) => this.rowNumber(p));
        void copy(this.rows.text(places, [i], true), counted(places.length, "value"));
      },
    });
  }

  private resize(event: PointerEvent, i: number): void {
    event.preventDefault();
    const grip = event.target as HTMLElement;
    const [x, width] = [event.clientX, this.widths[i]!];
    grip.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent) => {
      this.widths[i] = Math.max(NARROWEST, width + moved.clientX - x);
      this.later();
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", () => {
      grip.removeEventListener("pointermove", move);
      this.refresh();
    }, { once: true });
  }

  private range(): [number, number] {
    return [Math.min(this.anchor, this.active.row), Math.max(this.anchor, this.active.row)];
  }

  private at(event: MouseEvent): boolean {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[role=gridcell]");
    if (!cell) return false;
    this.active = { row: Number(cell.dataset["place"]), column: Number(cell.dataset["column"]) };
    return true;
  }

  private press(event: MouseEvent): void {
    if (event.button !== 0 || !this.at(event)) return;
    const opens = (event.target as HTMLElement).classList.contains("opens") && event.detail === 1 && event.altKey;
    if (!event.shiftKey) this.anchor = this.active.row;
    else event.preventDefault();
    this.later();
    if (opens) this.open();
  }

  private open(): void {
    const column = this.shown[this.active.column];
    if (column === undefined || this.count === 0) return;
    openCell(this.column(column), this.rows.row(this.rowNumber(this.active.row))[column] ?? "");
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.element) return;
    const page = Math.max(1, Math.floor((this.element.clientHeight - HEAD) / ROW) - 1);
    const { row, column } = this.active;
    const control = event.ctrlKey || event.metaKey;
    const moves: { [key: string]: [number, number] } = {
      ArrowDown: [row + 1, column], ArrowUp: [row - 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageDown: [row + page, column], PageUp: [row - page, column],
      Home: control ? [0, 0] : [row, 0], End: control ? [this.count - 1, this.shown.length - 1] : [row, this.shown.length - 1],
    };
    const move = moves[event.key];
    if (move) this.moveTo(move[0], move[1], event.shiftKey);
    else if (event.key === "Enter") this.open();
    else if (control && event.key === "c") void this.copy();
    else if (control && event.key === "a") {
      [this.anchor, this.active.row] = [0, Math.max(0, this.count - 1)];
      this.later();
    } else return;
    event.preventDefault();
  }

  private moveTo(row: number, column: number, extend: boolean): void {
    this.active = { row: Math.max(0, Math.min(row, this.count - 1)), column: Math.max(0, Math.min(column, this.shown.length - 1)) };
    if (!extend) this.anchor = this.active.row;
    const room = this.element.clientHeight - HEAD;
    const rows = Math.max(1, room / ROW);
    const top = this.top;
    const wanted = this.active.row < top ? this.active.row : this.active.row + 1 > top + rows ? this.active.row + 1 - rows : top;
    if (wanted !== top) this.element.scrollTop = (wanted / Math.max(1, this.count - rows)) * Math.max(0, this.height - room);
    const { lefts } = this.lefts();
    const [left, width] = [lefts[this.active.column] ?? 0, this.widths[this.shown[this.active.column] ?? 0] ?? 0];
    if (left < this.element.scrollLeft) this.element.scrollLeft = left;
    else if (left + width > this.element.scrollLeft + this.element.clientWidth) this.element.scrollLeft = left + width - this.element.clientWidth;
    this.later();
  }

  private async copy(): Promise<void> {
    const [from, to] = this.range();
    if (this.count === 0) return;
    if (from === to) {
      const column = this.shown[this.active.column];
      return copy(this.rows.row(this.rowNumber(from))[column ?? 0] ?? "", "the cell");
    }
    const end = Math.min(to, from + MAX_COPIED - 1);
    if (end < to) announce(`Only the first ${counted(MAX_COPIED, "row")} are copied; export has all`);
    const places = Array.from({ length: end - from + 1 }, (_, i) => this.rowNumber(from + i));
    await copy(this.rows.text(places, this.shown, true), counted(places.length, "row"));
  }
}

/** A text for a cell. */
function oneLine(text: string): string {
  const start = text.slice(0, MAX_TEXT);
  return (start.includes("\n") ? start.replaceAll(/\s*\n\s*/g, " ") : start) + (text.length > MAX_TEXT ? "…" : "");
}

function clamp(width: number): number {
  return Math.max(NARROWEST, Math.min(WIDEST, Math.ceil(width)));
}
