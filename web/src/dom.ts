// Makes elements without a framework.

type Props = { [name: string]: string | number | boolean | undefined | ((event: never) => void) };

/** An element; `on…` properties are listeners, others attributes. Texts are never parsed as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: (Node | string | null | undefined)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2).toLowerCase(), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

/** The element with this id, which the page has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element ${id}`);
  return element as T;
}

/** Tells a screen reader, and shows for a moment. */
export function announce(text: string): void {
  const live = byId("toast");
  live.textContent = text;
  live.classList.add("shown");
  window.clearTimeout(Number(live.dataset["timer"] ?? 0));
  live.dataset["timer"] = String(window.setTimeout(() => live.classList.remove("shown"), 3500));
}

/** A modal dialog with a heading and a button that closes it; it removes itself. */
export function dialog(title: string, body: Node, wide = false): HTMLDialogElement {
  const heading = `dialog-${Math.random().toString(36).slice(2)}`;
  const element = h(
    "dialog",
    { "aria-labelledby": heading, class: wide ? "wide" : "" },
    h("header", {}, h("h2", { id: heading }, title), h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => element.close() }, "✕")),
    body,
  );
  element.addEventListener("close", () => element.remove());
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  document.body.append(element);
  element.showModal();
  return element;
}

/** A number with separators for thousands, and its noun. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied ${what}`);
  } catch {
    // without HTTPS or localhost browsers have no clipboard for pages
    const area = h("textarea", { class: "offscreen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    announce(done ? `Copied ${what}` : "The browser does not let this page copy");
  }
}
