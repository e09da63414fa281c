//! The words of a command. The language of commands is not that of queries, but its words, names and texts are the same.

use crate::query_error::QueryError;
use kql_engine::{Column, ScalarType, TableSchema};
use kql_parser::{Kind, Token, lex};

/// Splits a command that shows something from the query over its result.
pub fn split(text: &str) -> (&str, Option<&str>) {
    let tokens = lex(text).tokens;
    let shows = tokens.get(1).is_some_and(|token| token.span.text(text).eq_ignore_ascii_case("show"));
    let pipe = tokens.iter().find(|token| shows && token.kind == Kind::Pipe);
    match pipe {
        Some(pipe) => {
            let (head, rest) = text.split_at(pipe.span.start as usize);
            (head, rest.get(1..))
        }
        None => (text, None),
    }
}

/// A command that is read from left to right.
pub struct Command<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'t> Command<'t> {
    /// The command of a text, after its dot.
    pub fn of(text: &'t str) -> Command<'t> {
        // what follows `<|` is data, which may be anything
        let head = text.find("<|").map_or(text, |end| text.split_at(end).0);
        let mut tokens = lex(head).tokens;
        tokens.retain(|token| token.kind != Kind::End);
        let at = usize::from(tokens.first().is_some_and(|token| token.kind == Kind::Dot));
        Command { text, tokens, at }
    }

    /// The whole text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    fn token(&self, offset: usize) -> Option<Token> {
        self.tokens.get(self.at + offset).copied()
    }

    fn kind(&self) -> Option<Kind> {
        self.token(0).map(|token| token.kind)
    }

    /// The end of a word with hyphens, and how many tokens it has.
    fn word(&self) -> Option<(&'t str, usize)> {
        let first = self.token(0).filter(|token| token.kind == Kind::Word)?;
        let (mut end, mut count) = (first.span.end, 1);
        while let (Some(minus), Some(next)) = (self.token(count), self.token(count + 1)) {
            let adjoins = minus.kind == Kind::Minus && minus.span.start == end && next.span.start == minus.span.end;
            if !adjoins || next.kind != Kind::Word {
                break;
            }
            end = next.span.end;
            count += 2;
        }
        Some((self.text.get(first.span.start as usize..end as usize)?, count))
    }

    /// The next word, which may have hyphens; empty if there is none.
    pub fn verb(&mut self) -> &'t str {
        let Some((word, count)) = self.word() else { return "" };
        self.at += count;
        word
    }

    /// Goes over a word, if it is next.
    pub fn takes(&mut self, expected: &str) -> bool {
        match self.word() {
            Some((word, count)) if word.eq_ignore_ascii_case(expected) => {
                self.at += count;
                true
            }
            _ => false,
        }
    }

    /// Goes over these words, if all are next.
    pub fn takes_all(&mut self, expected: &[&str]) -> bool {
        let start = self.at;
        let all = expected.iter().all(|word| self.takes(word));
        if !all {
            self.at = start;
        }
        all
    }

    /// Goes over punctuation, if it is next.
    pub fn takes_kind(&mut self, kind: Kind) -> bool {
        let is_next = self.kind() == Some(kind);
        self.at += usize::from(is_next);
        is_next
    }

    /// Whether everything was read.
    pub fn is_over(&self) -> bool {
        self.kind().is_none()
    }

    /// The next name: a word, a text, or a text in brackets.
    pub fn name(&mut self) -> Result<String, QueryError> {
        self.optional_name().ok_or_else(|| self.expected("a name"))
    }

    /// [`Command::name`], if one is next.
    pub fn optional_name(&mut self) -> Option<String> {
        if self.kind() == Some(Kind::OpenBracket) {
            let inner = self.token(1).filter(|token| is_text(token.kind))?;
            self.token(2).filter(|token| token.kind == Kind::CloseBracket)?;
            self.at += 3;
            return Some(unquoted(inner.span.text(self.text)));
        }
        if let Some(text) = self.optional_text() {
            return Some(text);
        }
        let (word, count) = self.word()?;
        self.at += count;
        Some(word.to_owned())
    }

    /// The next text, if one is next.
    pub fn optional_text(&mut self) -> Option<String> {
        let token = self.token(0).filter(|token| is_text(token.kind))?;
        self.at += 1;
        Some(unquoted(token.span.text(self.text)))
    }

    /// `with (name = value, ...)`, if it is next.
    pub fn properties(&mut self) -> Result<Vec<(String, String)>, QueryError> {
        let mut properties = Vec::new();
        if !self.takes("with") {
            return Ok(properties);
        }
        if !self.takes_kind(Kind::OpenParen) {
            return Err(self.expected("'('"));
        }
        while !self.takes_kind(Kind::CloseParen) {
            let name = self.name()?;
            if !self.takes_kind(Kind::Assign) {
                return Err(self.expected("'='"));
            }
            let value = match self.optional_name() {
                Some(value) => value,
                None => {
                    let token = self.token(0).ok_or_else(|| self.expected("a value"))?;
                    self.at += 1;
                    token.span.text(self.text).to_owned()
                }
            };
            properties.push((name, value));
            if !self.takes_kind(Kind::Comma) && self.kind() != Some(Kind::CloseParen) {
                return Err(self.expected("')'"));
            }
        }
        Ok(properties)
    }

    /// `(name: type, ...)`
    pub fn columns(&mut self) -> Result<TableSchema, QueryError> {
        if !self.takes_kind(Kind::OpenParen) {
            return Err(self.expected("'(' and the columns"));
        }
        let mut columns: Vec<Column> = Vec::new();
        while !self.takes_kind(Kind::CloseParen) {
            let name = self.name()?;
            if !self.takes_kind(Kind::Colon) {
                return Err(self.expected("':' and a type"));
            }
            let ty = self.name()?;
            let Some(ty) = ScalarType::from_name(ty.trim_start_matches("System.").to_ascii_lowercase().as_str()) else {
                return Err(QueryError::Request(format!("'{ty}' is not a type of columns.")));
            };
            if columns.iter().any(|column| column.name == name) {
                return Err(QueryError::Request(format!("There are two columns with the name '{name}'.")));
            }
            columns.push(Column::new(name, ty));
            if !self.takes_kind(Kind::Comma) && self.kind() != Some(Kind::CloseParen) {
                return Err(self.expected("',' or ')'"));
            }
        }
        if columns.is_empty() {
            return Err(QueryError::Request("A table needs at least one column.".to_owned()));
        }
        Ok(TableSchema { columns })
    }

    /// The text in parentheses that is next, with them.
    pub fn parentheses(&mut self) -> Result<&'t str, QueryError> {
        let start = self.token(0).filter(|token| token.kind == Kind::OpenParen).ok_or_else(|| self.expected("'('"))?;
        let mut depth = 0_usize;
        while let Some(token) = self.token(0) {
            self.at += 1;
            match token.kind {
                Kind::OpenParen => depth += 1,
                Kind::CloseParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(self.text.get(start.span.start as usize..token.span.end as usize).unwrap_or(""));
            }
        }
        Err(self.expected("')'"))
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'t str {
        let start = self.token(0).map_or(self.text.len(), |token| token.span.start as usize);
        self.text.get(start..).unwrap_or("")
    }

    /// Refuses words that follow: what is not understood must not be ignored.
    pub fn end(&mut self) -> Result<(), QueryError> {
        self.takes_kind(Kind::Semicolon);
        if self.is_over() { Ok(()) } else { Err(self.expected("the end of the command")) }
    }

    /// What follows `<|`, which is next.
    pub fn data(&self) -> Result<&'t str, QueryError> {
        if !self.is_over() {
            return Err(self.expected("'<|'"));
        }
        let found = self.text.split_once("<|").map(|(_, data)| data);
        found.ok_or_else(|| QueryError::Request("The command has no '<|' with what is to be added.".to_owned()))
    }

    /// The error that something else is expected.
    pub fn expected(&self, what: &str) -> QueryError {
        let found = self.token(0).map_or("the end of the command", |token| token.span.text(self.text));
        QueryError::Request(format!("Syntax error: expected {what}, but found '{found}'."))
    }
}

fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::String | Kind::Verbatim | Kind::MultiLine)
}

/// The value of a text literal.
fn unquoted(literal: &str) -> String {
    let literal = literal.trim_start_matches(['h', 'H']);
    if let Some(text) = literal.strip_prefix('@') {
        let quote = text.chars().next().unwrap_or('"');
        let inner = text.trim_start_matches(quote).strip_suffix(quote).unwrap_or("");
        return inner.replace(&format!("{quote}{quote}"), &quote.to_string());
    }
    for fence in ["```", "~~~"] {
        if let Some(inner) = literal.strip_prefix(fence) {
            return inner.strip_suffix(fence).unwrap_or(inner).to_owned();
        }
    }
    let mut characters = literal.get(1..literal.len().saturating_sub(1)).unwrap_or("").chars();
    let mut out = String::new();
    while let Some(c) = characters.next() {
        match (c, characters.as_str().chars().next()) {
            ('\\', Some(next)) => {
                characters.next();
                out.push(match next {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_all_forms() {
        for (text, name) in [("T", "T"), ("['a b']", "a b"), ("[\"x\"]", "x"), ("'q'", "q"), ("a-b", "a-b")] {
            assert_eq!(Command::of(&format!(".drop table {text}")).tail(), name, "{text}");
        }
    }

    impl Command<'_> {
        fn tail(&mut self) -> String {
            assert_eq!(self.verb(), "drop");
            assert!(self.takes("table"));
            self.name().unwrap()
        }
    }

    #[test]
    fn queries_over_results() {
        assert_eq!(split(".show tables | take 1"), (".show tables ", Some(" take 1")));
        assert_eq!(split(".set-or-append T <| X | take 1"), (".set-or-append T <| X | take 1", None));
        assert_eq!(split(".show function ['a|b']").1, None);
    }

    #[test]
    fn properties_and_columns() {
        let mut command = Command::of("with (folder='a', b=true) (x: long, ['y z']: string)");
        let properties = command.properties().unwrap();
        assert_eq!(properties, [("folder", "a"), ("b", "true")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        let columns = command.columns().unwrap().columns;
        assert_eq!(columns, [Column::new("x", ScalarType::Long), Column::new("y z", ScalarType::String)]);
        for wrong in ["(x)", "(x: nothing)", "(x: long, x: long)", "(", "()", "(x: long y: long)"] {
            assert!(Command::of(wrong).columns().is_err(), "{wrong}");
        }
    }
}
