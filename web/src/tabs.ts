// The tabs with queries.

import { h } from "./dom";
import { loadTabs, saveTabs, type Tab } from "./storage";

export class Tabs {
  private tabs: Tab[];
  private activeId: string;
  private timer = 0;

  constructor(private parent: HTMLElement, private shown: (tab: Tab) => void, private closed: (id: string) => void) {
    const saved = loadTabs();
    this.tabs = saved?.tabs ?? [fresh("Query 1")];
    this.activeId = this.tabs.some((tab) => tab.id === saved?.active) ? saved!.active : this.tabs[0]!.id;
    window.addEventListener("pagehide", () => this.save());
    this.parent.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  get active(): Tab {
    return this.tabs.find((tab) => tab.id === this.activeId) ?? this.tabs[0]!;
  }

  start(): void {
    this.shown(this.active);
  }

  /** The text or the time of the tab has changed. */
  change(change: Partial<Pick<Tab, "text" | "now">>): void {
    Object.assign(this.active, change);
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), 250);
  }

  /** Opens a text in a tab of its own, unless the shown tab is empty. */
  open(text: string, now = ""): void {
    if (this.active.text.trim() === "") Object.assign(this.active, { text, now });
    else {
      const numbers = this.tabs.map((tab) => Number(/^Query (\d+)$/.exec(tab.title)?.[1] ?? 0));
      this.tabs.push({ ...fresh(`Query ${Math.max(0, ...numbers) + 1}`), text, now });
      this.activeId = this.tabs.at(-1)!.id;
    }
    this.closed(this.activeId);
    this.update();
  }

  private update(): void {
    this.draw();
    this.save();
    this.shown(this.active);
  }

  private save(): void {
    saveTabs(this.tabs, this.activeId);
  }

  private close(tab: Tab): void {
    const at = this.tabs.indexOf(tab);
    this.tabs.splice(at, 1);
    if (this.tabs.length === 0) this.tabs.push(fresh("Query 1"));
    if (tab.id === this.activeId) this.activeId = this.tabs[Math.min(at, this.tabs.length - 1)]!.id;
    this.closed(tab.id);
    this.update();
    this.focus();
  }

  private activate(tab: Tab): void {
    this.activeId = tab.id;
    this.update();
  }

  private rename(tab: Tab, label: HTMLElement): void {
    const field = h("input", { class: "rename", "aria-label": "Name of the tab", value: tab.title });
    let done = false;
    const finish = (keep: boolean) => {
      if (done) return;
      done = true;
      if (keep && field.value.trim()) tab.title = field.value.trim();
      this.draw();
      this.save();
      this.focus();
    };
    field.addEventListener("blur", () => finish(true));
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") finish(true);
      if (event.key === "Escape") finish(false);
    });
    label.replaceWith(field);
    field.select();
  }

  private focus(): void {
    this.parent.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
  }

  private key(event: KeyboardEvent): void {
    const at = this.tabs.indexOf(this.active);
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = this.tabs[at + step];
    const label = this.parent.querySelector<HTMLElement>("[aria-selected=true]");
    if (step && next) {
      this.activate(next);
      this.focus();
    } else if (event.key === "F2" && label) this.rename(this.active, label);
    else if (event.key === "Delete" && event.target === label) this.close(this.active);
    else return;
    event.preventDefault();
  }

  private draw(): void {
    const items = this.tabs.map((tab) => {
      const selected = tab.id === this.activeId;
      const label = h("button", { type: "button", role: "tab", "aria-selected": selected, tabindex: selected ? 0 : -1, title: "F2 or a double click renames, Delete closes", onclick: () => selected || this.activate(tab), ondblclick: () => this.rename(tab, label) }, tab.title);
      const close = h("button", { type: "button", class: "quiet", tabindex: -1, "aria-label": `Close ${tab.title}`, onclick: () => this.close(tab) }, "✕");
      return h("span", { class: "tab", role: "presentation" }, label, close);
    });
    const list = h("div", { role: "tablist", "aria-label": "Queries" }, ...items);
    this.parent.replaceChildren(list, h("button", { type: "button", class: "quiet", id: "new-tab", "aria-label": "New query", title: "New query", onclick: () => this.add() }, "+"));
  }

  private add(): void {
    const numbers = this.tabs.map((tab) => Number(/^Query (\d+)$/.exec(tab.title)?.[1] ?? 0));
    this.tabs.push({ ...fresh(`Query ${Math.max(0, ...numbers) + 1}`), now: this.active.now });
    this.activeId = this.tabs.at(-1)!.id;
    this.update();
  }
}

function fresh(title: string): Tab {
  return { id: Math.random().toString(36).slice(2), title, text: "", now: "" };
}
