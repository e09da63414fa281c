// The rows of a result. A million of them stay the text that arrived; only what is looked at is parsed.

import type { Column } from "./api";

export type Cell = string | null;

interface Batch { line: string; start: number; count: number }

/** Parsed batches that are kept. */
const KEPT = 64;
/** After so many milliseconds of work the page draws and listens. */
const SLICE = 24;

const NUMBERS = new Set(["int", "long", "real", "decimal"]);

export interface View { sort: { column: number; descending: boolean } | null; filter: string; filters: Map<number, string> }

export class Rows {
  private batches: Batch[] = [];
  private parsed = new Map<Batch, Cell[][]>();
  length = 0;

  constructor(readonly columns: Column[]) {}

  /** Adds a line of the answer that has this number of rows. */
  add(line: string, count: number): void {
    if (count === 0) return;
    this.batches.push({ line, start: this.length, count });
    this.length += count;
  }

  row(index: number): Cell[] {
    let low = 0;
    let high = this.batches.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.batches[middle]!.start <= index) low = middle;
      else high = middle - 1;
    }
    const batch = this.batches[low];
    return (batch && this.open(batch)[index - batch.start]) ?? [];
  }

  private open(batch: Batch): Cell[][] {
    let rows = this.parsed.get(batch);
    if (rows) {
      this.parsed.delete(batch);
    } else {
      rows = parse(batch.line);
      const oldest = this.parsed.keys().next();
      if (this.parsed.size >= KEPT && !oldest.done) this.parsed.delete(oldest.value);
    }
    this.parsed.set(batch, rows);
    return rows;
  }

  /** The numbers of the rows that a view shows, in its order; null for all as they came. Stops when `stopped` says so. */
  async order(view: View, stopped: () => boolean): Promise<Uint32Array | null> {
    const filter = view.filter.toLowerCase();
    const filters = [...view.filters].filter(([, text]) => text !== "").map(([column, text]) => [column, text.toLowerCase()] as const);
    if (!filter && filters.length === 0 && !view.sort) return null;
    const kept = new Uint32Array(this.length);
    const keys: (Cell | number)[] = [];
    const key = view.sort ? keyOf(this.columns[view.sort.column]?.type ?? "string") : null;
    let count = 0;
    let begun = performance.now();
    for (const batch of this.batches) {
      const rows = this.parsed.get(batch) ?? parse(batch.line);
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        if (filter && !row.some((cell) => cell !== null && cell.toLowerCase().includes(filter))) continue;
        if (!filters.every(([column, text]) => (row[column] ?? "").toLowerCase().includes(text))) continue;
        if (key) keys.push(key(row[view.sort!.column] ?? null));
        kept[count++] = batch.start + i;
      }
      if (performance.now() - begun > SLICE) {
        await new Promise((resolve) => setTimeout(resolve));
        if (stopped()) return null;
        begun = performance.now();
      }
    }
    const numbers = kept.slice(0, count);
    if (!view.sort) return numbers;
    const sign = view.sort.descending ? -1 : 1;
    const places = new Uint32Array(count).map((_, i) => i);
    // empty cells come last in either direction; rows with the same key stay in their order
    places.sort((a, b) => compare(keys[a]!, keys[b]!, sign) || a - b);
    return places.map((place) => numbers[place]!);
  }

  /** Rows as lines with tabs between the cells, as spreadsheets read them. */
  text(rows: Iterable<number>, columns: number[], header: boolean): string {
    const cell = (text: Cell) => (text === null ? "" : /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const lines: string[] = header ? [columns.map((c) => cell(this.columns[c]?.name ?? "")).join("\t")] : [];
    for (const index of rows) {
      const row = this.row(index);
      lines.push(columns.map((c) => cell(row[c] ?? null)).join("\t"));
    }
    return lines.join("\n");
  }
}

function parse(line: string): Cell[][] {
  return (JSON.parse(line) as { rows: Cell[][] }).rows;
}

function compare(a: Cell | number, b: Cell | number, sign: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a < b ? -sign : a > b ? sign : 0;
}

export function isNumber(type: string): boolean {
  return NUMBERS.has(type);
}

/** What a cell is sorted by. Cells are texts as the engine shows them. */
function keyOf(type: string): (cell: Cell) => Cell | number {
  if (isNumber(type)) return (cell) => (cell === null || Number.isNaN(Number(cell)) ? null : Number(cell));
  // a fraction of a second comes before the Z
  if (type === "datetime") return (cell) => (cell === null ? null : cell.replace(/Z$/, ""));
  if (type === "timespan") return ticks;
  return (cell) => (cell === null || cell === "" ? null : cell.toLowerCase());
}

/** `-1.02:03:04.5` in seconds. */
function ticks(cell: Cell): number | null {
  const parts = cell === null ? null : /^(-)?(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(cell);
  if (!parts) return null;
  const [, minus, days, hours, minutes, seconds] = parts;
  const all = Number(days ?? 0) * 86400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return minus ? -all : all;
}
