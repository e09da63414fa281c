// What a click on the heading of a column offers.

import { h } from "./dom";

export interface Choices {
  /** null: as the rows came. */
  sort(descending: boolean | null): void;
  filter(text: string): void;
  hide(): void;
  copy(): void;
}

export function columnMenu(button: HTMLElement, name: string, filter: string, choices: Choices): HTMLElement {
  const close = (refocus: boolean) => {
    document.removeEventListener("pointerdown", outside, true);
    menu.remove();
    if (refocus) button.focus();
  };
  const outside = (event: Event) => {
    if (!menu.contains(event.target as Node)) close(false);
  };
  const choice = (text: string, action: () => void) =>
    h("button", { type: "button", onclick: () => (close(true), action()) }, text);
  const field = h("input", { type: "search", "aria-label": `Rows whose ${name} contains`, placeholder: "contains…", value: filter, oninput: () => choices.filter(field.value) });
  const menu = h(
    "div",
    { class: "menu", role: "dialog", "aria-label": `Column ${name}` },
    h("strong", {}, name), field,
    choice("Sort ascending", () => choices.sort(false)), choice("Sort descending", () => choices.sort(true)), choice("As the query returns it", () => choices.sort(null)),
    choice("Hide column", choices.hide), choice("Copy column", choices.copy),
  );
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || (event.key === "Enter" && event.target === field)) {
      event.preventDefault();
      close(true);
    }
  });
  document.body.append(menu);
  const at = button.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(at.left, window.innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(4, Math.min(at.bottom + 2, window.innerHeight - menu.offsetHeight - 8))}px`;
  document.addEventListener("pointerdown", outside, true);
  field.focus();
  return menu;
}
