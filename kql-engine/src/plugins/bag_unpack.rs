//! `bag_unpack`: a column for each property of a bag.
//!
//! The columns depend on the rows, unless the call declares them.
//! <https://learn.microsoft.com/kusto/query/bag-unpack-plugin>

use super::Plugin;
use crate::bind::Binder;
use crate::dynamic::date;
use crate::dynamic::read::{self, Kind};
use crate::functions::{conversion, operators};
use crate::plan::{Expr, PlanColumn, Relation};
use crate::registry::{Call, Eval};
use crate::types::{Column, ScalarType, TableSchema};
use crate::value::Value;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringBuilder, new_null_array};
use datafusion::logical_expr::ColumnarValue;
use kql_parser::codes;
use kql_parser::{Span, ast};
use std::collections::BTreeMap;
use std::sync::Arc;

pub static BAG_UNPACK: Plugin = Plugin {
    name: "bag_unpack",
    signature: "(bag: dynamic, [OutputColumnPrefix: string], [columnsConflict: string], [ignoredProperties: dynamic])",
    summary: "A column for each property of a bag.",
    page: "bag-unpack-plugin",
    bind,
};

/// What happens to a property with the name of another column.
#[derive(Clone, Copy, PartialEq)]
enum Conflict {
    Error,
    Replace,
    Keep,
}

struct Arguments {
    column: PlanColumn,
    prefix: String,
    conflict: Conflict,
    ignored: Vec<String>,
}

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    let span = evaluate.call_span;
    let Some(arguments) = arguments(binder, evaluate, &input) else {
        return Relation { open: true, ..input };
    };
    if let Some(schema) = &evaluate.schema {
        return with_schema(binder, schema, &arguments, input, span);
    }
    // hidden columns belong to the rows and are kept
    let all = input.nameable().cloned().collect();
    let Some(batches) = super::rows_of(binder, &Relation { columns: all, ..input.clone() }, span) else {
        let columns = input.columns.iter().filter(|c| c.id != arguments.column.id).cloned().collect();
        return Relation { columns, open: true, ..input };
    };
    let unpacked = unpack(binder, &arguments, &input, &batches, span);
    super::known_by_rows(unpacked, &batches)
}

fn arguments(binder: &mut Binder, evaluate: &ast::Evaluate, input: &Relation) -> Option<Arguments> {
    let call = &evaluate.call;
    let Some((column, rest)) = call.args.split_first() else {
        binder.error(codes::TOO_FEW_ARGUMENTS, call.name.span, "The plugin 'bag_unpack' expects at least 1 argument.");
        return None;
    };
    let column = super::column_of(binder, column, input)?;
    if column.ty != ScalarType::Dynamic && column.ty != ScalarType::Unknown {
        binder.error(
            codes::TYPE_EXPECTED,
            call.args.first().map_or(call.name.span, |a| a.span),
            "A value of type dynamic expected.",
        );
        return None;
    }
    let mut found = Arguments { column, prefix: String::new(), conflict: Conflict::Error, ignored: Vec::new() };
    let mut place = 0;
    for arg in rest {
        let (name, value) = match &arg.kind {
            ast::ExprKind::Named(named) => (named.names.first().map_or("", |n| n.text.as_str()), &named.value),
            _ => {
                place += 1;
                (
                    ["OutputColumnPrefix", "columnsConflict", "ignoredProperties"]
                        .get(place - 1)
                        .copied()
                        .unwrap_or(""),
                    arg,
                )
            }
        };
        let value = binder.fixed(value);
        let text = value.as_constant().and_then(Value::as_text);
        match (name.to_ascii_lowercase().as_str(), text) {
            ("outputcolumnprefix" | "column_prefix", Some(text)) => found.prefix = text.to_owned(),
            ("columnsconflict", Some("error")) => found.conflict = Conflict::Error,
            ("columnsconflict", Some("replace_source")) => found.conflict = Conflict::Replace,
            ("columnsconflict", Some("keep_source")) => found.conflict = Conflict::Keep,
            ("ignoredproperties", Some(json)) => {
                found.ignored = read::elements(json).filter_map(|e| read::unquote(e).map(|t| t.into_owned())).collect();
            }
            _ if value.ty == ScalarType::Unknown => return None,
            _ => {
                binder.error(
                    codes::TYPE_EXPECTED,
                    arg.span,
                    "bag_unpack() only accepts a prefix, columnsConflict and ignoredProperties.",
                );
                return None;
            }
        }
    }
    Some(found)
}

/// With declared columns nothing depends on the rows: each is a property in its type. If a column of the input has the
/// same name, `columnsConflict` decides; without it, the property counts in the rows whose bag has it.
fn with_schema(
    binder: &mut Binder,
    schema: &ast::EvaluateSchema,
    arguments: &Arguments,
    input: Relation,
    span: Span,
) -> Relation {
    let others: Vec<PlanColumn> = input.columns.iter().filter(|c| c.id != arguments.column.id).cloned().collect();
    let columns = super::declared(binder, schema, &others);
    let bag = Expr::column(&arguments.column, span);
    let mut pairs = Vec::with_capacity(columns.len());
    let mut result = Vec::with_capacity(columns.len());
    for column in columns {
        if others.iter().any(|own| own.id == column.id) {
            pairs.push((column.id, Expr::column(&column, span)));
            result.push(column);
            continue;
        }
        let own = others.iter().find(|c| c.name == column.name);
        let own = own.map(|own| Expr::column(own, span).convert(column.ty));
        let property = property(arguments, &bag, &column, span);
        let value = match (own, property, arguments.conflict) {
            (Some(own), None, _) | (Some(own), Some(_), Conflict::Keep) => own,
            (None, Some((_, value)), _) | (Some(_), Some((_, value)), Conflict::Replace) => value,
            (None, None, _) => crate::plan::missing(column.ty),
            (Some(own), Some((has, value)), Conflict::Error) => match crate::functions::scalar("iff") {
                Some(iff) => Expr::call(iff, vec![has, value, own], column.ty, span),
                None => value,
            },
        };
        pairs.push((column.id, value));
        result.push(column);
    }
    let relation = Relation { open: false, ..input };
    let node = crate::plan::project(&relation, pairs);
    Relation { node, columns: result, ..relation }
}

/// Whether a bag has the property of a column, and its value in the column's type; `None` if no property
/// can have the name.
fn property(arguments: &Arguments, bag: &Expr, column: &PlanColumn, span: Span) -> Option<(Expr, Expr)> {
    let key = column.name.strip_prefix(&arguments.prefix)?;
    if arguments.ignored.iter().any(|i| i == key) {
        return None;
    }
    let key = Expr::constant(Value::Text(key.to_owned()), ScalarType::String, span);
    let has =
        Expr::call(crate::functions::scalar("bag_has_key")?, vec![bag.clone(), key.clone()], ScalarType::Bool, span);
    let element = Expr::call(&operators::ELEMENT, vec![bag.clone(), key], ScalarType::Dynamic, span);
    Some((has, element.convert(column.ty)))
}

/// The values of a property seen so far.
struct Property {
    builder: StringBuilder,
    rows: usize,
    ty: Option<ScalarType>,
}

fn unpack(
    binder: &mut Binder,
    arguments: &Arguments,
    input: &Relation,
    batches: &[RecordBatch],
    span: Span,
) -> Relation {
    let at = input.columns.iter().position(|c| c.id == arguments.column.id).unwrap_or(0);
    let mut properties: BTreeMap<String, Property> = BTreeMap::new();
    let mut row = 0;
    for batch in batches {
        let bags = batch.columns().get(at).and_then(|a| a.as_string_opt::<i32>());
        for i in 0..batch.num_rows() {
            if let Some(bag) = bags.filter(|b| b.is_valid(i)).map(|b| b.value(i)) {
                for (key, value) in read::properties(bag) {
                    let Some(key) = read::unquote(key) else { continue };
                    if arguments.ignored.iter().any(|i| *i == key) {
                        continue;
                    }
                    let property = properties.entry(format!("{}{key}", arguments.prefix)).or_insert_with(|| Property {
                        builder: StringBuilder::new(),
                        rows: 0,
                        ty: None,
                    });
                    if property.rows > row || value == "null" {
                        continue;
                    }
                    for _ in property.rows..row {
                        property.builder.append_null();
                    }
                    property.builder.append_value(value);
                    property.rows = row + 1;
                    let ty = type_of(value);
                    property.ty = Some(match property.ty {
                        Some(known) if known == ty => ty,
                        Some(ScalarType::Long | ScalarType::Real)
                            if matches!(ty, ScalarType::Long | ScalarType::Real) =>
                        {
                            ScalarType::Real
                        }
                        Some(_) => ScalarType::Dynamic,
                        None => ty,
                    });
                }
            }
            row += 1;
        }
    }
    let own = |i: usize, column: &PlanColumn| {
        let arrays: Vec<&dyn Array> = batches.iter().filter_map(|b| b.columns().get(i).map(AsRef::as_ref)).collect();
        if arrays.is_empty() {
            arrow::array::new_empty_array(&column.ty.arrow())
        } else {
            arrow::compute::concat(&arrays).unwrap_or_else(|_| new_null_array(&column.ty.arrow(), row))
        }
    };
    let mut columns: Vec<(Column, ArrayRef)> = Vec::new();
    for (i, column) in input.columns.iter().enumerate() {
        let array = own(i, column);
        if i != at {
            columns.push((Column::new(column.name.clone(), column.ty), array));
        } else if let Some(property) = properties.remove(&column.name) {
            // a property with the name of the bag replaces it
            columns.push(made(&column.name, property, row));
        }
    }
    for (name, property) in properties {
        let own = columns.iter().position(|(c, _)| c.name == name);
        match (own, arguments.conflict) {
            (Some(_), Conflict::Keep) => {}
            (Some(place), Conflict::Replace) => {
                if let Some(slot) = columns.get_mut(place) {
                    *slot = made(&name, property, row);
                }
            }
            (Some(_), Conflict::Error) => {
                let message = format!("A column with the name '{name}' already exists.");
                binder.report(
                    kql_parser::Diagnostic::error(codes::COLUMN_CONFLICT, span, message)
                        .with_help("choose one with columnsConflict='replace_source' or 'keep_source'"),
                );
            }
            (None, _) => columns.push(made(&name, property, row)),
        }
    }
    let visible = columns.len();
    for (i, column) in input.hidden.iter().enumerate() {
        if columns.iter().all(|(c, _)| c.name != column.name) {
            columns.push((Column::new(column.name.clone(), column.ty), own(input.columns.len() + i, column)));
        }
    }
    let schema = TableSchema { columns: columns.iter().map(|(c, _)| c.clone()).collect() };
    let arrays: Vec<ArrayRef> = columns.into_iter().map(|(_, a)| a).collect();
    let batch = crate::plan::batch_of(schema.columns.iter().map(|c| c.ty), arrays);
    let mut unpacked = crate::plan::in_memory(&mut binder.ids, &schema, batch.into_iter().collect());
    unpacked.hidden = unpacked.columns.split_off(visible.min(unpacked.columns.len()));
    unpacked
}

fn type_of(json: &str) -> ScalarType {
    match read::kind(json) {
        Kind::Bool => ScalarType::Bool,
        Kind::Long if json.parse::<i64>().is_ok() => ScalarType::Long,
        Kind::Long | Kind::Real => ScalarType::Real,
        Kind::String if date::is_datetime(json) => ScalarType::Datetime,
        Kind::String => ScalarType::String,
        Kind::Array | Kind::Bag | Kind::Null => ScalarType::Dynamic,
    }
}

/// A property as a column with the common type of all its values.
fn made(name: &str, mut property: Property, rows: usize) -> (Column, ArrayRef) {
    for _ in property.rows..rows {
        property.builder.append_null();
    }
    let ty = property.ty.unwrap_or(ScalarType::Dynamic);
    let json: ArrayRef = Arc::new(property.builder.finish());
    let array = if ty == ScalarType::Dynamic { json } else { converted(&json, ty) };
    (Column::new(name, ty), array)
}

fn converted(json: &ArrayRef, ty: ScalarType) -> ArrayRef {
    let args = [ColumnarValue::Array(json.clone())];
    let types = [ScalarType::Dynamic];
    let call = Call { args: &args, rows: json.len(), types: &types, returns: ty };
    let converted = match conversion::to(ty).eval {
        Eval::Kernel(kernel) => kernel(&call).and_then(|v| v.into_array(json.len())).ok(),
        _ => None,
    };
    converted.unwrap_or_else(|| new_null_array(&ty.arrow(), json.len()))
}
