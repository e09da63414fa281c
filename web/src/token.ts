// The token of a server that needs one: kept for this tab only, and sent to the page's own origin only.

import { dialog, h } from "./dom";

const KEY = "kql.token";
let asking: Promise<boolean> | null = null;

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Asks for the token, unless another one than `refused` is there by now. False if the user gives none. */
export function askForToken(refused: string | null): Promise<boolean> {
  if (token() !== refused) return Promise.resolve(true);
  asking ??= ask(refused !== null).finally(() => (asking = null));
  return asking;
}

function ask(wrong: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const field = h("input", { type: "password", id: "token", autocomplete: "off", required: true, "aria-describedby": "token-why" });
    const form = h(
      "form",
      { method: "dialog" },
      h("p", { id: "token-why" }, wrong ? "The server does not accept this token." : "This server needs the token of its --token-file."),
      h("label", { for: "token" }, "Token"),
      field,
      h("div", { class: "buttons" }, h("button", { class: "primary" }, "Sign in")),
    );
    form.addEventListener("submit", () => {
      sessionStorage.setItem(KEY, field.value.trim());
      resolve(true);
    });
    const shown = dialog("Token", form);
    shown.addEventListener("close", () => resolve(false));
    field.focus();
  });
}
