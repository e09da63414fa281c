//! Completions at the cursor: operators after a pipe, tables at the beginning of a query, else the columns so far, functions
//! and keywords.

use super::context::{self, Context, Place};
use super::words::{CHARTS, KINDS, NAME_TABLES, NEGATIONS, WORDS};
use crate::bind::callable::{self, Callable};
use crate::engine::Engine;
use kql_parser::bracketed_name;
use std::collections::HashSet;

/// The maximum number of completions.
const MAX: usize = 200;

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its text.
    pub text: String,
    /// Its description.
    pub about: String,
    /// What it is.
    pub kind: FoundKind,
}

/// The kinds of completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundKind {
    /// A table, with data or with a known schema.
    Table,
    /// A column of the query so far.
    Column,
    /// A name that `let` defines.
    Variable,
    /// A tabular operator.
    Operator,
    /// A function that returns a value or a table.
    Function,
    /// An aggregation function.
    Aggregate,
    /// A plugin of `evaluate`.
    Plugin,
    /// A word inside an operator.
    Keyword,
    /// A value of a parameter, such as the kind of a chart or a join.
    Value,
    /// A command of a session, or its argument.
    Command,
}

impl FoundKind {
    /// Its name, such as `column`.
    pub fn name(self) -> &'static str {
        match self {
            FoundKind::Table => "table",
            FoundKind::Column => "column",
            FoundKind::Variable => "variable",
            FoundKind::Operator => "operator",
            FoundKind::Function => "function",
            FoundKind::Aggregate => "aggregate",
            FoundKind::Plugin => "plugin",
            FoundKind::Keyword => "keyword",
            FoundKind::Value => "value",
            FoundKind::Command => "command",
        }
    }

    pub(super) fn of(callable: Callable) -> FoundKind {
        match callable {
            Callable::Scalar(_) | Callable::Special(_) => FoundKind::Function,
            Callable::Aggregate(_) => FoundKind::Aggregate,
            Callable::Plugin(_) => FoundKind::Plugin,
        }
    }
}

/// Where the word at the cursor begins, and its completions. Only what is before the cursor counts; the text can have any
/// number of lines and statements. Blocks while the files of its tables are inspected.
pub fn complete(engine: &Engine, text: &str, pos: usize) -> (usize, Vec<Found>) {
    let before = text.get(..pos).unwrap_or(text);
    if context::is_inside(before) {
        return (pos.min(text.len()), Vec::new());
    }
    let context = Context::at(before);
    let typed = before.get(context.start..).unwrap_or("").to_lowercase();
    let mut offer = Offer { engine, before, is_typing: !typed.is_empty(), all: Vec::new() };
    offer.fill(&context.place);
    (context.start, best(offer.all, &typed))
}

/// The completions of a place.
struct Offer<'a> {
    engine: &'a Engine,
    before: &'a str,
    /// Whether a part of the word is there.
    is_typing: bool,
    all: Vec<Found>,
}

impl Offer<'_> {
    fn put(&mut self, kind: FoundKind, text: &str, about: &str) {
        self.all.push(Found { text: text.to_owned(), about: about.to_owned(), kind });
    }

    fn fill(&mut self, place: &Place) {
        match place {
            Place::Operator => self.operators(kql_parser::operator_names()),
            Place::Chart => CHARTS.iter().for_each(|name| self.put(FoundKind::Value, name, "chart")),
            Place::Kind { operator } => {
                let kinds = KINDS.iter().find(|(name, _)| name == operator).map_or(&[] as &[&str], |(_, kinds)| kinds);
                kinds.iter().for_each(|name| self.put(FoundKind::Value, name, "kind"));
            }
            Place::Negation => NEGATIONS.iter().for_each(|name| self.put(FoundKind::Keyword, name, "operator")),
            Place::Source => {
                self.variables();
                self.tables();
                self.operators(kql_parser::source_operator_names());
                self.saved_functions();
                for callable in callable::all().filter(|c| c.is_tabular()) {
                    self.put(FoundKind::Function, &format!("{}(", callable.name()), callable.summary());
                }
                self.put(FoundKind::Keyword, "let", "");
            }
            Place::Expression { pipeline, operator } => self.expression(pipeline, operator),
        }
    }

    fn expression(&mut self, pipeline: &str, operator: &str) {
        let checked = self.engine.check(pipeline);
        for column in checked.columns.iter().flatten() {
            self.put(FoundKind::Column, &quoted(&column.name), column.ty.name());
        }
        self.variables();
        if NAME_TABLES.contains(&operator) {
            self.tables();
        }
        let aggregates = matches!(operator, "summarize" | "make-series" | "top-nested" | "mv-apply");
        // what only this operator allows comes first
        let place = |callable: &Callable| match callable {
            Callable::Aggregate(_) => aggregates.then_some(0),
            Callable::Plugin(_) => (operator == "evaluate").then_some(0),
            Callable::Scalar(_) | Callable::Special(_) => Some(1),
        };
        let mut offered: Vec<(i32, &str, Callable)> = callable::all()
            .filter_map(|c| Some((place(&c)?, c)))
            .flat_map(|(place, c)| c.names().map(move |name| (place, name, c)))
            .collect();
        offered.sort_unstable_by_key(|(place, name, _)| (*place, *name));
        for (_, name, callable) in offered {
            let name = if matches!(callable, Callable::Aggregate(_)) { callable.name() } else { name };
            self.put(FoundKind::of(callable), &format!("{name}("), callable.summary());
        }
        self.saved_functions();
        WORDS.iter().for_each(|name| self.put(FoundKind::Keyword, name, ""));
    }

    fn operators(&mut self, names: impl Iterator<Item = &'static str>) {
        for name in names {
            self.put(FoundKind::Operator, name, kql_parser::operator_summary(name).unwrap_or_default());
        }
    }

    fn variables(&mut self) {
        for definition in context::definitions(self.before) {
            self.put(FoundKind::Variable, definition.name, "let");
        }
    }

    fn saved_functions(&mut self) {
        for (name, function) in self.engine.saved_functions() {
            self.put(FoundKind::Function, &format!("{name}("), &format!("saved function {}", function.parameters));
        }
    }

    fn tables(&mut self) {
        let with_data = self.engine.data_tables();
        with_data.iter().for_each(|name| self.put(FoundKind::Table, &quoted(name), "table"));
        // there are many known tables, so they are offered only after something is typed
        if self.is_typing {
            let with_data: HashSet<&String> = with_data.iter().collect();
            for name in self.engine.table_names().iter().filter(|name| !with_data.contains(name)) {
                self.put(FoundKind::Table, &quoted(name), "table without data");
            }
        }
    }
}

/// The completions that begin with the typed text; if there are none, those that contain it.
pub fn best(all: Vec<Found>, typed: &str) -> Vec<Found> {
    let bare = |found: &Found| found.text.trim_start_matches("['").to_lowercase();
    let (mut first, rest): (Vec<Found>, Vec<Found>) = all.into_iter().partition(|f| bare(f).starts_with(typed));
    if first.is_empty() && !typed.is_empty() {
        first.extend(rest.into_iter().filter(|f| bare(f).contains(typed)));
    }
    let mut seen = HashSet::new();
    first.retain(|f| seen.insert(f.text.clone()));
    first.truncate(MAX);
    first
}

/// A name as a query writes it.
pub fn quoted(name: &str) -> String {
    let plain =
        name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain && !name.is_empty() { name.to_owned() } else { bracketed_name(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let engine = Engine::builder().build().expect("an engine");
        complete(&engine, text, text.len()).1.into_iter().map(|f| f.text).collect()
    }

    #[test]
    fn what_may_stand_where() {
        assert_eq!(found("SecurityEv"), ["SecurityEvent"]);
        assert_eq!(found("pri"), ["print"]);
        assert_eq!(found("print 1 | mv-e"), ["mv-expand"]);
        assert_eq!(found("print 1 | mv-"), ["mv-expand", "mv-apply"]);
        assert_eq!(found("print Alpha = 1 | extend b = 5-Al"), ["Alpha"]);
        assert_eq!(found("print 1 | summ"), ["summarize"]);
        assert_eq!(found("print 1 | render time"), ["timechart"]);
        assert_eq!(found("print Alpha = 1, Beta = 2 | where Alp")[0], "Alpha");
        assert_eq!(found("print Alpha = 1 | extend Beta = Alpha + 1 | project Alpha, Be")[0], "Beta");
        assert_eq!(found("let x = 5; print Alpha = x | where tostring(Al")[0], "Alpha");
        assert_eq!(found("print a = 1 | join (SecurityEv"), ["SecurityEvent"]);
        assert!(found("print a = 1 | join (SecurityEvent | where Acc").contains(&"Account".to_owned()));
        assert_eq!(found("print ['odd name'] = 1 | where odd")[0], "['odd name']");
        assert!(found("print a = 1 | summarize dco").contains(&"dcount(".to_owned()));
        assert!(found("print a = 1 | where strle").contains(&"strlen(".to_owned()));
        assert_eq!(found("print a = 1 | extend b = pack_al"), ["pack_all("]);
        assert_eq!(found("print a = 1 | where a > tosca"), ["toscalar("]);
        assert_eq!(found("print a = 1 | evaluate bag_u"), ["bag_unpack("]);
        assert!(!found("print a = 1 | extend bag_").contains(&"bag_unpack(".to_owned()));
        assert_eq!(found("let T = materi"), ["materialize("]);
        assert_eq!(found("print a = 1 | join kind=leftan"), ["leftanti", "leftantisemi"]);
        assert_eq!(found("print a = 1 | join kind = full"), ["fullouter"]);
        assert_eq!(found("print a = '' | parse kind=r"), ["regex", "relaxed"]);
        assert_eq!(found("union kind=o"), ["outer"]);
        assert_eq!(found("print a = 'x' | where a !contains_"), ["!contains_cs"]);
        assert!(found("print a = 'x' | where a !").contains(&"!in~".to_owned()));
        assert!(found("print 1 | where zzzzqq").is_empty());
        // inside a text and in a comment
        assert!(found("print a = 'x' | where a == 'str").is_empty());
        assert!(found("print 1 // wh").is_empty());
        assert_eq!(found("print 1 // wh\n| summ"), ["summarize"]);
    }

    #[test]
    fn definitions_and_saved_functions() {
        assert_eq!(found("let alpha_one = 5;\n\nprint a = 1\n| where a > alpha_"), ["alpha_one"]);
        assert_eq!(found("let Recent = print 1;\nRec")[0], "Recent");
        // a definition that does not end before the cursor cannot be used yet
        assert!(found("let Recent_x = Recent_").is_empty());
        let engine = Engine::builder().function("Mine", "(n: long)", "print n").build().expect("an engine");
        let (start, all) = complete(&engine, "Min", 3);
        assert_eq!((start, all.first().map(|f| (f.text.as_str(), f.kind))), (0, Some(("Mine(", FoundKind::Function))));
    }

    #[test]
    fn kinds() {
        let engine = Engine::builder().build().expect("an engine");
        let kind = |text: &str| complete(&engine, text, text.len()).1.first().map(|f| f.kind.name());
        assert_eq!(kind("SecurityEv"), Some("table"));
        assert_eq!(kind("print Alpha = 1\n| where Alp"), Some("column"));
        assert_eq!(kind("print 1 | summ"), Some("operator"));
        assert_eq!(kind("print 1 | summarize dcount"), Some("aggregate"));
        assert_eq!(kind("print 1 | evaluate bag_u"), Some("plugin"));
        assert_eq!(kind("print 1 | where strle"), Some("function"));
        assert_eq!(kind("print 1 | render time"), Some("value"));
    }

    #[test]
    fn no_place_panics() {
        let text = "let x = 'ä'; T | where a[0]-b in ((U | project ['c d'])) | render timechart with (title = 'x')";
        let engine = Engine::builder().build().expect("an engine");
        for pos in (0..=text.len()).filter(|pos| text.is_char_boundary(*pos)) {
            let (start, _) = complete(&engine, text, pos);
            assert!(start <= pos);
        }
    }
}
