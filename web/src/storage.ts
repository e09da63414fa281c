// What survives a reload: the tabs, the history, the theme.

export interface Tab { id: string; title: string; text: string; now: string }
export interface Run { text: string; at: string; rows: number; elapsed: number }

const MAX_RUNS = 100;

/** Private windows and full disks refuse; the page works without. */
function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // nothing is kept then
  }
}

function read<T>(key: string): T | null {
  try {
    const text = localStorage.getItem(key);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

export function loadTabs(): { tabs: Tab[]; active: string } | null {
  const saved = read<{ tabs: Tab[]; active: string }>("kql.tabs");
  if (!saved || !Array.isArray(saved.tabs)) return null;
  const tabs = saved.tabs.filter((tab) => tab && typeof tab.id === "string" && typeof tab.text === "string");
  return tabs.length ? { tabs: tabs.map((t) => ({ id: t.id, title: String(t.title), text: t.text, now: String(t.now ?? "") })), active: saved.active } : null;
}

export function saveTabs(tabs: Tab[], active: string): void {
  write("kql.tabs", { tabs, active });
}

export function runs(): Run[] {
  const saved = read<Run[]>("kql.history");
  return Array.isArray(saved) ? saved.filter((run) => run && typeof run.text === "string") : [];
}

/** Adds a run; the same text again moves to the front. */
export function addRun(run: Run): void {
  write("kql.history", [run, ...runs().filter((old) => old.text !== run.text)].slice(0, MAX_RUNS));
}

export function clearRuns(): void {
  write("kql.history", []);
}

export type Theme = "auto" | "light" | "dark";

export function theme(): Theme {
  const saved = read<Theme>("kql.theme");
  return saved === "light" || saved === "dark" ? saved : "auto";
}

export function saveTheme(theme: Theme): void {
  write("kql.theme", theme);
}
