//! Completions of a query at the cursor: operators after a pipe, tables at the beginning of a query, else the columns so
//! far, functions and keywords.

use crate::bind::callable::{self, Callable};
use crate::engine::Engine;
use crate::operators::join;
use kql_parser::token::{Kind, Token};

/// Keywords inside operators.
pub const WORDS: [&str; 39] = [
    "and",
    "or",
    "not",
    "by",
    "on",
    "asc",
    "desc",
    "nulls",
    "first",
    "last",
    "kind",
    "with",
    "to",
    "from",
    "step",
    "in",
    "has",
    "has_cs",
    "has_any",
    "has_all",
    "hasprefix",
    "hassuffix",
    "contains",
    "contains_cs",
    "startswith",
    "endswith",
    "matches",
    "regex",
    "between",
    "like",
    "let",
    "set",
    "declare",
    "true",
    "false",
    "null",
    "typeof",
    "default",
    "of",
];

/// The kinds of charts that are drawn.
const CHARTS: [&str; 10] = [
    "timechart",
    "linechart",
    "columnchart",
    "barchart",
    "piechart",
    "areachart",
    "stackedareachart",
    "scatterchart",
    "card",
    "table",
];

/// The values of the parameter `kind`, by operator.
const KINDS: [(&str, &[&str]); 9] = [
    ("join", join::KINDS),
    ("lookup", &["leftouter", "inner"]),
    ("union", &["inner", "outer"]),
    ("parse", &["simple", "regex", "relaxed"]),
    ("parse-where", &["simple", "regex", "relaxed"]),
    ("mv-expand", &["bag", "array"]),
    ("make-series", &["nonempty"]),
    ("search", &["case_insensitive", "case_sensitive"]),
    ("reduce", &["source"]),
];

/// Operators that begin with an exclamation mark.
const NEGATIONS: [&str; 15] = [
    "!in",
    "!in~",
    "!has",
    "!has_cs",
    "!hasprefix",
    "!hasprefix_cs",
    "!hassuffix",
    "!hassuffix_cs",
    "!contains",
    "!contains_cs",
    "!startswith",
    "!startswith_cs",
    "!endswith",
    "!endswith_cs",
    "!between",
];

/// Operators that take tables.
const NAME_TABLES: [&str; 5] = ["join", "lookup", "union", "find", "search"];

/// The maximum number of completions.
const MAX: usize = 200;

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its text.
    pub text: String,
    /// Its description.
    pub about: String,
}

/// Where the word at the cursor begins, and its completions.
pub fn complete(engine: &Engine, line: &str, pos: usize) -> (usize, Vec<Found>) {
    let before = line.get(..pos).unwrap_or(line);
    if is_inside(before) {
        return (pos, Vec::new());
    }
    let context = Context::at(before);
    let typed = before.get(context.start..).unwrap_or("").to_lowercase();
    let mut all: Vec<Found> = Vec::new();
    let mut put = |text: &str, about: &str| all.push(Found { text: text.to_owned(), about: about.to_owned() });
    let tables = |put: &mut dyn FnMut(&str, &str)| {
        let with_data = engine.data_tables();
        with_data.iter().for_each(|name| put(&quoted(name), "table"));
        // there are many known tables, so they are offered only after something is typed
        if !typed.is_empty() {
            let names = engine.table_names();
            names
                .iter()
                .filter(|name| !with_data.contains(name))
                .for_each(|name| put(&quoted(name), "table without data"));
        }
    };
    match &context.place {
        Place::Operator => kql_parser::operator_names().for_each(|name| put(name, "operator")),
        Place::Chart => CHARTS.iter().for_each(|name| put(name, "chart")),
        Place::Kind { operator } => {
            let kinds = KINDS.iter().find(|(name, _)| name == operator).map_or(&[] as &[&str], |(_, kinds)| kinds);
            kinds.iter().for_each(|name| put(name, "kind"));
        }
        Place::Negation => NEGATIONS.iter().for_each(|name| put(name, "operator")),
        Place::Source => {
            tables(&mut put);
            kql_parser::source_operator_names().for_each(|name| put(name, "operator"));
            callable::all().filter(|c| c.is_tabular()).for_each(|c| put(&format!("{}(", c.name()), c.summary()));
            put("let", "");
        }
        Place::Expression { pipeline, operator } => {
            let checked = engine.check(pipeline);
            for column in checked.columns.iter().flatten() {
                put(&quoted(&column.name), column.ty.name());
            }
            if NAME_TABLES.contains(&operator.as_str()) {
                tables(&mut put);
            }
            let aggregates = matches!(operator.as_str(), "summarize" | "make-series" | "top-nested" | "mv-apply");
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
                put(&format!("{name}("), callable.summary());
            }
            WORDS.iter().for_each(|name| put(name, ""));
        }
    }
    (context.start, best(all, &typed))
}

/// Whether the end of the text is in a comment or in a text in quotes, where nothing is completed.
fn is_inside(text: &str) -> bool {
    let lexed = kql_parser::lex(text);
    let end = text.len();
    let comment = lexed.comments.iter().any(|span| span.end as usize == end && !text.ends_with('\n'));
    comment || lexed.diagnostics.iter().any(|found| found.code == kql_parser::codes::UNCLOSED_STRING)
}

/// The completions that begin with the typed text; if there are none, those that contain it.
pub fn best(all: Vec<Found>, typed: &str) -> Vec<Found> {
    let bare = |found: &Found| found.text.trim_start_matches("['").to_lowercase();
    let (mut first, rest): (Vec<Found>, Vec<Found>) = all.into_iter().partition(|f| bare(f).starts_with(typed));
    if first.is_empty() && !typed.is_empty() {
        first.extend(rest.into_iter().filter(|f| bare(f).contains(typed)));
    }
    let mut seen = std::collections::HashSet::new();
    first.retain(|f| seen.insert(f.text.clone()));
    first.truncate(MAX);
    first
}

/// A name as a query writes it.
fn quoted(name: &str) -> String {
    let plain =
        name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain && !name.is_empty() {
        name.to_owned()
    } else {
        format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

/// What a word at the end of a text can be.
#[derive(Debug, PartialEq)]
enum Place {
    Operator,
    Chart,
    Source,
    /// The value of the parameter `kind` of an operator.
    Kind {
        operator: String,
    },
    /// After an exclamation mark.
    Negation,
    /// The query before the operator, and that operator.
    Expression {
        pipeline: String,
        operator: String,
    },
}

struct Context {
    /// Where the word begins.
    start: usize,
    place: Place,
}

impl Context {
    fn at(text: &str) -> Context {
        let tokens = kql_parser::lex(text).tokens;
        let mut tokens: Vec<Token> = tokens.into_iter().filter(|t| t.kind != Kind::End).collect();
        let mut start = text.len();
        // the word before the cursor, with the hyphens of an operator's name
        while let Some(last) = tokens.last().copied()
            && last.span.end as usize == start
            && matches!(last.kind, Kind::Word | Kind::Minus)
        {
            start = last.span.start as usize;
            tokens.pop();
        }
        let whole = text.get(start..).unwrap_or("");
        let after_pipe = tokens.last().is_some_and(|t| t.kind == Kind::Pipe);
        if !after_pipe && whole.contains('-') {
            // a difference, not a name
            start = text.len() - whole.rsplit('-').next().map_or(0, str::len);
        }
        let before_word = text.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '~'));
        if let Some(before) = before_word.strip_suffix('!') {
            return Context { start: before.len(), place: Place::Negation };
        }
        Context { start, place: place(text, &tokens) }
    }
}

/// What can follow these tokens.
fn place(text: &str, tokens: &[Token]) -> Place {
    // where the pipeline at the cursor begins, and where its last pipe is
    let mut open: Vec<(usize, Option<usize>)> = vec![(0, None)];
    let mut statement = 0;
    for (i, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => open.push((i + 1, None)),
            Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace if open.len() > 1 => _ = open.pop(),
            Kind::Pipe => {
                if let Some(last) = open.last_mut() {
                    last.1 = Some(i);
                }
            }
            Kind::Semicolon => {
                open = vec![(i + 1, None)];
                statement = i + 1;
            }
            _ => {}
        }
    }
    let offset = |token: usize| tokens.get(token).map_or(text.len(), |t| t.span.start as usize);
    match tokens.last().map(|t| t.kind) {
        None | Some(Kind::Semicolon) => return Place::Source,
        Some(Kind::Pipe) => return Place::Operator,
        _ => {}
    }
    let after_kind =
        matches!(tokens, [.., kind, equals] if equals.kind == Kind::Assign && kind.span.text(text) == "kind");
    // brackets without a pipe belong to the operator around them
    let found = open.iter().rev().find_map(|(begin, pipe)| pipe.map(|pipe| (*begin, pipe)));
    let Some((begin, pipe)) = found else {
        if after_kind {
            return Place::Kind { operator: tokens.get(statement).map_or("", |t| t.span.text(text)).to_owned() };
        }
        let nested = open.len() > 1 && open.last().is_some_and(|(begin, _)| *begin == tokens.len());
        let first = tokens.get(statement).map_or("", |t| t.span.text(text));
        if nested && first == "union" || matches!(tokens.last().map(|t| t.kind), Some(Kind::Assign)) {
            return Place::Source;
        }
        return Place::Expression { pipeline: String::new(), operator: first.to_owned() };
    };
    let mut name = tokens.get(pipe + 1).map_or(String::new(), |t| t.span.text(text).to_owned());
    let mut at = pipe + 2;
    while tokens.get(at).is_some_and(|t| t.kind == Kind::Minus) {
        let Some(next) = tokens.get(at + 1).filter(|t| t.kind == Kind::Word) else { break };
        name = format!("{name}-{}", next.span.text(text));
        at += 2;
    }
    if after_kind {
        return Place::Kind { operator: name };
    }
    if name == "render" && tokens.len() == pipe + 2 {
        return Place::Chart;
    }
    // an opening bracket in a join begins a separate query
    let opens = tokens.last().is_some_and(|t| t.kind == Kind::OpenParen);
    if opens && NAME_TABLES.contains(&name.as_str()) {
        return Place::Source;
    }
    let definitions = text.get(..offset(statement)).unwrap_or("");
    let own = text.get(offset(begin)..offset(pipe)).unwrap_or("");
    Place::Expression { pipeline: format!("{definitions}{own}"), operator: name }
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
    fn no_place_panics() {
        let text = "let x = 'ä'; T | where a[0]-b in ((U | project ['c d'])) | render timechart with (title = 'x')";
        let engine = Engine::builder().build().expect("an engine");
        for pos in (0..=text.len()).filter(|pos| text.is_char_boundary(*pos)) {
            let (start, _) = complete(&engine, text, pos);
            assert!(start <= pos);
        }
    }
}
