// A cell in full: JSON as a tree that opens, other texts as they are.

import { copy, dialog, h } from "./dom";

/** Members of an object or array that are shown at first. */
const SHOWN = 200;

type Json = null | boolean | string | Exact | Json[] | { [name: string]: Json };

/** A number as it is written, which a browser would round. */
class Exact {
  constructor(readonly text: string) {}
}

/** The value of a cell that holds an object or array; null if it does not. */
function json(text: string): Json | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    const read = JSON.parse as (text: string, reviver: (key: string, value: unknown, context?: { source?: string }) => unknown) => Json;
    return read(text, (_, value, context) => (typeof value === "number" ? new Exact(context?.source ?? String(value)) : value));
  } catch {
    return null;
  }
}

/** Without reading it: whether a cell is worth opening as a tree. */
export function looksLikeJson(text: string): boolean {
  return (text.startsWith("{") && text.endsWith("}")) || (text.startsWith("[") && text.endsWith("]") && text.length > 2);
}

export function openCell(name: string, text: string): void {
  const value = json(text);
  const body = h("div", { class: "cell-view" });
  const show = (asTree: boolean) => {
    body.replaceChildren(asTree && value !== null ? h("ul", { class: "tree" }, node(null, value, true)) : h("pre", { tabindex: 0, "aria-label": name }, text));
  };
  show(true);
  const buttons = h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => void copy(text, "the cell") }, "Copy"));
  if (value !== null) {
    const toggle = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
      const raw = toggle.getAttribute("aria-pressed") === "false";
      toggle.setAttribute("aria-pressed", String(raw));
      show(!raw);
    } }, "As text");
    buttons.append(toggle);
  }
  dialog(name, h("div", {}, body, buttons), true);
}

function node(name: string | null, value: Json, open: boolean): HTMLElement {
  const label = name === null ? "" : h("span", { class: "tree-name" }, `${name}: `);
  if (value === null || typeof value !== "object" || value instanceof Exact) return h("li", {}, label || null, leaf(value));
  const members: [string, Json][] = Array.isArray(value) ? value.map((v, i) => [String(i), v]) : Object.entries(value);
  const size = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  const details = h("details", {}, h("summary", {}, label || null, h("span", { class: "tree-size" }, size)));
  const fill = (from: number) => {
    const list = details.querySelector("ul") ?? details.appendChild(h("ul", {}));
    list.querySelector(":scope > li.more")?.remove();
    for (const [key, member] of members.slice(from, from + SHOWN)) list.append(node(key, member, false));
    const rest = members.length - from - SHOWN;
    if (rest > 0) list.append(h("li", { class: "more" }, h("button", { type: "button", onclick: () => fill(from + SHOWN) }, `${rest} more`)));
  };
  // members are made when they are looked at
  details.addEventListener("toggle", () => {
    if (details.open && !details.querySelector("ul")) fill(0);
  });
  if (open) {
    details.open = true;
    fill(0);
  }
  return h("li", {}, details);
}

function leaf(value: null | boolean | string | Exact): HTMLElement {
  if (value instanceof Exact) return h("span", { class: "kql-number" }, value.text);
  if (typeof value === "string") return h("span", { class: "kql-text" }, JSON.stringify(value));
  return h("span", { class: "kql-word" }, String(value));
}
