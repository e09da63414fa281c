//! `externaldata (columns) [URLs]`: the rows of files. The network is never used: a URL refers to a local
//! copy that the user provides, and a path to a file that the user allowed queries to read. A table with the name of an
//! address has its rows, as in tests.
//!
//! <https://learn.microsoft.com/kusto/query/externaldata-operator>

use crate::bind::{Binder, ExternalMissing, Row};
use crate::external::{self, ExternalFormat};
use crate::external_files::{self, ExternalRefused, without_secret};
use crate::plan::{Expr, Node, PlanColumn, Relation};
use crate::types::{Column, ScalarType, TableSchema};
use crate::value::Value;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span, ast};
use std::sync::Arc;

/// Binds an `externaldata`. The files are read only if the query will run.
pub fn bind(binder: &mut Binder, externaldata: &ast::Externaldata) -> Relation {
    let mut columns: Vec<PlanColumn> = Vec::new();
    for declaration in &externaldata.columns {
        let ty = binder.scalar_type(&declaration.ty);
        if columns.iter().any(|c| c.name == declaration.name.text) {
            binder.already_declared(&declaration.name.text, declaration.name.span);
            continue;
        }
        columns.push(binder.new_column(declaration.name.text.clone(), ty));
    }
    let mut format = ExternalFormat { name: None, ignore_first: false };
    for property in &externaldata.properties {
        let text = match &property.value.kind {
            ast::ExprKind::Name(name) => Some(name.text.clone()),
            _ => binder.expr(&property.value, Row::default()).as_constant().map(|v| match v {
                Value::Text(text) => text.clone(),
                Value::Bool(b) => b.to_string(),
                _ => String::new(),
            }),
        };
        match (property.name.text.to_ascii_lowercase().as_str(), text) {
            ("format", Some(name)) => format.name = Some(name),
            ("ignorefirstrecord", Some(text)) => format.ignore_first = text.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
    let uris: Vec<(Option<String>, Span)> = externaldata
        .uris
        .iter()
        .map(|uri| {
            let bound = binder.expr(uri, Row::default());
            (bound.as_constant().and_then(Value::as_text).map(str::to_owned), uri.span)
        })
        .collect();
    let mut texts = uris.iter().filter_map(|(uri, _)| uri.as_deref());
    if let (Some(_), Some(uri)) = (binder.environment.invented(), texts.next()) {
        return binder.invented_table(without_secret(uri).to_owned(), columns);
    }
    for (uri, _) in &uris {
        if let Some(uri) = uri.as_deref().filter(|uri| external_files::needs_copy(uri)) {
            binder.add_external(without_secret(uri));
        }
    }
    if !binder.evaluates() || columns.iter().any(|c| c.ty == ScalarType::Unknown) {
        return super::datatable::written(binder, columns, Vec::new());
    }
    let schema = TableSchema { columns: columns.iter().map(|c| Column::new(c.name.clone(), c.ty)).collect() };
    let named: Vec<(String, ScalarType)> = columns.iter().map(|c| (c.name.clone(), c.ty)).collect();
    let (mut batches, mut tables) = (Vec::new(), Vec::new());
    for (uri, at) in uris {
        let Some(uri) = uri else {
            binder.error(codes::LITERAL_EXPECTED, at, "The address of external data must be a string literal.");
            continue;
        };
        if let Some(table) = [uri.as_str(), without_secret(&uri)].into_iter().find(|t| binder.environment.has_data(t)) {
            tables.push(binder.stored_table(table, at));
            continue;
        }
        let path = match binder.environment.external(&uri) {
            Ok(path) => path,
            Err(refused) => {
                let empty = binder.environment.external_missing() == ExternalMissing::Empty;
                binder.report(diagnostic(&refused, without_secret(&uri), at, empty));
                continue;
            }
        };
        match external::read(&path, &format, &named) {
            Ok((arrays, notices)) => {
                for notice in notices {
                    binder.report(Diagnostic::warning(codes::EXTERNAL_DATA_NOTICE, at, notice));
                }
                batches.extend(crate::plan::batch_of(named.iter().map(|(_, ty)| *ty), arrays));
            }
            Err(error) => binder.error(codes::UNREADABLE_DATA, at, error.to_string()),
        }
    }
    let files = crate::plan::in_memory(&mut binder.ids, &schema, batches);
    if tables.is_empty() {
        return files;
    }
    tables.push(files);
    let inputs = tables.iter().map(|table| with_columns(table, &columns)).collect();
    let types = columns.iter().map(|column| (column.id, column.ty)).collect();
    Relation { node: Arc::new(Node::Union { inputs, columns: types }), columns, ..Relation::default() }
}

/// The rows of a table, as the columns that are declared.
fn with_columns(rows: &Relation, columns: &[PlanColumn]) -> Arc<Node> {
    let value = |column: &PlanColumn| match rows.columns.iter().find(|c| c.name == column.name) {
        Some(own) => Expr::column(own, Span::default()).convert(column.ty),
        None => crate::plan::missing(column.ty),
    };
    crate::plan::project(rows, columns.iter().map(|column| (column.id, value(column))).collect())
}

/// Why there are no rows of an address; `empty`: without a copy, the table is empty.
fn diagnostic(refused: &ExternalRefused, shown: &str, at: Span, empty: bool) -> Diagnostic {
    match refused {
        ExternalRefused::NoCopy if empty => {
            let message = format!("There is no local copy of {shown}; the table is treated as empty.");
            Diagnostic::warning(codes::NO_LOCAL_COPY, at, message)
                .with_help(format!("pass a local copy with --external {shown}=PATH or --external FOLDER"))
        }
        ExternalRefused::NoCopy => {
            let message = format!("There is no local copy of {shown}; external data is only read from local files.");
            Diagnostic::error(codes::NO_LOCAL_COPY, at, message).with_help(format!(
                "pass a local copy with --external {shown}=PATH or --external FOLDER, or use --external-missing empty"
            ))
        }
        ExternalRefused::NotAllowed => {
            let message = format!("Queries are not allowed to read the file '{shown}'.");
            Diagnostic::error(codes::FILE_NOT_ALLOWED, at, message)
                .with_help("allow its folder with --allow-files FOLDER, or move it beside the query or the data")
        }
        ExternalRefused::Unreadable(error) => Diagnostic::error(codes::UNREADABLE_DATA, at, error.to_string()),
    }
}
