//! What a variable could be, so that a condition has the truth that it must have. These are proposals: whether one fits is
//! found by computing the condition.

use super::draft::{Draft, Step, text_of};
use super::leaves::variables;
use super::symbols::{call, constant};
use super::text_of_regex::text_of_regex;
use crate::bind::Environment;
use crate::plan::{ColumnId, Expr, ExprKind};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::calendar::{HOUR, MINUTE, SECOND};

/// The most items of a list that are proposed.
const MOST_ITEMS: usize = 200;

/// Texts that conditions on addresses, hosts and the like often accept.
const TEXTS: [&str; 8] = [
    "alice",
    "203.0.113.7",
    "10.0.0.7",
    "alice@contoso.com",
    "https://www.example.com/a/b.exe?c=d",
    r"C:\Users\alice\tool.exe",
    "2001:db8::7",
    "00000000-0000-0000-0000-000000000007",
];

/// How a long text can end.
const PARTS: &str = ".www.example.com";

/// Proposals for one variable.
pub(super) struct Proposer<'a> {
    pub environment: &'a dyn Environment,
    pub variable: ColumnId,
}

impl Proposer<'_> {
    /// What the variable could be, so that the condition is as wanted.
    pub fn of_condition(&self, condition: &Expr, wanted: bool) -> Vec<Draft> {
        let (name, args) = match &condition.kind {
            ExprKind::Call(function, args) => (function.name, args.as_slice()),
            ExprKind::Convert(inner) if inner.ty == ScalarType::Dynamic => {
                return self.at(inner, Draft::exact(Value::Bool(wanted), ScalarType::Bool));
            }
            ExprKind::Convert(inner) => return self.of_condition(inner, wanted),
            _ => return self.at(condition, Draft::exact(Value::Bool(wanted), ScalarType::Bool)),
        };
        let mut found = Vec::new();
        let (name, wanted) = match name.strip_prefix('!') {
            Some("=") => ("==", !wanted),
            Some("~") => ("=~", !wanted),
            Some(positive) => (positive, !wanted),
            None => (name, wanted),
        };
        match (name, args) {
            ("not", [inner]) => return self.of_condition(inner, !wanted),
            ("==" | "=~" | "<" | "<=" | ">" | ">=", [a, b]) => {
                let (side, other) = if self.is_in(a) { (a, b) } else { (b, a) };
                if let Some(value) = self.value(other) {
                    for near in near(&value, other.ty) {
                        found.extend(self.at(side, Draft::exact(near, other.ty)));
                    }
                    // for equality, others come first if the values must differ
                    if !wanted && matches!(name, "==" | "=~") && found.len() > 1 {
                        found.rotate_left(1);
                    }
                }
            }
            ("between", [value, low, high]) => {
                for bound in [low, high] {
                    if let Some(bound_value) = self.value(bound) {
                        for near in near(&bound_value, bound.ty) {
                            found.extend(self.at(value, Draft::exact(near, bound.ty)));
                        }
                    }
                }
            }
            ("in" | "in~", [value, items @ ..]) if wanted => {
                for (item, ty) in self.items(items) {
                    found.extend(self.at(value, Draft::exact(item, ty)));
                }
            }
            ("has_any", [value, items @ ..]) if wanted => {
                for (item, ty) in self.items(items) {
                    found.extend(self.at(value, Draft::piece(&text_of(&item, ty))));
                }
            }
            ("has_all", [value, items @ ..]) if wanted => {
                let pieces = self.items(items).into_iter().map(|(item, ty)| text_of(&item, ty)).collect();
                found.extend(self.at(value, Draft { pieces, ..Draft::default() }));
            }
            ("matches regex", [value, pattern]) if wanted => {
                if let Some(text) = self.text(pattern).and_then(|pattern| text_of_regex(&pattern, None)) {
                    found.extend(self.at(value, Draft::piece(&text)));
                    found.extend(self.at(value, Draft::text(&text)));
                }
            }
            ("isempty" | "isnull", [value]) if wanted => {
                found.extend(self.at(value, Draft::exact(Value::missing(value.ty), value.ty)));
            }
            ("isnotempty" | "isnotnull", [value]) if wanted => {
                for something in [Draft::piece("alice"), Draft::default()] {
                    let drafts = self.at(value, something);
                    found.extend(drafts.into_iter().filter(|draft| *draft != Draft::default()));
                }
            }
            ("set_has_element" | "array_index_of", [list, item]) => {
                if let Some(item_value) = self.value(item) {
                    found.extend(self.at(list, Draft::at(Step::Place(0), Draft::exact(item_value, item.ty))));
                }
            }
            (_, [value, term]) if wanted => {
                if let (Some(draft), true) = (self.text(term).and_then(|text| of_term(name, &text)), self.is_in(value))
                {
                    found.extend(self.at(value, draft));
                }
            }
            _ => {}
        }
        for arg in args.iter().filter(|arg| arg.ty == ScalarType::String && !is_variable(arg) && self.is_in(arg)) {
            found.extend(TEXTS.iter().flat_map(|text| self.at(arg, Draft::text(text))));
        }
        found.extend(self.anything(condition));
        found
    }

    /// Whether the variable is in an expression.
    fn is_in(&self, e: &Expr) -> bool {
        variables(e).contains(&self.variable)
    }

    /// The value of an expression without variables.
    fn value(&self, e: &Expr) -> Option<Value> {
        match &e.kind {
            ExprKind::Constant(value) => Some(value.clone()),
            _ if variables(e).is_empty() => self.environment.constant(e),
            _ => None,
        }
    }

    fn text(&self, e: &Expr) -> Option<String> {
        self.value(e)?.as_text().map(str::to_owned)
    }

    /// The items of a list; those of dynamic arrays by themselves.
    fn items(&self, items: &[Expr]) -> Vec<(Value, ScalarType)> {
        let mut found = Vec::new();
        for item in items {
            let Some(value) = self.value(item) else { continue };
            match serde_json::from_str(value.as_text().filter(|_| item.ty == ScalarType::Dynamic).unwrap_or("0")) {
                Ok(serde_json::Value::Array(elements)) => {
                    found.extend(elements.into_iter().map(|element| match element {
                        serde_json::Value::String(text) => (Value::Text(text), ScalarType::String),
                        other => (Value::Text(other.to_string()), ScalarType::Dynamic),
                    }))
                }
                _ => found.push((value, item.ty)),
            }
            if found.len() > MOST_ITEMS {
                break;
            }
        }
        found
    }

    /// Values that often fit, and the constants of the condition.
    fn anything(&self, condition: &Expr) -> Vec<Draft> {
        let mut of_variable = None;
        let mut constants = Vec::new();
        condition.walk(&mut |e| match &e.kind {
            ExprKind::Column(id) if *id == self.variable => of_variable = Some(e.ty),
            ExprKind::Constant(value) => constants.push((value.clone(), e.ty)),
            _ => {}
        });
        let Some(ty) = of_variable else { return Vec::new() };
        let mut found: Vec<Draft> = defaults(ty).into_iter().map(|value| Draft::exact(value, ty)).collect();
        found.extend(constants.into_iter().filter(|(_, own)| *own == ty).map(|(value, ty)| Draft::exact(value, ty)));
        found
    }

    /// Drafts of the variable, so that an expression over it is like a draft.
    fn at(&self, e: &Expr, draft: Draft) -> Vec<Draft> {
        match &e.kind {
            ExprKind::Column(id) if *id == self.variable => vec![draft],
            ExprKind::Convert(inner) => self.at(inner, converted(draft, inner.ty)),
            ExprKind::Call(function, args) => self.through(function.name, args, draft),
            _ => Vec::new(),
        }
    }

    /// [`Proposer::at`] for the arguments of a function.
    fn through(&self, name: &str, args: &[Expr], draft: Draft) -> Vec<Draft> {
        let exact = draft.exact.clone().map(|(value, own)| text_of(&value, own));
        let on = |place: usize, draft: Draft| args.get(place).map_or_else(Vec::new, |arg| self.at(arg, draft));
        match (name, args) {
            ("[]", [list, step]) => match self.value(step) {
                Some(Value::Text(key)) => self.at(list, Draft::at(Step::Key(key), draft)),
                Some(Value::Long(place)) if place >= 0 => {
                    self.at(list, Draft::at(Step::Place(usize::try_from(place).unwrap_or(0)), draft))
                }
                // the last element of a list that may have one
                Some(Value::Long(_)) => self.at(list, Draft::at(Step::Place(0), draft)),
                _ => Vec::new(),
            },
            ("parse_json" | "todynamic", [text]) if text.ty != ScalarType::Dynamic => {
                self.at(text, Draft { json: Some(Box::new(draft)), ..Draft::default() })
            }
            ("parse_xml", [text]) => self.at(text, Draft { xml: Some(Box::new(draft)), ..Draft::default() }),
            ("parse_json" | "todynamic", [inner]) => self.at(inner, draft),
            (
                "tostring" | "todatetime" | "tolong" | "toint" | "todouble" | "toreal" | "tobool" | "toguid"
                | "todecimal" | "totimespan",
                [inner],
            ) => self.at(inner, converted(draft, inner.ty)),
            (
                "tolower" | "toupper" | "strrep" | "replace_string" | "replace_regex" | "url_decode" | "bin" | "floor"
                | "startofday" | "startofhour" | "startofweek" | "startofmonth" | "round" | "trim_ws" | "abs",
                _,
            ) => on(0, draft),
            ("trim" | "trim_start" | "trim_end", [_, inner]) => self.at(inner, draft),
            ("strcat", _) => self.through_strcat(args, draft, exact),
            ("strcat_delim", [delimiter, rest @ ..]) => {
                let between = self.text(delimiter).unwrap_or_default();
                let place = rest.iter().position(|arg| self.is_in(arg));
                match (exact, place) {
                    (Some(text), Some(place)) => {
                        let part = text.split(between.as_str()).nth(place).unwrap_or("").to_owned();
                        rest.get(place).map_or_else(Vec::new, |arg| self.at(arg, Draft::text(&part)))
                    }
                    (None, Some(place)) => rest.get(place).map_or_else(Vec::new, |arg| self.at(arg, draft)),
                    _ => Vec::new(),
                }
            }
            ("split", [text, delimiter, ..]) => self.at(text, Draft { joined: self.text(delimiter), ..draft }),
            ("parse_csv", [text]) => self.at(text, Draft { joined: Some(",".to_owned()), ..draft }),
            ("parse_command_line", [text, ..]) => self.at(text, Draft { joined: Some(" ".to_owned()), ..draft }),
            ("substring", [text, start, ..]) => {
                let skipped = self.value(start).and_then(|v| v.as_long()).unwrap_or(0);
                let before = "x".repeat(usize::try_from(skipped).unwrap_or(0).min(1000));
                match exact {
                    Some(exact) => self.at(text, Draft::text(&format!("{before}{exact}"))),
                    None => self.at(text, draft),
                }
            }
            ("extract", [pattern, group, text, ..]) => {
                let Some(pattern) = self.text(pattern) else { return Vec::new() };
                let number = self.value(group).and_then(|v| v.as_long()).and_then(|n| u32::try_from(n).ok());
                let is_exact = exact.is_some();
                let inner = exact.or_else(|| draft.value(ScalarType::String)?.as_text().map(str::to_owned));
                let inner = inner.filter(|text| !text.is_empty());
                let whole = match (number, inner) {
                    // a text that is only a part of what is asked for is no match by itself
                    (Some(0) | None, Some(inner)) if is_exact => Some(inner),
                    (Some(number @ 1..), Some(inner)) => text_of_regex(&pattern, Some((number, &inner))),
                    _ => text_of_regex(&pattern, None),
                };
                whole.map_or_else(Vec::new, |whole| self.at(text, Draft::piece(&whole)))
            }
            ("parse_url", [text]) => {
                let part =
                    |key: &str| draft.parts.get(&Step::Key(key.to_owned())).and_then(|d| d.value(ScalarType::String));
                let text_of = |key: &str, otherwise: &str| match part(key) {
                    Some(Value::Text(text)) => text,
                    _ => otherwise.to_owned(),
                };
                let path = text_of("Path", "/a");
                let url = format!(
                    "{}://{}{}{path}",
                    text_of("Scheme", "https"),
                    text_of("Host", "www.example.com"),
                    if path.starts_with('/') { "" } else { "/" }
                );
                self.at(text, Draft::text(&url))
            }
            ("parse_path", [text]) => {
                let file = draft.parts.get(&Step::Key("Filename".to_owned())).and_then(|d| d.value(ScalarType::String));
                match file {
                    Some(Value::Text(file)) => self.at(text, Draft::text(&format!("C:\\Users\\alice\\{file}"))),
                    _ => Vec::new(),
                }
            }
            ("base64_decode_tostring", [text]) => {
                let inner = draft.value(ScalarType::String).unwrap_or(Value::Null);
                let encoded =
                    call("base64_encode_tostring", vec![constant(inner, ScalarType::String)], ScalarType::String);
                match self.environment.constant(&encoded) {
                    Some(Value::Text(encoded)) => self.at(text, Draft::text(&encoded)),
                    _ => Vec::new(),
                }
            }
            ("strlen", [text]) => match draft.exact {
                Some((Value::Long(length), _)) => {
                    let length = usize::try_from(length).unwrap_or(0).min(100_000);
                    let mut found = self.at(text, Draft::text(&"a".repeat(length)));
                    // a name or a path has parts
                    if let Some(filled) = length.checked_sub(PARTS.len()).filter(|filled| *filled > 0) {
                        found.extend(self.at(text, Draft::text(&format!("{}{PARTS}", "a".repeat(filled)))));
                    }
                    found
                }
                _ => Vec::new(),
            },
            ("array_length", [list]) => match draft.exact {
                Some((Value::Long(length), _)) if (1..=1000).contains(&length) => {
                    let last = usize::try_from(length).unwrap_or(1) - 1;
                    self.at(list, Draft::at(Step::Place(last), Draft::text("x")))
                }
                _ => Vec::new(),
            },
            ("binary_and", [a, b]) => {
                let (own, mask) = if self.is_in(a) { (a, b) } else { (b, a) };
                let is_zero = matches!(draft.exact, Some((Value::Long(0), _)));
                match self.value(mask) {
                    Some(mask) if !is_zero => self.at(own, Draft::exact(mask, own.ty)),
                    _ => self.at(own, Draft::exact(Value::Long(0), ScalarType::Long)),
                }
            }
            ("+" | "-" | "*" | "/", [a, b]) => self.through_arithmetic(name, a, b, draft),
            ("pack_array" | "bag_pack" | "set_union" | "array_concat" | "max_of" | "min_of", _) => {
                let own = args.iter().find(|arg| self.is_in(arg));
                own.map_or_else(Vec::new, |arg| self.at(arg, draft.parts.into_values().next().unwrap_or_default()))
            }
            ("iff", [_, yes, no]) => [yes, no].into_iter().flat_map(|arg| self.at(arg, draft.clone())).collect(),
            _ => Vec::new(),
        }
    }

    fn through_strcat(&self, args: &[Expr], draft: Draft, exact: Option<String>) -> Vec<Draft> {
        let Some(place) = args.iter().position(|arg| self.is_in(arg)) else { return Vec::new() };
        let Some(own) = args.get(place) else { return Vec::new() };
        let constants =
            |args: &[Expr]| args.iter().filter_map(|arg| Some(text_of(&self.value(arg)?, arg.ty))).collect::<String>();
        let (before, after) = args.split_at(place);
        let (before, after) = (constants(before), constants(after.get(1..).unwrap_or_default()));
        match exact {
            Some(text) => {
                let inner = text.strip_prefix(&before).and_then(|rest| rest.strip_suffix(&after));
                inner.map_or_else(Vec::new, |inner| self.at(own, Draft::text(inner)))
            }
            None => self.at(own, draft),
        }
    }

    fn through_arithmetic(&self, name: &str, a: &Expr, b: &Expr, draft: Draft) -> Vec<Draft> {
        let Some((value, value_type)) = draft.exact else { return Vec::new() };
        let target = constant(value, value_type);
        let (own, other, is_first) = if self.is_in(a) { (a, b, true) } else { (b, a, false) };
        let inverse = match (name, is_first) {
            ("+", _) => call("-", vec![target, other.clone()], own.ty),
            ("-", true) => call("+", vec![target, other.clone()], own.ty),
            ("-", false) => call("-", vec![other.clone(), target], own.ty),
            ("*", _) => call("/", vec![target, other.clone()], own.ty),
            ("/", true) => call("*", vec![target, other.clone()], own.ty),
            _ => call("/", vec![other.clone(), target], own.ty),
        };
        match self.value(&inverse) {
            Some(value) if value != Value::Null => self.at(own, Draft::exact(value, own.ty)),
            _ => Vec::new(),
        }
    }
}

fn is_variable(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Column(_))
}

/// A draft of a value that is converted to the type of the draft.
fn converted(draft: Draft, to: ScalarType) -> Draft {
    let Some((value, from)) = &draft.exact else { return draft };
    if *from == to || to == ScalarType::Dynamic {
        return draft;
    }
    let value = match (value, to) {
        (value, ScalarType::String) => Value::Text(text_of(value, *from)),
        (Value::Long(value), ScalarType::Int) => i32::try_from(*value).map_or(Value::Null, Value::Int),
        (Value::Int(value), ScalarType::Long) => Value::Long(i64::from(*value)),
        (Value::Real(value), ScalarType::Long) => Value::Long(*value as i64),
        (Value::Long(value), ScalarType::Real) => Value::Real(*value as f64),
        (Value::Text(text), ScalarType::Long) => text.trim().parse().map_or(Value::Null, Value::Long),
        (Value::Text(text), ScalarType::Int) => text.trim().parse().map_or(Value::Null, Value::Int),
        (Value::Text(text), ScalarType::Real) => text.trim().parse().map_or(Value::Null, Value::Real),
        (Value::Text(text), ScalarType::Bool) => Value::Bool(text.eq_ignore_ascii_case("true")),
        (Value::Text(text), ScalarType::Datetime) => {
            kql_parser::time::parse_datetime(text).map_or(Value::Null, Value::Long)
        }
        (value, _) => value.clone(),
    };
    Draft { exact: Some((value, to)), ..draft }
}

/// What a text is like for which an operator with this term is true.
fn of_term(operator: &str, term: &str) -> Option<Draft> {
    let operator = operator.strip_suffix("_cs").unwrap_or(operator);
    Some(match operator {
        "has" | "contains" | "hasprefix" | "hassuffix" => Draft::piece(term),
        "startswith" => Draft { prefix: term.to_owned(), ..Draft::default() },
        "endswith" => Draft { suffix: term.to_owned(), ..Draft::default() },
        _ => return None,
    })
}

/// A value and others near it.
fn near(value: &Value, ty: ScalarType) -> Vec<Value> {
    let around = |value: i64, steps: &[i64]| {
        let near = steps.iter().map(|step| Value::Long(value.saturating_add(*step)));
        std::iter::once(Value::Long(value)).chain(near).collect::<Vec<_>>()
    };
    match (value, ty) {
        (Value::Long(ticks), ScalarType::Datetime | ScalarType::Timespan) => {
            around(*ticks, &[MINUTE, -MINUTE, HOUR, -HOUR, SECOND, -SECOND, 1, -1])
        }
        (Value::Long(value), _) => around(*value, &[1, -1, 10, -10]),
        (Value::Int(value), _) => [0, 1, -1, 10].map(|step| Value::Int(value.saturating_add(step))).to_vec(),
        (Value::Real(value), _) => [0.0, 1.0, -1.0, 0.001, -0.001].map(|step| Value::Real(value + step)).to_vec(),
        (Value::Bool(value), _) => vec![Value::Bool(*value), Value::Bool(!value)],
        (Value::Text(text), ScalarType::String) => {
            vec![Value::Text(text.clone()), Value::Text("other".to_owned()), Value::Text(format!("{text}x"))]
        }
        (value, _) => vec![value.clone()],
    }
}

/// Values that a cell without a condition could have.
pub(super) fn defaults(ty: ScalarType) -> Vec<Value> {
    match ty {
        ScalarType::String | ScalarType::Unknown => {
            TEXTS.iter().map(|text| Value::Text((*text).to_owned())).chain([Value::Text(String::new())]).collect()
        }
        ScalarType::Dynamic => {
            ["{}", "[]", "[\"alice\"]", "\"alice\""].map(|json| Value::Text(json.to_owned())).to_vec()
        }
        ScalarType::Bool => vec![Value::Bool(true), Value::Bool(false)],
        ScalarType::Int => vec![Value::Int(1), Value::Int(0), Value::Int(1000)],
        ScalarType::Long => vec![Value::Long(1), Value::Long(0), Value::Long(1000)],
        ScalarType::Real => vec![Value::Real(1.0), Value::Real(0.0), Value::Real(1000.0)],
        ScalarType::Guid => vec![Value::Text("00000000-0000-0000-0000-000000000007".to_owned())],
        ScalarType::Datetime | ScalarType::Timespan | ScalarType::Decimal => vec![Value::Null],
    }
}
