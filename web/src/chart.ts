// The engine's drawing, with tooltips from the titles of its marks.

import { h } from "./dom";

/** What a drawing may be made of; anything else is not shown. */
const ELEMENTS = new Set(["svg", "g", "path", "rect", "circle", "line", "text", "tspan", "title", "style", "polyline", "polygon", "defs", "clipPath"]);

export function chart(svg: string, label: string): HTMLElement {
  const pane = h("div", { class: "chart-pane" });
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  const foreign = [parsed, ...parsed.querySelectorAll("*")].some((e) => !ELEMENTS.has(e.localName) || [...e.attributes].some((a) => a.name.startsWith("on") || a.name.endsWith("href")));
  if (parsed.localName !== "svg" || foreign) {
    pane.append(h("p", { class: "hint" }, "The chart cannot be shown."));
    return pane;
  }
  const drawing = document.importNode(parsed, true);
  drawing.setAttribute("aria-label", label);
  drawing.setAttribute("tabindex", "0");
  // many bars are taller than wide, and scroll
  const [, , width, height] = (drawing.getAttribute("viewBox") ?? "").split(/\s+/).map(Number);
  pane.classList.toggle("tall", (height ?? 0) > (width ?? 1) * 0.6);
  const tip = h("div", { class: "tip", "aria-hidden": "true", hidden: true });
  // a title would be shown a second time by the browser
  drawing.querySelectorAll("title").forEach((title) => {
    const mark = title.parentElement;
    if (!mark || mark === (drawing as Element)) return;
    mark.setAttribute("data-tip", title.textContent ?? "");
    mark.setAttribute("aria-label", title.textContent ?? "");
    title.remove();
  });
  const show = (event: PointerEvent) => {
    const mark = (event.target as Element).closest("[data-tip]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.getAttribute("data-tip");
    const box = pane.getBoundingClientRect();
    const x = event.clientX - box.left + pane.scrollLeft;
    tip.style.left = `${x + 14 + tip.offsetWidth > pane.scrollLeft + box.width ? x - tip.offsetWidth - 8 : x + 14}px`;
    tip.style.top = `${event.clientY - box.top + pane.scrollTop + 12}px`;
  };
  pane.addEventListener("pointermove", show);
  pane.addEventListener("pointerleave", () => (tip.hidden = true));
  pane.append(drawing, tip);
  return pane;
}
