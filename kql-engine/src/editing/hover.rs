//! The documentation of the word at a position: operators, functions, tables, columns, definitions.

use super::context::{self, Context, Place};
use crate::bind::callable::{self, Callable};
use crate::engine::Engine;
use crate::types::TableSchema;
use kql_parser::token::{Kind, Token};

/// The most columns of a table, and characters of a definition, that are shown.
const MAX_COLUMNS: usize = 40;
const MAX_DEFINITION: usize = 400;

/// What a word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// Where the word begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Its name, and what it is in a few words.
    pub title: String,
    /// What there is to know about it; several lines.
    pub text: String,
    /// The address of its page in Kusto's documentation.
    pub page: Option<String>,
}

/// The documentation of the word at a position; `None` if there is no word, or nothing is known about it. Blocks while the
/// files of its tables are inspected.
pub fn hover(engine: &Engine, text: &str, pos: usize) -> Option<Hover> {
    let tokens = kql_parser::lex(text).tokens;
    let at = tokens.iter().position(|t| (t.span.start as usize) <= pos && pos < t.span.end as usize)?;
    let found = Word::at(text, &tokens, at);
    let name = found.spelling();
    let described = found
        .operator()
        .or_else(|| found.callable(engine))
        .or_else(|| scalar_operator(name))
        .or_else(|| found.named(engine))?;
    let (start, end) = found.range();
    Some(Hover { start, end, title: described.title, text: described.text, page: described.page })
}

struct Described {
    title: String,
    text: String,
    page: Option<String>,
}

/// A word, or the words and hyphens of an operator's name.
struct Word<'a> {
    text: &'a str,
    tokens: &'a [Token],
    first: usize,
    last: usize,
}

impl<'a> Word<'a> {
    fn at(text: &'a str, tokens: &'a [Token], at: usize) -> Word<'a> {
        let kind = |i: usize| tokens.get(i).map(|t| t.kind);
        let touch =
            |i: usize| matches!((tokens.get(i), tokens.get(i + 1)), (Some(a), Some(b)) if a.span.end == b.span.start);
        // a part of a name, with a hyphen on the side where there is more
        let joined =
            |i: usize| kind(i + 1) == Some(Kind::Minus) && kind(i + 2) == Some(Kind::Word) && touch(i) && touch(i + 1);
        let mut first = if kind(at) == Some(Kind::Minus) && at > 0 { at - 1 } else { at };
        while first >= 2 && kind(first - 2) == Some(Kind::Word) && joined(first - 2) {
            first -= 2;
        }
        let mut last = first;
        while joined(last) {
            last += 2;
        }
        let whole = Word { text, tokens, first, last };
        let is_operator = kql_parser::operator_names().any(|name| name == whole.spelling());
        if is_operator && whole.is_first() { whole } else { Word { text, tokens, first: at, last: at } }
    }

    fn span(&self) -> kql_parser::Span {
        match (self.tokens.get(self.first), self.tokens.get(self.last)) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => kql_parser::Span::empty(0),
        }
    }

    fn range(&self) -> (usize, usize) {
        (self.span().start as usize, self.span().end as usize)
    }

    fn spelling(&self) -> &'a str {
        self.span().text(self.text)
    }

    /// The kind of the token before it.
    fn before(&self) -> Option<Kind> {
        self.first.checked_sub(1).and_then(|i| self.tokens.get(i)).map(|t| t.kind)
    }

    /// Whether it can be the first word of a pipeline or after a pipe.
    fn is_first(&self) -> bool {
        matches!(
            self.before(),
            None | Some(Kind::Pipe | Kind::Semicolon | Kind::OpenParen | Kind::OpenBrace | Kind::Assign)
        )
    }

    fn is_called(&self) -> bool {
        self.tokens.get(self.last + 1).is_some_and(|t| t.kind == Kind::OpenParen)
    }

    fn operator(&self) -> Option<Described> {
        let name = self.spelling();
        let summary = kql_parser::operator_summary(name)?;
        let begins = kql_parser::source_operator_names().any(|source| source == name) && !self.is_called();
        if self.before() != Some(Kind::Pipe) && !(begins && self.is_first()) {
            return None;
        }
        Some(Described {
            title: format!("{name}: operator"),
            text: summary.to_owned(),
            page: Some(callable::link(&format!("{name}-operator"))),
        })
    }

    fn callable(&self, engine: &Engine) -> Option<Described> {
        if !self.is_called() {
            return None;
        }
        let name = self.spelling();
        if let Some((_, function)) = engine.saved_functions().into_iter().find(|(saved, _)| saved == name) {
            let text = format!("{name}{}\n{}", function.parameters, cut(&function.body));
            return Some(Described { title: format!("{name}: saved function"), text, page: None });
        }
        let all: Vec<Callable> = callable::named(name).collect();
        let first = all.first()?;
        let kinds: Vec<&str> = all.iter().map(|c| described_kind(*c)).collect();
        let texts: Vec<String> =
            all.iter().map(|c| format!("{}\n{}", c.signatures().join("\n"), c.summary())).collect();
        Some(Described {
            title: format!("{name}: {}", kinds.join(", ")),
            text: texts.join("\n\n"),
            page: (!first.page().is_empty()).then(|| callable::link(first.page().trim_start_matches("operator:"))),
        })
    }

    /// A definition, a column or a table.
    fn named(&self, engine: &Engine) -> Option<Described> {
        let name = self.spelling();
        if self.tokens.get(self.first).is_none_or(|t| t.kind != Kind::Word) || self.before() == Some(Kind::Dot) {
            return None;
        }
        let (start, _) = self.range();
        let before = self.text.get(..start)?;
        let context = Context::at(before);
        if let Place::Expression { pipeline, .. } = &context.place
            && let Some(described) = self.column(engine, pipeline, before)
        {
            return Some(described);
        }
        let definition = context::definitions(self.text).into_iter().find(|definition| definition.name == name);
        if let Some(definition) = definition {
            return Some(Described { title: format!("{name}: let"), text: cut(definition.text), page: None });
        }
        let schema = engine.table_schema(name)?.ok()?;
        let has_data = engine.data_tables().iter().any(|table| table == name);
        let title = format!("{name}: {}", if has_data { "table" } else { "table without data" });
        Some(Described { title, text: columns(&schema), page: None })
    }

    /// A column of the input of its operator, or one that the operator makes.
    fn column(&self, engine: &Engine, pipeline: &str, before: &str) -> Option<Described> {
        let name = self.spelling();
        let of = |text: &str| engine.check(text).columns?.into_iter().find(|column| column.name == name);
        let column = of(pipeline).or_else(|| of(self.text.get(..before.len() + self.rest())?))?;
        Some(Described { title: format!("{name}: column"), text: column.ty.name().to_owned(), page: None })
    }

    /// How far it is to the end of its operator: the next pipe, semicolon, or bracket that closes one around it.
    fn rest(&self) -> usize {
        let mut depth = 0_usize;
        let after = self.tokens.get(self.first..).unwrap_or_default();
        let end = after.iter().find(|token| match token.kind {
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => {
                depth += 1;
                false
            }
            Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace if depth > 0 => {
                depth -= 1;
                false
            }
            Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace | Kind::End => true,
            Kind::Pipe | Kind::Semicolon => depth == 0,
            _ => false,
        });
        end.map_or(0, |token| (token.span.start - self.span().start) as usize)
    }
}

/// `has`, `!in`, `between`: operators between values.
fn scalar_operator(name: &str) -> Option<Described> {
    let operator = crate::functions::scalar_operator(name)?;
    let text = operator.summary.to_owned();
    let page = callable::link(operator.page.trim_start_matches("operator:"));
    Some(Described { title: format!("{name}: operator"), text, page: Some(page) })
}

fn described_kind(callable: Callable) -> &'static str {
    match callable {
        Callable::Aggregate(_) => "aggregation function",
        Callable::Plugin(_) => "plugin",
        Callable::Special(_) if callable.is_tabular() => "function that returns a table",
        Callable::Scalar(_) | Callable::Special(_) => "function",
    }
}

fn columns(schema: &TableSchema) -> String {
    let mut lines: Vec<String> = schema
        .columns
        .iter()
        .take(MAX_COLUMNS)
        .map(|column| format!("{}: {}", column.name, column.ty.name()))
        .collect();
    if schema.columns.len() > MAX_COLUMNS {
        lines.push(format!("and {} more columns", schema.columns.len() - MAX_COLUMNS));
    }
    lines.join("\n")
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_DEFINITION).collect();
    if shown.len() < text.len() {
        shown.push_str(" …");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The title and the text for the position of `^`, which is not part of the query.
    fn shown(text: &str) -> Option<(String, String)> {
        let engine = Engine::builder().function("Mine", "(n: long)", "print n").build().expect("an engine");
        let pos = text.find('^').expect("a position");
        hover(&engine, &text.replace('^', ""), pos).map(|hover| (hover.title, hover.text))
    }

    fn title(text: &str) -> String {
        shown(text).map(|(title, _)| title).unwrap_or_default()
    }

    #[test]
    fn words() {
        assert_eq!(title("print 1\n| mv-^expand x"), "mv-expand: operator");
        assert_eq!(title("print 1 | ^mv-expand x"), "mv-expand: operator");
        assert_eq!(title("^print 1"), "print: operator");
        assert_eq!(title("print a = str^len('x')"), "strlen: function");
        assert_eq!(title("print 1 | summarize dc^ount(print_0)"), "dcount: aggregation function");
        assert_eq!(title("print 1 | evaluate bag_^unpack(x)"), "bag_unpack: plugin");
        assert_eq!(title("print a = 'x' | where a ^has 'x'"), "has: operator");
        assert_eq!(title("print a = 'x' | where a ^!has 'x'"), "!has: operator");
        assert_eq!(title("Mi^ne(1)"), "Mine: saved function");
        assert_eq!(title("Security^Event | count"), "SecurityEvent: table without data");
        assert!(shown("print 'a^b'").is_none());
        assert!(shown("print 1 ^").is_none());
    }

    #[test]
    fn columns_have_types() {
        assert_eq!(shown("print Alpha = 1 | where Al^pha > 0"), Some(("Alpha: column".to_owned(), "long".to_owned())));
        let made = Some(("Beta: column".to_owned(), "string".to_owned()));
        assert_eq!(shown("print Alpha = 1 | extend Be^ta = tostring(Alpha) | count"), made);
        // a difference, not an operator
        assert_eq!(title("print top = 1, n = 2 | extend d = top-^n"), "n: column");
        let definition = Some(("Recent: let".to_owned(), "let Recent = print 1;".to_owned()));
        assert_eq!(shown("let Recent = print 1;\nRe^cent | count"), definition);
    }

    #[test]
    fn no_position_panics() {
        let text = "let x = 'ä'; T | where a[0]-b in ((U | project ['c d'])) | render timechart with (title = 'x')";
        let engine = Engine::builder().build().expect("an engine");
        for pos in 0..=text.len() + 1 {
            let _ = hover(&engine, text, pos);
        }
    }
}
