//! Parquet files, read by DataFusion, as columns of a table.
//!
//! The reader returns the file's own types; a projection on top converts them ([`Convert`]). DataFusion pushes
//! filters through that projection into the reader, which then decodes the other columns only for the remaining
//! rows. Filters that pruning by statistics can use are passed to it here: a comparison of a datetime with
//! a number of ticks becomes one of the file's own timestamps with a number in its unit.

use super::guard::guarded;
use super::input::DataFile;
use super::normalize::{from_ticks, missing, natural, physical};
use super::rows::Mapping;
use crate::error::SourceError;
use crate::types::{Column, ScalarType};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::config::TableParquetOptions;
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};
use datafusion::object_store::path::Path;
use datafusion::physical_expr::expressions::{self, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr, conjunction};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use std::sync::Arc;

/// A file and its footer.
#[derive(Clone, Debug)]
pub(super) struct ParquetFile {
    path: Path,
    size: u64,
    pub schema: SchemaRef,
    pub rows: u64,
}

impl ParquetFile {
    /// Reads the footer.
    pub(super) fn open(file: &DataFile) -> Result<ParquetFile, SourceError> {
        let not_that = |e: &dyn std::fmt::Display| SourceError::not_that(&file.path, "Parquet", e);
        let bytes = std::fs::File::open(&file.path).map_err(|e| file.unreadable(e))?;
        let footer = guarded(|| ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new()))
            .map_err(|reason| not_that(&reason))?
            .map_err(|e| not_that(&e))?;
        let absolute = file.path.canonicalize().map_err(|e| file.unreadable(e))?;
        let path = Path::from_absolute_path(absolute).map_err(|e| file.unreadable(e))?;
        let rows = u64::try_from(footer.metadata().file_metadata().num_rows()).unwrap_or(0);
        Ok(ParquetFile { path, size: file.length()?, schema: plain(footer.schema()), rows })
    }
}

/// The schema with texts in the engine's representation, so that the reader decodes them to it.
fn plain(schema: &Schema) -> SchemaRef {
    let field = |field: &FieldRef| -> FieldRef {
        let text = match field.data_type() {
            DataType::LargeUtf8 | DataType::Utf8View => true,
            DataType::Dictionary(_, value) => {
                matches!(**value, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
            }
            _ => false,
        };
        if text { Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8)) } else { field.clone() }
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// Scans files with the same schema.
pub(super) fn scan(
    files: &[&ParquetFile],
    mapping: &Mapping,
    columns: &[Column],
    filters: &[Expr],
    table: &dyn Fn(&str) -> Option<String>,
    state: &dyn Session,
) -> Result<Arc<dyn ExecutionPlan>> {
    let Some(first) = files.first() else { return datafusion::common::internal_err!("no files to scan") };
    let schema = &first.schema;
    // the columns to decode, in the file's order
    let mut wanted: Vec<usize> = mapping.names.iter().filter_map(|name| schema.index_of(name).ok()).collect();
    wanted.sort_unstable();
    wanted.dedup();

    let global = state.config_options().execution.parquet.clone();
    let options = TableParquetOptions { global, ..TableParquetOptions::default() };
    let mut source = ParquetSource::new(schema.clone()).with_table_parquet_options(options);
    let pruning: Vec<_> = filters.iter().filter_map(|filter| raw_filter(filter, schema, table)).collect();
    if !pruning.is_empty() {
        source = source.with_predicate(conjunction(pruning));
    }
    let groups = files.len().min(state.config_options().execution.target_partitions).max(1);
    let mut grouped: Vec<Vec<PartitionedFile>> = vec![Vec::new(); groups];
    let each = files.len().div_ceil(groups).max(1);
    for (i, file) in files.iter().enumerate() {
        let mut part = PartitionedFile::new("", file.size);
        part.object_meta.location = file.path.clone();
        if let Some(group) = grouped.get_mut(i / each) {
            group.push(part);
        }
    }
    grouped.retain(|group| !group.is_empty());
    let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
        .with_file_groups(grouped.into_iter().map(FileGroup::new).collect())
        .with_projection_indices(Some(wanted.clone()))?
        .build();
    let input: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config);

    let read = input.schema();
    let configuration = Arc::new(state.config_options().clone());
    let mut projection = Vec::with_capacity(columns.len());
    for (column, index) in columns.iter().zip(&mapping.of_column) {
        let raw = index.and_then(|i| mapping.names.get(i)).and_then(|name| read.column_with_name(name));
        let arguments: Vec<Arc<dyn PhysicalExpr>> =
            raw.iter().map(|(i, field)| Arc::new(expressions::Column::new(field.name(), *i)) as _).collect();
        let from = raw.map(|(_, field)| Arc::new(field.clone()));
        let function = Arc::new(ScalarUDF::new_from_impl(Convert::new(from, column.clone())));
        let field = Arc::new(column.plain_field());
        let call = ScalarFunctionExpr::new(NAME, function, arguments, field, configuration.clone());
        projection.push(ProjectionExpr { expr: Arc::new(call), alias: column.name.clone() });
    }
    Ok(Arc::new(ProjectionExec::try_new(projection, input)?))
}

const NAME: &str = "from_file";

/// Converts a column of a file to one of a table.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Convert {
    /// The file's field; `None` if the file does not have the column.
    from: Option<FieldRef>,
    column: Column,
    signature: Signature,
}

impl Convert {
    fn new(from: Option<FieldRef>, column: Column) -> Convert {
        Convert { from, column, signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Convert {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.column.ty.arrow())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(self.column.plain_field()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        Ok(ColumnarValue::Array(match (args.args.first(), &self.from) {
            (Some(value), Some(field)) => {
                let array = value.to_array(rows)?;
                // the reader may have chosen another representation of the same type
                let field = if array.data_type() == field.data_type() {
                    field.clone()
                } else {
                    Arc::new(field.as_ref().clone().with_data_type(array.data_type().clone()))
                };
                physical(&array, &field, self.column.ty)?
            }
            _ => missing(self.column.ty, rows),
        }))
    }
}

/// A filter of the table as a filter of the file's own columns; `None` if there is none, or if it would drop rows
/// that the table's filter keeps.
fn raw_filter(filter: &Expr, schema: &Schema, table: &dyn Fn(&str) -> Option<String>) -> Option<Arc<dyn PhysicalExpr>> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return None };
    let binary = |l, op, r| Some(Arc::new(expressions::BinaryExpr::new(l, op, r)) as Arc<dyn PhysicalExpr>);
    match op {
        Operator::And => match (raw_filter(left, schema, table), raw_filter(right, schema, table)) {
            (Some(l), Some(r)) => binary(l, Operator::And, r),
            (one, other) => one.or(other),
        },
        Operator::Or => binary(raw_filter(left, schema, table)?, Operator::Or, raw_filter(right, schema, table)?),
        _ => {
            let (column, op, value) = match (&**left, &**right) {
                (Expr::Column(column), Expr::Literal(value, _)) => (column, *op, value),
                (Expr::Literal(value, _), Expr::Column(column)) => (column, op.swap()?, value),
                _ => return None,
            };
            let name = table(&column.name)?;
            let (index, field) = schema.column_with_name(&name)?;
            let (op, value) = raw_comparison(op, value, field)?;
            let column = Arc::new(expressions::Column::new(&name, index));
            binary(column, op, Arc::new(Literal::new(value)))
        }
    }
}

/// A comparison with a value of the table's type as a comparison with a value of the file's type.
fn raw_comparison(op: Operator, value: &ScalarValue, field: &Field) -> Option<(Operator, ScalarValue)> {
    use Operator::{Eq, Gt, GtEq, Lt, LtEq};
    if !matches!(op, Eq | Gt | GtEq | Lt | LtEq) {
        return None;
    }
    let ty = natural(field);
    match value {
        // the type is the same in file and table: nothing to convert
        ScalarValue::Utf8(Some(text)) => {
            let plain = ty == ScalarType::String && *field.data_type() == DataType::Utf8;
            (plain && op == Eq && !text.is_empty()).then(|| (op, value.clone()))
        }
        ScalarValue::Int64(Some(number)) => {
            if *field.data_type() == DataType::Int64 {
                return Some((op, value.clone()));
            }
            let (rounded, exact) = from_ticks(*number, field.data_type())?;
            // the raw values are integers: x > 2.5 is x > 2, x >= 2.5 is x > 2, x < 2.5 is x <= 2
            let op = match (op, exact) {
                (op, true) => op,
                (Gt | GtEq, false) => Gt,
                (Lt | LtEq, false) => LtEq,
                _ => return None,
            };
            let raw = ScalarValue::Int64(Some(rounded)).cast_to(&match field.data_type() {
                DataType::Date32 => DataType::Int32,
                _ => DataType::Int64,
            });
            Some((op, raw.ok()?.cast_to(field.data_type()).ok()?))
        }
        _ => None,
    }
}
