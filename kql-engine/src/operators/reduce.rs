//! `reduce by x`: groups similar texts by patterns.
//!
//! Words that many texts have at the same position form a pattern; the rest of a text is `*`. This is the clustering of
//! R. Vaarandi's SLCT, which the operator's page names.
//! <https://learn.microsoft.com/kusto/query/reduce-operator>

use crate::bind::{Binder, Row};
use crate::plan::{Compiler, Expr, PlanColumn, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span, ast};
use std::collections::HashMap;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, reduce: &ast::Reduce, input: Relation, span: Span) -> Relation {
    if input.partition.is_some() {
        super::not_in_parts(binder, span);
        return input;
    }
    let (_, by) = super::named(&reduce.by);
    let value = binder.expr(by, Row::of(&input)).convert_unknown(ScalarType::String);
    let input = binder.with_windows(input);
    if !matches!(value.ty, ScalarType::String | ScalarType::Unknown) {
        binder.error(codes::EXPRESSION_TYPE, by.span, "The expression must have the type string.");
    }
    let keeps_rows = match super::parameter(&reduce.parameters, &["kind"]) {
        None => false,
        Some(("source", _)) => true,
        Some((_, span)) => {
            binder.error(codes::TERM_EXPECTED, span, "Expected: source");
            false
        }
    };
    let (mut threshold, mut separators) = (0.1, None);
    for property in &reduce.properties {
        let value = binder.expr(&property.value, Row::default());
        let name = property.name.text.as_str();
        let number = match value.as_constant() {
            Some(Value::Real(real)) => Some(*real),
            Some(constant) => constant.as_long().map(|n| n as f64),
            None => None,
        };
        match (name, value.as_constant(), number) {
            ("threshold", _, Some(share)) if (0.0..=1.0).contains(&share) => threshold = share,
            ("characters", Some(Value::Text(text)), _) => separators = Some(text.chars().collect::<Vec<char>>()),
            _ if value.ty == ScalarType::Unknown => {}
            ("threshold", ..) => {
                binder.error(codes::INVALID_ARGUMENT, property.value.span, "threshold must be between 0 and 1.")
            }
            ("characters", ..) => {
                binder.error(codes::TYPE_EXPECTED, property.value.span, "characters must be a constant string.")
            }
            _ => binder.error(codes::TERM_EXPECTED, property.name.span, "Expected: threshold, characters"),
        }
    }
    let message = "The grouping rules of reduce are only partly documented; Kusto may return different groups.";
    binder.report(Diagnostic::warning(codes::UNPUBLISHED_ALGORITHM, by.span, message));
    let kept: &[PlanColumn] = if keeps_rows { &input.columns } else { &[] };
    let mut columns: Vec<PlanColumn> = kept.iter().map(|c| binder.new_column(c.name.clone(), c.ty)).collect();
    for (name, ty) in
        [("Pattern", ScalarType::String), ("Count", ScalarType::Long), ("Representative", ScalarType::String)]
    {
        columns.push(binder.new_column(name, ty));
    }
    let mut read = vec![value];
    read.extend(kept.iter().map(|c| Expr::column(c, span)));
    let order = if keeps_rows { input.order.clone() } else { Vec::new() };
    let ids: Vec<PlanColumn> = read.iter().map(|v| binder.new_column("", v.ty)).collect();
    let pairs = ids.iter().map(|c| c.id).zip(read).collect();
    let rows = Relation { order, serialized: keeps_rows && input.serialized, columns: Vec::new(), ..input };
    let rows = Relation { node: crate::plan::project(&rows, pairs), columns: ids, ..rows };
    let types = columns.iter().map(|c| c.ty).collect();
    let reduction = Reduction { types, keeps_rows, threshold, separators };
    binder.staged(rows, StageKind::Table(Some(Arc::new(reduction))), Some(columns))
}

#[derive(Debug)]
struct Reduction {
    types: Vec<ScalarType>,
    keeps_rows: bool,
    threshold: f64,
    /// The separators of words; `None` for all characters that are not ASCII letters or digits.
    separators: Option<Vec<char>>,
}

/// A group of texts.
struct Group {
    pattern: String,
    count: i64,
    /// The smallest of its texts: which one Kusto chooses is not documented.
    representative: String,
}

/// The pattern of all texts that are not similar to others.
const OTHERS: &str = "others";

impl Reduction {
    fn separates(&self, c: char) -> bool {
        self.separators.as_ref().map_or(!c.is_ascii_alphanumeric(), |given| given.contains(&c))
    }

    fn words<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        text.split(|c| self.separates(c)).filter(|w| !w.is_empty())
    }

    /// The groups, and the group of each of the texts.
    fn groups(&self, texts: &[&str]) -> (Vec<Group>, Vec<usize>) {
        let least = (self.threshold * texts.len() as f64 * (1.0 - 1e-12)).max(2.0);
        let mut frequent: HashMap<(usize, &str), usize> = HashMap::new();
        for text in texts {
            // numbers distinguish texts, they do not make them similar
            for (place, word) in self.words(text).enumerate().filter(|(_, w)| !w.bytes().all(|b| b.is_ascii_digit())) {
                *frequent.entry((place, word)).or_default() += 1;
            }
        }
        frequent.retain(|_, count| *count as f64 >= least);
        let key = |text: &&str| -> String {
            let words = self.words(text).enumerate().filter(|(place, word)| frequent.contains_key(&(*place, *word)));
            words.map(|(place, word)| format!("{place} {word}\n")).collect()
        };
        let keys: Vec<String> = texts.iter().map(key).collect();
        let mut sizes: HashMap<&str, usize> = HashMap::new();
        keys.iter().for_each(|k| *sizes.entry(k).or_default() += 1);
        let is_group = |key: &str| !key.is_empty() && sizes.get(key).is_some_and(|size| *size as f64 >= least);
        let mut places: HashMap<&str, usize> = HashMap::new();
        let (mut groups, mut of): (Vec<Group>, Vec<usize>) = (Vec::new(), Vec::with_capacity(texts.len()));
        for (text, key) in texts.iter().zip(&keys) {
            let key = if is_group(key) { key.as_str() } else { "" };
            let place = *places.entry(key).or_insert_with(|| {
                groups.push(Group { pattern: String::new(), count: 0, representative: (*text).to_owned() });
                groups.len() - 1
            });
            of.push(place);
            if let Some(group) = groups.get_mut(place) {
                group.count += 1;
                if *text < group.representative.as_str() {
                    group.representative = (*text).to_owned();
                }
            }
        }
        for (key, place) in places {
            if let Some(group) = groups.get_mut(place) {
                if key.is_empty() {
                    (group.pattern, group.representative) = (OTHERS.to_owned(), String::new());
                } else {
                    group.pattern = self.pattern(&group.representative, &frequent);
                }
            }
        }
        (groups, of)
    }

    /// A text with `*` instead of words that are not frequent, and of the letters and digits that separate them.
    fn pattern(&self, text: &str, frequent: &HashMap<(usize, &str), usize>) -> String {
        let (mut pattern, mut place, mut rest) = (String::new(), 0, text);
        let mut waiting = "";
        while let Some(c) = rest.chars().next() {
            let separates = self.separates(c);
            let end = rest.find(|c| self.separates(c) != separates).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            rest = after;
            if separates {
                waiting = part;
                continue;
            }
            let separator = std::mem::take(&mut waiting);
            let swallowed = separator.chars().any(char::is_alphanumeric);
            if frequent.contains_key(&(place, part)) {
                if !(swallowed && pattern.ends_with('*')) {
                    pattern.push_str(separator);
                }
                pattern.push_str(part);
            } else if !pattern.ends_with('*') {
                if !swallowed {
                    pattern.push_str(separator);
                }
                pattern.push('*');
            }
            place += 1;
        }
        if !(pattern.ends_with('*') && waiting.chars().any(char::is_alphanumeric)) {
            pattern.push_str(waiting);
        }
        pattern
    }
}

impl TableFunction for Reduction {
    fn name(&self) -> &str {
        "reduce"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, _: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let mut arrays: Vec<StringArray> = Vec::new();
        let loaded = input.load()?;
        for column in loaded.batches.iter().filter_map(|b| b.columns().first()) {
            arrays.push(column.as_string_opt::<i32>().cloned().ok_or(TableFunctionError::NotStrings)?);
        }
        let texts: Vec<&str> = arrays.iter().flat_map(|a| (0..a.len()).map(|i| a.value(i))).collect();
        if texts.is_empty() {
            return Ok(());
        }
        let (mut groups, of) = self.groups(&texts);
        if !self.keeps_rows {
            groups.sort_by(|a, b| {
                let key = |g: &Group| (g.pattern == OTHERS && g.representative.is_empty(), -g.count);
                key(a).cmp(&key(b)).then_with(|| a.pattern.cmp(&b.pattern))
            });
            let arrays = described(groups.iter());
            return Ok(out.extend(crate::plan::batch_of(self.types.iter().copied(), arrays))?);
        }
        let mut of = of.as_slice();
        for batch in input.batches()? {
            let batch = batch?;
            let (own, rest) = of.split_at(batch.num_rows().min(of.len()));
            of = rest;
            let mut arrays: Vec<ArrayRef> = batch.columns().iter().skip(1).cloned().collect();
            arrays.extend(described(own.iter().filter_map(|place| groups.get(*place))));
            out.extend(crate::plan::batch_of(self.types.iter().copied(), arrays))?;
        }
        Ok(())
    }
}

fn described<'g>(groups: impl Iterator<Item = &'g Group> + Clone) -> Vec<ArrayRef> {
    vec![
        Arc::new(StringArray::from_iter_values(groups.clone().map(|g| &g.pattern))),
        Arc::new(Int64Array::from_iter_values(groups.clone().map(|g| g.count))),
        Arc::new(StringArray::from_iter_values(groups.map(|g| &g.representative))),
    ]
}
