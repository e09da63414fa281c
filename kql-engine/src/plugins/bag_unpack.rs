//! `bag_unpack`: a column for each property of a bag.
//!
//! The columns depend on the rows, unless the call declares them.
//! <https://learn.microsoft.com/kusto/query/bag-unpack-plugin>

use super::Plugin;
use crate::bind::Binder;
use crate::dynamic::date;
use crate::dynamic::read::{self, Kind};
use crate::encoded::Encoded;
use crate::functions::{conversion, operators};
use crate::plan::{Expr, Extractor, Node, PlanColumn, Relation, StageKind};
use crate::stored_rows::StoredRows;
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray, StringBuilder};
use datafusion::common::Result;
use kql_parser::codes;
use kql_parser::{Span, ast};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
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
    let at = input.columns.iter().position(|c| c.id == arguments.column.id).unwrap_or(0);
    // hidden columns belong to the rows and are kept
    let rows = binder.staged(input, StageKind::Table(None), None);
    let Some(stored) = super::rows_of(binder, &rows, span) else {
        let columns = rows.columns.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| c.clone()).collect();
        return Relation { columns, open: true, ..rows };
    };
    match properties(&stored, at, &arguments) {
        Ok(found) => {
            let unpacked = unpack(binder, &arguments, rows, at, found, span);
            super::known_by_rows(unpacked, stored.is_empty())
        }
        Err(error) => {
            binder.error(codes::EVALUATION_FAILED, span, crate::error::run_error(error).to_string());
            Relation { open: true, ..rows }
        }
    }
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

/// The properties of all bags, by the names of their columns, and the common type of the values of each; `None` if a property
/// is null wherever it occurs.
fn properties(rows: &StoredRows, at: usize, arguments: &Arguments) -> Result<BTreeMap<String, Option<ScalarType>>> {
    let mut found: BTreeMap<String, Option<ScalarType>> = BTreeMap::new();
    let mut name = String::new();
    for batch in rows.batches()? {
        let batch = batch?;
        let Some(bags) = batch.columns().get(at).and_then(|a| a.as_string_opt::<i32>()) else { continue };
        let mut seen = HashSet::new();
        for bag in bags.iter().flatten() {
            seen.clear();
            for (key, value) in read::properties(bag) {
                let Some(key) = read::unquote(key) else { continue };
                if arguments.ignored.iter().any(|i| *i == key) {
                    continue;
                }
                name.clear();
                name.push_str(&arguments.prefix);
                name.push_str(&key);
                let ty = match found.get_mut(&name) {
                    Some(ty) => ty,
                    None => found.entry(name.clone()).or_default(),
                };
                // of a name that a bag has twice, the first value counts
                if value == "null" || !seen.insert(key) {
                    continue;
                }
                let own = type_of(value);
                *ty = Some(match *ty {
                    Some(known) if known == own => own,
                    Some(ScalarType::Long | ScalarType::Real) if matches!(own, ScalarType::Long | ScalarType::Real) => {
                        ScalarType::Real
                    }
                    Some(_) => ScalarType::Dynamic,
                    None => own,
                });
            }
        }
    }
    Ok(found)
}

/// The rows with a column for each property.
fn unpack(
    binder: &mut Binder,
    arguments: &Arguments,
    rows: Relation,
    at: usize,
    mut properties: BTreeMap<String, Option<ScalarType>>,
    span: Span,
) -> Relation {
    let Some(bag) = rows.columns.get(at).cloned() else { return Relation { open: true, ..rows } };
    let mut made: Vec<(String, PlanColumn)> = Vec::new();
    let mut made_of = |binder: &mut Binder, name: String, ty: Option<ScalarType>| {
        let column = binder.new_column(name.clone(), ty.unwrap_or(ScalarType::Dynamic));
        let key = name.strip_prefix(&arguments.prefix).unwrap_or(&name).to_owned();
        made.push((key, column.clone()));
        column
    };
    let mut columns: Vec<PlanColumn> = Vec::new();
    for column in &rows.columns {
        if column.id != bag.id {
            columns.push(column.clone());
        } else if let Some(ty) = properties.remove(&column.name) {
            // a property with the name of the bag replaces it
            columns.push(made_of(binder, column.name.clone(), ty));
        }
    }
    let mut places: HashMap<String, usize> = columns.iter().enumerate().map(|(i, c)| (c.name.clone(), i)).collect();
    for (name, ty) in properties {
        match (places.get(&name), arguments.conflict) {
            (Some(_), Conflict::Keep) => {}
            (Some(place), Conflict::Replace) => {
                let column = made_of(binder, name, ty);
                if let Some(slot) = columns.get_mut(*place) {
                    *slot = column;
                }
            }
            (Some(_), Conflict::Error) => {
                let message = format!("A column with the name '{name}' already exists.");
                binder.report(
                    kql_parser::Diagnostic::error(codes::COLUMN_CONFLICT, span, message)
                        .with_help("choose one with columnsConflict='replace_source' or 'keep_source'"),
                );
            }
            (None, _) => {
                places.insert(name.clone(), columns.len());
                columns.push(made_of(binder, name, ty));
            }
        }
    }
    let hidden = rows.hidden.iter().filter(|column| !places.contains_key(&column.name)).cloned().collect();
    let unpacker = Unpacker {
        places: made.iter().enumerate().map(|(i, (key, _))| (key.clone(), i)).collect(),
        types: made.iter().map(|(_, column)| column.ty).collect(),
    };
    let node = Arc::new(Node::Extract {
        input: rows.node.clone(),
        value: Expr::column(&bag, span),
        extractor: Arc::new(unpacker),
        columns: made.iter().map(|(_, column)| (column.id, column.ty)).collect(),
        matched: binder.new_id(),
    });
    Relation { node, columns, hidden, ..rows }
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

/// The name of this kind of extractor.
pub(crate) const KIND: &str = "bag_unpack";

/// The extractor from its data.
pub(crate) fn decode(encoded: &Encoded) -> Result<Arc<dyn Extractor>> {
    let (places, types) = encoded.data()?;
    Ok(Arc::new(Unpacker { places, types }))
}

/// Reads the properties of bags.
struct Unpacker {
    /// The place of each property among the columns.
    places: HashMap<String, usize>,
    types: Vec<ScalarType>,
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bag_unpack")
    }
}

impl Extractor for Unpacker {
    fn extract(&self, bags: &StringArray) -> Result<(BooleanArray, Vec<ArrayRef>)> {
        let mut values: Vec<(StringBuilder, usize)> = self.types.iter().map(|_| (StringBuilder::new(), 0)).collect();
        for (row, bag) in bags.iter().enumerate() {
            for (key, value) in bag.into_iter().flat_map(read::properties) {
                let Some(key) = read::unquote(key) else { continue };
                let place = self.places.get(&*key).and_then(|place| values.get_mut(*place));
                let Some((builder, rows)) = place.filter(|(_, rows)| *rows <= row && value != "null") else { continue };
                builder.append_nulls(row - *rows);
                builder.append_value(value);
                *rows = row + 1;
            }
        }
        let mut columns = Vec::with_capacity(values.len());
        for ((mut builder, rows), ty) in values.into_iter().zip(&self.types) {
            builder.append_nulls(bags.len() - rows);
            let json: ArrayRef = Arc::new(builder.finish());
            columns.push(match ty {
                ScalarType::Dynamic => json,
                ty => conversion::convert(&json, ScalarType::Dynamic, *ty)?,
            });
        }
        Ok((BooleanArray::from(vec![true; bags.len()]), columns))
    }

    fn encode(&self) -> Result<(&'static str, Encoded)> {
        Ok((KIND, Encoded::of(&(&self.places, &self.types))?))
    }
}
