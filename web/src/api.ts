// The server's endpoints. Every request goes to the origin of the page.

import { askForToken, token } from "./token";

/** `text` is the name as a query writes it. */
export interface Column { name: string; type: string; text: string }
export interface Fix { title: string; start: number; end: number; text: string }
export interface Diagnostic {
  code: string; severity: "error" | "warning"; message: string;
  start: number; end: number; line: number; column: number; help?: string | null; fixes: Fix[];
}
export interface Session { version: string; now: string | null; profile: string; read_only: boolean; token_needed: boolean; formats: { name: string; about: string }[] }
export interface Colours { classes: [number, number, string][]; sections: [number, number][] }
export interface Completions { start: number; items: { text: string; kind: string; about: string }[] }
export interface Hover { start: number; end: number; title: string; text: string; page: string | null }
export interface TableInfo { name: string; text: string; kind: "data" | "schema" | "ingested"; columns?: Column[] }
export interface TableSample { name: string; text: string; kind: string; columns: Column[]; sample: (string | null)[][] }
export interface TableAbout { rows: number; recognised: string[]; notices: string[]; time: string | null; error: string | null }
export interface ColumnAbout { rows: number; filled: number; distinct: number; values: { value: string; count: number }[] }
export interface Added { table: string; text: string; rows: number; columns: Column[]; recognised: string[]; notices: string[] }
export interface WhyArm { start: number; end: number; line: number; text: string; value: boolean | null; operands: { [name: string]: string } }
export interface WhyLoss { start: number; end: number; line: number; text: string; arms: WhyArm[]; note: string | null; unknown: boolean }
export interface WhyRow { table: string; row: string; is_read: boolean; in_result: boolean; left_out_by: WhyLoss[] }
export interface Unit { kind: string; line: number; start: number; end: number; text: string; yes: number; no: number; gap: string | null }
export interface Coverage { reached: number; all: number; percent: number; units: Unit[] }

/** One line of the answer to a run. */
export type RunLine =
  | { table: { name: string; columns: Column[]; render: string | null } }
  | { count: number; rows: (string | null)[][] }
  | { chart: { svg?: string; error?: string; notes?: string[] } }
  | { void: true }
  | { end: { notices: string[]; elapsed_ms: number; rows: number; truncated: boolean } }
  | { error: Failure };

export interface Failure { message: string; diagnostics: Diagnostic[] }

/** What the server refuses, with the places in the query. */
export class ApiError extends Error {
  constructor(readonly failure: Failure) { super(failure.message); }
}

/** The server's answer; asks for a token once if it needs one. */
export async function request(path: string, body?: unknown, options: RequestInit = {}): Promise<Response> {
  for (;;) {
    const headers = new Headers(options.headers);
    const sent = token();
    if (sent) headers.set("Authorization", `Bearer ${sent}`);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const init: RequestInit = body === undefined ? { ...options, headers } : { method: "POST", body: JSON.stringify(body), ...options, headers };
    let response: Response;
    try {
      response = await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError({ message: "The server cannot be reached. Is kql serve still running?", diagnostics: [] });
    }
    if (response.status === 401 && (await askForToken(sent))) continue;
    if (!response.ok) throw new ApiError(await failure(response));
    return response;
  }
}

async function failure(response: Response): Promise<Failure> {
  const text = await response.text();
  try {
    const error = (JSON.parse(text) as { error: Failure }).error;
    if (typeof error.message === "string") return { message: error.message, diagnostics: error.diagnostics ?? [] };
  } catch {
    // not one of the page's endpoints
  }
  return { message: `The server answered ${response.status} ${response.statusText}`, diagnostics: [] };
}

export async function call<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await request(`api/${path}`, body, signal ? { signal } : {});
  return (await response.json()) as T;
}

/** The lines of an answer, as they arrive. */
export async function* lines(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let parts: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    let from = 0;
    for (let at = value.indexOf("\n"); at >= 0; at = value.indexOf("\n", from)) {
      parts.push(value.slice(from, at));
      yield parts.join("");
      parts = [];
      from = at + 1;
    }
    parts.push(value.slice(from));
  }
  const last = parts.join("");
  if (last) yield last;
}
