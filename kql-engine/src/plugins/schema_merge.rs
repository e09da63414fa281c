//! `schema_merge`: merges several schemas, as `getschema` returns them, into one.
//!
//! <https://learn.microsoft.com/kusto/query/schema-merge-plugin>

use super::error::PluginError;
use super::{Plugin, timeline};
use crate::bind::Binder;
use crate::plan::{Compiler, Expr, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
use kql_parser::ast;
use kql_parser::codes;
use std::collections::HashMap;
use std::sync::Arc;

pub static SCHEMA_MERGE: Plugin = Plugin {
    name: "schema_merge",
    signature: "([PreserveOrder: bool])",
    summary: "Merges several schemas returned by getschema into one.",
    page: "schema-merge-plugin",
    bind,
};

/// The columns of `getschema`.
const COLUMNS: [(&str, ScalarType); 4] = [
    ("ColumnName", ScalarType::String),
    ("ColumnOrdinal", ScalarType::Long),
    ("DataType", ScalarType::String),
    ("ColumnType", ScalarType::String),
];

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    bound(binder, evaluate, &input).unwrap_or_else(|| binder.empty_relation())
}

fn bound(binder: &mut Binder, evaluate: &ast::Evaluate, input: &Relation) -> Option<Relation> {
    let call = &evaluate.call;
    let mut in_order = true;
    if let Some(argument) = call.args.first() {
        let value = match &argument.kind {
            ast::ExprKind::Named(named) => &named.value,
            _ => argument,
        };
        let value = binder.fixed(value);
        match value.as_constant() {
            Some(Value::Bool(wanted)) => in_order = *wanted,
            _ if value.ty == ScalarType::Unknown => return None,
            _ => {
                binder.error(codes::TYPE_EXPECTED, argument.span, "PreserveOrder must be true or false.");
                return None;
            }
        }
    }
    if call.args.len() > 1 {
        binder.error(codes::ARGUMENT_COUNT, call.name.span, "The plugin 'schema_merge' expects at most 1 argument.");
        return None;
    }
    let mut read = Vec::with_capacity(COLUMNS.len());
    for (name, ty) in COLUMNS {
        match input.columns.iter().find(|c| c.name == name) {
            Some(column) if column.ty == ty || (column.ty.is_integer() && ty.is_integer()) => {
                read.push(Expr::column(column, evaluate.call_span));
            }
            _ if input.open => return None,
            _ => {
                let message =
                    format!("schema_merge() expects the output of getschema, with a column {name} of type {ty}.");
                binder.error(codes::INPUT_COLUMNS, evaluate.call_span, message);
                return None;
            }
        }
    }
    let columns = COLUMNS.map(|(name, ty)| binder.new_column(name, ty)).to_vec();
    let rows = timeline::rows(binder, input, read);
    Some(binder.staged(rows, StageKind::Table(Some(Arc::new(Merge { in_order }))), Some(columns)))
}

#[derive(Debug)]
struct Merge {
    in_order: bool,
}

/// A column of the merged schema.
struct Merged {
    ordinal: i64,
    /// Whether the schemas have it at different positions.
    moved: bool,
    types: (String, String),
}

const MOVED: &str = "ERROR(columns are out of order)";

impl TableFunction for Merge {
    fn name(&self) -> &str {
        "schema_merge"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, _: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let mut merged: HashMap<String, Merged> = HashMap::new();
        for batch in input.batches()? {
            let batch = &batch?;
            let [names, ordinals, data, kinds] = batch.columns() else { continue };
            let text = |array: &ArrayRef| array.as_string_opt::<i32>().cloned().ok_or(TableFunctionError::NotStrings);
            let (names, ordinals, data, kinds) = (text(names)?, timeline::longs(ordinals)?, text(data)?, text(kinds)?);
            for row in 0..batch.num_rows() {
                let types = (data.value(row).to_owned(), kinds.value(row).to_owned());
                let (name, ordinal) = (names.value(row), ordinals.value(row));
                match merged.get_mut(name) {
                    None => {
                        merged.insert(name.to_owned(), Merged { ordinal, moved: false, types });
                    }
                    Some(known) if known.types != types => {
                        // Rows come in no particular order; the message does not depend on it.
                        let mut both = [&known.types.1, &types.1];
                        both.sort();
                        let [one, two] = both;
                        return Err(PluginError::SeveralTypes {
                            name: name.to_owned(),
                            one: one.clone(),
                            two: two.clone(),
                        }
                        .into());
                    }
                    Some(known) => {
                        known.moved |= known.ordinal != ordinal;
                        known.ordinal = known.ordinal.max(ordinal);
                    }
                }
            }
        }
        let mut columns: Vec<(String, Merged)> = merged.into_iter().collect();
        for (_, column) in &mut columns {
            if self.in_order && column.moved {
                column.ordinal = -1;
                column.types = (format!("ERROR(unknown CSL type:{MOVED})"), MOVED.to_owned());
            }
        }
        // columns out of order come last, by name
        columns.sort_by(|(a, x), (b, y)| (x.ordinal < 0, x.ordinal, a).cmp(&(y.ordinal < 0, y.ordinal, b)));
        let clash = columns.windows(2).find_map(|pair| match pair {
            [(a, x), (b, y)] if x.ordinal >= 0 && x.ordinal == y.ordinal => Some((a, b)),
            _ => None,
        });
        if let Some((a, b)) = clash {
            return Err(PluginError::SamePosition { one: a.clone(), two: b.clone() }.into());
        }
        let texts = |f: fn(&(String, Merged)) -> &str| Arc::new(StringArray::from_iter_values(columns.iter().map(f)));
        let ordinals = Int64Array::from_iter_values(columns.iter().map(|(_, c)| c.ordinal));
        let arrays: Vec<ArrayRef> =
            vec![texts(|(name, _)| name), Arc::new(ordinals), texts(|(_, c)| &c.types.0), texts(|(_, c)| &c.types.1)];
        Ok(out.extend(crate::plan::batch_of(COLUMNS.iter().map(|(_, ty)| *ty), arrays))?)
    }
}
