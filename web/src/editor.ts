// The editor: what it shows about a query comes from the server, which asks the engine.

import { autocompletion, acceptCompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, toggleComment } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { linter, lintGutter, lintKeymap, type Diagnostic as Shown } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, StateEffect } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { call, type Completions, type Diagnostic, type Hover } from "./api";
import { coloursOf } from "./colours";
import { announce, h } from "./dom";

/** The tables have changed: diagnostics may be others. */
const tablesChanged = StateEffect.define<null>();

export interface Commands { run(): void; format(): void; cancel(): void }

/** Completions at the cursor; they are asked for again when the word changes, since the engine ranks them. */
async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const word = context.matchBefore(/[\p{L}\p{N}_!]+/u);
  const after = context.matchBefore(/[|(]\s?/u);
  if (!context.explicit && !word && !after) return null;
  const text = context.state.doc.toString();
  try {
    const found = await call<Completions>("complete", { text, position: context.pos });
    if (context.aborted || found.items.length === 0) return null;
    return {
      from: found.start,
      filter: false,
      options: found.items.map((item, i) => ({ label: item.text, type: item.kind, ...(item.about ? { detail: item.about } : {}), boost: -i })),
    };
  } catch {
    return null;
  }
}

async function diagnose(view: EditorView): Promise<Shown[]> {
  const doc = view.state.doc;
  if (doc.toString().trim() === "") return [];
  try {
    const found = await call<{ diagnostics: Diagnostic[] }>("check", { text: doc.toString() });
    if (!view.state.doc.eq(doc)) return [];
    return found.diagnostics.map(shown);
  } catch {
    return [];
  }
}

function shown(diagnostic: Diagnostic): Shown {
  const { code, message, help, severity, start, end, fixes } = diagnostic;
  return {
    from: start, to: Math.max(end, start), severity, source: code,
    message: help ? `${message}\n${help}` : message,
    actions: fixes.map((fix) => ({
      name: fix.title,
      apply(view) {
        view.dispatch({ changes: { from: fix.start, to: fix.end, insert: fix.text }, userEvent: "input.fix" });
        view.focus();
      },
    })),
  };
}

const hovering = hoverTooltip(async (view, pos) => {
  try {
    const found = await call<Hover | null>("hover", { text: view.state.doc.toString(), position: pos });
    if (!found) return null;
    const dom = h("div", { class: "hover" }, h("strong", {}, found.title), h("pre", {}, found.text));
    if (found.page) dom.append(h("a", { href: found.page, target: "_blank", rel: "noreferrer noopener" }, "Documentation"));
    return { pos: found.start, end: found.end, above: true, create: () => ({ dom }) };
  } catch {
    return null;
  }
}, { hideOnChange: true });

export class Editor {
  readonly view: EditorView;
  private states = new Map<string, EditorState>();
  private shownId = "";

  constructor(parent: HTMLElement, private commands: Commands, private changed: (text: string) => void) {
    this.view = new EditorView({ parent, state: this.fresh("") });
  }

  private fresh(text: string): EditorState {
    const { commands } = this;
    const does = (action: () => void) => () => (action(), true);
    return EditorState.create({
      doc: text,
      extensions: [
        // before the editor's own keys, which insert a line
        keymap.of([
          { key: "Shift-Enter", run: does(() => commands.run()) },
          { key: "Mod-Enter", run: does(() => commands.run()) },
          { key: "Shift-Alt-f", run: does(() => commands.format()) },
          { key: "Mod-/", run: toggleComment },
          { key: "Tab", run: acceptCompletion },
        ]),
        lineNumbers(), history(), drawSelection(), bracketMatching(), closeBrackets(), highlightActiveLine(), highlightSelectionMatches(),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "Query", "aria-describedby": "editor-keys", spellcheck: "false" }),
        EditorState.languageData.of(() => [{ commentTokens: { line: "//" } }]),
        placeholder("Write a query and press Shift+Enter"),
        autocompletion({ override: [complete], activateOnTypingDelay: 60, maxRenderedOptions: 200, icons: true }),
        coloursOf(), linter(diagnose, { delay: 300, needsRefresh: (update) => update.transactions.some((t) => t.effects.some((e) => e.is(tablesChanged))) }), lintGutter(), hovering,
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.changed(update.state.doc.toString());
        }),
      ],
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  /** Shows the text of a tab; each has its own undo history. */
  show(id: string, text: string): void {
    if (this.shownId) this.states.set(this.shownId, this.view.state);
    const kept = this.states.get(id);
    this.shownId = id;
    this.view.setState(kept && kept.doc.toString() === text ? kept : this.fresh(text));
  }

  forget(id: string): void {
    this.states.delete(id);
    if (this.shownId === id) this.shownId = "";
  }

  /** What is selected, and where it begins. */
  selection(): { text: string; from: number } {
    const { from, to } = this.view.state.selection.main;
    return { text: this.view.state.sliceDoc(from, to), from };
  }

  get cursor(): number {
    return this.view.state.selection.main.head;
  }

  select(from: number, to: number): void {
    const end = this.view.state.doc.length;
    this.view.dispatch({ selection: { anchor: Math.min(from, end), head: Math.min(to, end) }, scrollIntoView: true });
    this.view.focus();
  }

  replaceAll(text: string): void {
    const at = Math.min(this.cursor, text.length);
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, selection: { anchor: at } });
  }

  insert(text: string): void {
    this.view.dispatch(this.view.state.replaceSelection(text));
    this.view.focus();
  }

  /** Checks again, since the tables have changed. */
  recheck(): void {
    this.view.dispatch({ effects: tablesChanged.of(null) });
  }

  async format(): Promise<void> {
    const before = this.text;
    const { text } = await call<{ text: string }>("format", { text: before });
    if (this.text !== before) return;
    if (text === before) announce("The query is formatted already");
    else this.replaceAll(text);
  }
}
