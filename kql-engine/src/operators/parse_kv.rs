//! `parse-kv`: extracts columns from a text of keys and values.
//!
//! <https://learn.microsoft.com/kusto/query/parse-kv-operator>

use crate::bind::{Binder, Row};
use crate::extract::key_values::{KeyValueForm, KeyValues, Quotes};
use crate::plan::{PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast;
use kql_parser::codes;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, parse: &ast::ParseKv, input: Relation) -> Relation {
    let value = binder.expr(&parse.value, Row::of(&input));
    let input = binder.with_windows(input);
    let mut columns: Vec<PlanColumn> = Vec::new();
    for declaration in &parse.columns {
        let ty = binder.scalar_type(&declaration.ty);
        if columns.iter().any(|c| c.name == declaration.name.text) {
            binder.already_declared(&declaration.name.text, declaration.name.span);
            continue;
        }
        columns.push(binder.new_column(declaration.name.text.clone(), ty));
    }
    let Some(form) = form(binder, parse) else {
        return Relation { columns: crate::plan::replaced(&input.columns, &columns), ..input };
    };
    let named: Vec<(String, ScalarType)> = columns.iter().map(|c| (c.name.clone(), c.ty)).collect();
    super::parse::extracted(
        binder,
        input,
        value,
        Arc::new(KeyValues::new(form, &named)),
        columns,
        super::parse::Unmatched::Keep,
    )
}

fn form(binder: &mut Binder, parse: &ast::ParseKv) -> Option<KeyValueForm> {
    let (mut pair, mut key_value) = (None, None);
    let (mut quotes, mut greedy) = (Quotes::default(), false);
    for property in &parse.properties {
        let value = binder.expr(&property.value, Row::default());
        let name = property.name.text.as_str();
        match (name, value.as_constant()) {
            ("greedy", Some(Value::Bool(b))) => greedy = *b,
            ("pair_delimiter", Some(Value::Text(text))) if !text.is_empty() => pair = Some(text.clone()),
            ("kv_delimiter", Some(Value::Text(text))) if !text.is_empty() => key_value = Some(text.clone()),
            ("quote", Some(Value::Text(text))) => {
                let mut chars = text.chars();
                quotes.pairs.extend(chars.next().map(|open| (open, chars.next().unwrap_or(open))));
            }
            ("escape", Some(Value::Text(text))) => quotes.escapes.extend(text.chars().next()),
            ("regex", Some(Value::Text(text))) => match crate::functions::operators::compiled(text) {
                Ok(regex) if regex.captures_len() >= 3 => return Some(KeyValueForm::Regex(regex)),
                Ok(_) => {
                    let message = "The regular expression must have two groups, one for the key and one for the \
                         value.";
                    binder.error(codes::INVALID_ARGUMENT, value.span, message);
                    return None;
                }
                Err(e) => {
                    let reason = e.to_string();
                    let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                    binder.error(
                        codes::INVALID_ARGUMENT,
                        value.span,
                        format!("The regular expression is not valid: {reason}."),
                    );
                    return None;
                }
            },
            (_, None) if value.ty == ScalarType::Unknown => return None,
            _ => {
                let message = format!("'{name}' with this value is not a valid property of parse-kv.");
                binder.error(codes::TERM_EXPECTED, property.value.span, message);
                return None;
            }
        }
    }
    if pair.is_none() && key_value.is_none() && !greedy {
        return Some(KeyValueForm::Words(quotes));
    }
    let pair = pair.unwrap_or_else(|| " ".to_owned());
    let key_value = key_value.unwrap_or_else(|| "=".to_owned());
    Some(KeyValueForm::Delimited { pair, key_value, quotes, greedy })
}
