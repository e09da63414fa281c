//! `pivot`: a column for each value of a column, with an aggregate of the rows that have the value.
//!
//! <https://learn.microsoft.com/kusto/query/pivot-plugin>

use super::Plugin;
use crate::bind::{Binder, Row};
use crate::plan::{Aggregate, Expr, PlanColumn, Relation};
use crate::types::{Column, ScalarType, TableSchema};
use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, interleave};
use arrow::row::{RowConverter, SortField};
use kql_parser::ast;
use kql_parser::codes;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub static PIVOT: Plugin = Plugin {
    name: "pivot",
    signature: "(column, [aggregate], [column], ...)",
    summary: "Turns each value of a column into a column that holds an aggregate of the rows with that value.",
    page: "pivot-plugin",
    bind,
};

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    let call = &evaluate.call;
    let Some((first, rest)) = call.args.split_first() else {
        binder.error(codes::TOO_FEW_ARGUMENTS, call.name.span, "The plugin 'pivot' expects at least 1 argument.");
        return Relation { open: true, ..input };
    };
    let Some(pivot) = super::column_of(binder, first, &input) else { return Relation { open: true, ..input } };
    let (value, others) = match rest.split_first() {
        Some((value, others)) => (Some(value), others),
        None => (None, [].as_slice()),
    };
    let mut aggregates = Vec::new();
    let row = Row { aggregates_only: true, ..Row::of(&input) };
    let (result, is_count, used) = match value {
        Some(value) => {
            let bound = binder.with_aggregates(&mut aggregates, |binder| binder.expr(value, row));
            let mut used = Vec::new();
            for aggregate in &aggregates {
                for arg in &aggregate.args {
                    arg.walk(&mut |e| {
                        if let crate::plan::ExprKind::Column(id) = e.kind {
                            used.push(id);
                        }
                    });
                }
            }
            let counts = aggregates.iter().all(|a| {
                matches!(
                    a.function.name,
                    "count" | "countif" | "dcount" | "dcountif" | "sum" | "sumif" | "count_distinct"
                )
            });
            (bound, counts, used)
        }
        None => {
            let id = binder.new_id();
            let ty = ScalarType::Long;
            let span = call.name.span;
            let function = &crate::aggregates::COUNT;
            aggregates.push(Aggregate { function, args: Vec::new(), ty, outputs: vec![(id, ty)], span });
            (Expr { kind: crate::plan::ExprKind::Column(id), ty, span }, true, Vec::new())
        }
    };
    let kept: Vec<PlanColumn> = if others.is_empty() {
        input.columns.iter().filter(|c| c.id != pivot.id && !used.contains(&c.id)).cloned().collect()
    } else {
        others.iter().filter_map(|e| super::column_of(binder, e, &input)).collect()
    };
    for column in kept.iter().chain([&pivot]) {
        crate::operators::not_dynamic(binder, &Expr::column(column, call.name.span));
    }
    if let Some(schema) = &evaluate.schema
        && !binder.evaluates()
    {
        let columns = super::declared(binder, schema, &kept);
        return Relation { columns, open: false, ..binder.empty_relation() };
    }
    // the pivoted column, or one that is named twice, can also be a key of the result
    let sources = kept;
    let mut kept: Vec<PlanColumn> = Vec::with_capacity(sources.len());
    for column in &sources {
        let again = column.id == pivot.id || kept.iter().any(|k| k.id == column.id);
        let id = if again { binder.new_id() } else { column.id };
        kept.push(PlanColumn { id, ..column.clone() });
    }
    let results = kept.iter().chain([&pivot]).map(|c| c.id);
    let keys = sources.iter().chain([&pivot]).map(|c| Expr::column(c, call.name.span));
    let groups = results.zip(keys).collect();
    let node = crate::bind::grouped(&input, groups, aggregates);
    let value = PlanColumn { id: binder.new_id(), name: "value".to_owned(), ty: result.ty };
    let columns: Vec<PlanColumn> = kept.iter().cloned().chain([pivot.clone(), value.clone()]).collect();
    let mut pairs = crate::plan::identity(&columns);
    if let Some(last) = pairs.last_mut() {
        *last = (value.id, result);
    }
    let grouped = Relation { node, ..Relation::default() };
    let grouped = Relation { node: crate::plan::project(&grouped, pairs), columns, ..Relation::default() };
    let Some(rows) = super::rows_of(binder, &grouped, evaluate.call_span) else {
        return Relation { columns: kept, open: true, ..binder.empty_relation() };
    };
    let pivoted = match rows.load() {
        Ok(loaded) => pivoted(&grouped, &loaded.batches, is_count),
        Err(error) => {
            let message = crate::error::run_error(error).to_string();
            binder.error(codes::EVALUATION_FAILED, evaluate.call_span, message);
            None
        }
    };
    let Some((schema, batch)) = pivoted else {
        return Relation { columns: kept, open: true, ..binder.empty_relation() };
    };
    let table = crate::plan::in_memory(&mut binder.ids, &schema, vec![batch]);
    match &evaluate.schema {
        Some(declared) => conformed(binder, declared, &kept, table),
        None => super::known_by_rows(table, rows.is_empty()),
    }
}

/// The table with the pivoted column's values as columns.
fn pivoted(grouped: &Relation, batches: &[RecordBatch], is_count: bool) -> Option<(TableSchema, RecordBatch)> {
    let types: Vec<ScalarType> = grouped.columns.iter().map(|c| c.ty).collect();
    let (keys, pivot_at) = (types.len() - 2, types.len() - 2);
    let all = match batches.first() {
        Some(first) => concat_batches(&first.schema(), batches).ok()?,
        None => crate::plan::batch_of(
            types.iter().copied(),
            types.iter().map(|ty| arrow::array::new_empty_array(&ty.arrow())).collect(),
        )?,
    };
    // rows of the result, in the order in which their keys first occur
    let fields = types.iter().take(keys).map(|ty| SortField::new(ty.arrow())).collect();
    let converter = RowConverter::new(fields).ok()?;
    let key_rows = if keys > 0 { Some(converter.convert_columns(all.columns().get(..keys)?).ok()?) } else { None };
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut first_rows: Vec<u32> = Vec::new();
    let mut values: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
    for row in 0..all.num_rows() {
        let key = key_rows.as_ref().map_or_else(Vec::new, |r| r.row(row).as_ref().to_vec());
        let place = *places.entry(key).or_insert_with(|| {
            first_rows.push(row as u32);
            first_rows.len() - 1
        });
        let mut name = String::new();
        crate::cell::text(all.columns().get(pivot_at)?, *types.get(pivot_at)?, row, &mut name);
        values.entry(name).or_default().push((place, row));
    }
    let rows = first_rows.len();
    let take = UInt32Array::from(first_rows);
    let mut columns: Vec<Column> = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (i, column) in grouped.columns.iter().enumerate().take(keys) {
        columns.push(Column::new(column.name.clone(), column.ty));
        arrays.push(arrow::compute::take(all.columns().get(i)?, &take, None).ok()?);
    }
    let ty = *types.last()?;
    let source = all.columns().last()?;
    let zero = is_count && ty.is_number();
    let missing = match (zero, ty) {
        (true, ty) => arrow::compute::cast(&arrow::array::Int64Array::from(vec![0]), &ty.arrow()).ok()?,
        (false, ScalarType::String) => Arc::new(arrow::array::StringArray::from(vec![""])) as ArrayRef,
        (false, ty) => arrow::array::new_null_array(&ty.arrow(), 1),
    };
    for (name, cells) in values {
        let mut indices = vec![(1usize, 0usize); rows];
        for (place, row) in cells {
            if let Some(slot) = indices.get_mut(place) {
                *slot = (0, row);
            }
        }
        columns.push(Column::new(name, ty));
        arrays.push(interleave(&[source, &missing], &indices).ok()?);
    }
    let batch = crate::plan::batch_of(columns.iter().map(|c| c.ty), arrays)?;
    Some((TableSchema { columns }, batch))
}

/// The table with the columns that the call declares.
fn conformed(binder: &mut Binder, schema: &ast::EvaluateSchema, kept: &[PlanColumn], table: Relation) -> Relation {
    let wanted = super::declared(binder, schema, kept);
    let mut pairs = Vec::new();
    let mut columns = Vec::new();
    for column in wanted {
        let value = match table.columns.iter().find(|c| c.name == column.name) {
            Some(own) => Expr::column(own, schema.span).convert(column.ty),
            None => Expr { span: schema.span, ..crate::plan::missing(column.ty) },
        };
        let made = PlanColumn { id: binder.new_id(), ..column };
        pairs.push((made.id, value));
        columns.push(made);
    }
    let node = crate::plan::project(&table, pairs);
    Relation { node, columns, ..table }
}
