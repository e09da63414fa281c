//! `narrow`: one row per cell.
//!
//! <https://learn.microsoft.com/kusto/query/narrow-plugin>

use super::Plugin;
use crate::bind::Binder;
use crate::plan::{Compiler, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use arrow::array::{ArrayRef, Int64Builder, StringBuilder};
use kql_parser::ast;
use kql_parser::codes;
use std::sync::Arc;

pub static NARROW: Plugin = Plugin {
    name: "narrow",
    signature: "()",
    summary: "A row for every cell of the table.",
    page: "narrow-plugin",
    bind,
};

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    if !evaluate.call.args.is_empty() {
        binder.error(codes::ARGUMENT_COUNT, evaluate.call.name.span, "The plugin 'narrow' expects 0 arguments.");
    }
    let columns = [("Row", ScalarType::Long), ("Column", ScalarType::String), ("Value", ScalarType::String)];
    let columns = columns.into_iter().map(|(name, ty)| binder.new_column(name, ty)).collect();
    let cells = Narrow { columns: input.columns.iter().map(|c| (c.name.clone(), c.ty)).collect() };
    binder.staged(input, StageKind::Table(Some(Arc::new(cells))), Some(columns))
}

#[derive(Debug)]
struct Narrow {
    columns: Vec<(String, ScalarType)>,
}

impl TableFunction for Narrow {
    fn name(&self) -> &str {
        "narrow"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, _: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let types = [ScalarType::Long, ScalarType::String, ScalarType::String];
        let mut row = 0;
        let mut text = String::new();
        for batch in input.batches()? {
            let batch = batch?;
            let (mut rows, mut names, mut values) = (Int64Builder::new(), StringBuilder::new(), StringBuilder::new());
            for i in 0..batch.num_rows() {
                for ((name, ty), array) in self.columns.iter().zip(batch.columns()) {
                    text.clear();
                    crate::cell::text(array, *ty, i, &mut text);
                    rows.append_value(row);
                    names.append_value(name);
                    values.append_value(&text);
                }
                row += 1;
            }
            let arrays: Vec<ArrayRef> =
                vec![Arc::new(rows.finish()), Arc::new(names.finish()), Arc::new(values.finish())];
            out.extend(crate::plan::batch_of(types.into_iter(), arrays))?;
        }
        Ok(())
    }
}
