// Colours: the server says which piece of the text is what, so that the page has no list of names of its own.

import { type Extension, StateEffect, StateField, type Text } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { call, type Colours } from "./api";

const found = StateEffect.define<Colours>();
/** After typing pauses for this many milliseconds, the text is asked about; until then colours move with the text. */
const PAUSE = 40;

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    marks = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(found)) marks = Decoration.set(effect.value.classes.map(([from, to, name]) => Decoration.mark({ class: `kql-${name}` }).range(from, to)), true);
    }
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const asking = ViewPlugin.fromClass(
  class {
    private timer = 0;
    constructor(private view: EditorView) {
      this.later(0);
    }
    update(update: ViewUpdate): void {
      if (update.docChanged) this.later(PAUSE);
    }
    destroy(): void {
      window.clearTimeout(this.timer);
    }
    private later(pause: number): void {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.ask(this.view.state.doc), pause);
    }
    private async ask(doc: Text): Promise<void> {
      try {
        const colours = await call<Colours>("colours", { text: doc.toString() });
        if (this.view.state.doc.eq(doc)) this.view.dispatch({ effects: found.of(colours) });
      } catch {
        // the text stays as it is
      }
    }
  },
);

export function coloursOf(): Extension {
  return [field, asking];
}
