//! Parquet files, read by DataFusion, as columns of a table.
//!
//! The reader returns the file's own types; a projection on top converts them ([`Convert`]). DataFusion pushes
//! filters through that projection into the reader, which then decodes the other columns only for the remaining
//! rows. Filters that pruning by statistics can use are passed to it here: a comparison of a datetime with
//! a number of ticks becomes one of the file's own timestamps with a number in its unit.

use super::guard::guarded;
use super::input::DataFile;
use super::location::{Location, absolute};
use super::lost::Lost;
use super::normalize::{always_fits, from_ticks, missing, natural, physical};
use super::parquet_guard::{GuardedScan, ParquetGuard};
use super::parquet_objects::ObjectReaders;
use super::report::{CastFailures, InputReport};
use super::rows::Mapping;
use super::stream::Totals;
use crate::encoded::Encoded;
use crate::error::SourceError;
use crate::types::{Column, ScalarType};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, UInt64Type};
use datafusion::catalog::Session;
use datafusion::common::config::TableParquetOptions;
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
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
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

/// A file and its footer.
#[derive(Clone, Debug)]
pub(super) struct ParquetFile {
    path: Path,
    location: Location,
    size: u64,
    pub schema: SchemaRef,
    pub rows: u64,
    /// For each column, whether all its values fit its natural type, as its type or its statistics show.
    fits: Vec<bool>,
}

impl ParquetFile {
    /// Reads the footer.
    pub(super) fn open(file: &DataFile) -> Result<ParquetFile, SourceError> {
        let not_that = |e: &dyn std::fmt::Display| SourceError::not_that(&file.path, "Parquet", e);
        let bytes = file.location.open().map_err(|e| file.unreadable(e))?;
        let footer = guarded(|| ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new()))
            .map_err(|reason| not_that(&reason))?
            .map_err(|e| not_that(&e))?;
        let path = match &file.location {
            Location::Disk(path) => {
                let absolute = path.canonicalize().map_err(|e| file.unreadable(e))?;
                Path::from_absolute_path(absolute).map_err(|e| file.unreadable(e))?
            }
            // only to tell the files of a scan apart
            Location::Object(object) => Path::from(object.url().to_string_lossy().as_ref()),
        };
        let rows = u64::try_from(footer.metadata().file_metadata().num_rows()).unwrap_or(0);
        let fits = footer.schema().fields().iter().map(|field| fits(field, &footer)).collect();
        let schema = plain(footer.schema());
        Ok(ParquetFile { path, location: file.location.clone(), size: file.length()?, schema, rows, fits })
    }

    /// For each column, whether all its values fit its natural type.
    pub(super) fn fits_natural(&self) -> &[bool] {
        &self.fits
    }

    /// An object whose footer was read before.
    pub(super) fn known(
        file: &DataFile,
        schema: SchemaRef,
        rows: u64,
        fits: Vec<bool>,
    ) -> Result<ParquetFile, SourceError> {
        let path = Path::from(file.path.to_string_lossy().as_ref());
        Ok(ParquetFile { path, location: file.location.clone(), size: file.length()?, schema, rows, fits })
    }

    /// Whether it is in an object store: a scan reads either such files or others.
    pub(super) fn is_object(&self) -> bool {
        self.location.object().is_some()
    }

    /// Whether all values of one of its columns certainly fit a column of the table.
    fn fits(&self, index: usize, column: &Column) -> bool {
        let Some(field) = self.schema.fields().get(index) else { return false };
        always_fits(field, column.ty)
            || (natural(field) == column.ty && self.fits.get(index).copied().unwrap_or_default())
    }
}

/// Whether the values of a column fit its natural type: its smallest and its largest value do.
fn fits(field: &Field, footer: &ArrowReaderMetadata) -> bool {
    if always_fits(field, natural(field)) {
        return true;
    }
    let extremes = || -> Option<Vec<ArrayRef>> {
        let file = footer.metadata();
        let schema = file.file_metadata().schema_descr();
        let statistics = StatisticsConverter::try_new(field.name(), footer.schema(), schema).ok()?;
        let low = statistics.row_group_mins(file.row_groups()).ok()?;
        Some(vec![low, statistics.row_group_maxes(file.row_groups()).ok()?])
    };
    let fit = |extremes: ArrayRef| {
        let mut lost = Lost::default();
        let converted = physical(&extremes, field, natural(field), &mut lost);
        extremes.logical_null_count() == 0 && lost.is_empty() && converted.is_ok()
    };
    // texts between two that are valid can be invalid
    let is_ordered = !field.data_type().is_nested() && natural(field) != ScalarType::String;
    is_ordered && guarded(|| extremes().is_some_and(|all| all.into_iter().all(fit))).unwrap_or_default()
}

/// Whether DataFusion can read the file: it is not packed, and its path is text.
pub(super) fn can_scan(file: &DataFile) -> bool {
    match file.plain() {
        Some(Location::Disk(path)) => path.canonicalize().is_ok_and(|path| path.to_str().is_some()),
        Some(Location::Object(_)) => true,
        None => false,
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

/// Scans files with the same schema. `table` returns the file's column for a column of the table that has its type.
pub(super) fn scan(
    files: &[&ParquetFile],
    mapping: &Mapping,
    columns: &[Column],
    filters: &[Expr],
    table: &dyn Fn(&str) -> Option<String>,
    report: &Arc<InputReport>,
    state: &dyn Session,
) -> Result<Arc<dyn ExecutionPlan>> {
    let Some(first) = files.first() else { return datafusion::common::internal_err!("no files to scan") };
    let schema = &first.schema;
    // the columns to decode, in the file's order
    let mut wanted: Vec<usize> = mapping.names.iter().filter_map(|name| schema.index_of(name).ok()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    // of these, each value is examined: none is dropped before that
    let mut counted = HashSet::new();
    for (column, name) in columns.iter().zip(&mapping.of_column) {
        let index = name.and_then(|i| mapping.names.get(i)).and_then(|name| schema.index_of(name).ok());
        counted.extend(index.filter(|index| !files.iter().all(|file| file.fits(*index, column))));
    }
    let table =
        |column: &str| table(column).filter(|name| schema.index_of(name).is_ok_and(|index| !counted.contains(&index)));

    let global = state.config_options().execution.parquet.clone();
    let options = TableParquetOptions { global, ..TableParquetOptions::default() };
    // a column that tells which file a value is from
    let file_field: FieldRef = Arc::new(Field::new(FILE, DataType::UInt64, false));
    let with_file = TableSchema::builder(schema.clone()).with_table_partition_cols(vec![file_field]).build();
    let mut source = ParquetSource::new(with_file).with_table_parquet_options(options);
    let pruning: Vec<_> = filters.iter().filter_map(|filter| raw_filter(filter, schema, &table)).collect();
    if !pruning.is_empty() {
        source = source.with_predicate(conjunction(pruning));
    }
    if first.is_object() {
        let objects = files.iter().filter_map(|file| Some((file.path.clone(), file.location.object()?.clone())));
        source = source.with_parquet_file_reader_factory(Arc::new(ObjectReaders::new(objects)));
    }
    let groups = files.len().min(state.config_options().execution.target_partitions).max(1);
    let mut grouped: Vec<Vec<PartitionedFile>> = vec![Vec::new(); groups];
    for (i, file) in files.iter().enumerate() {
        let mut part = PartitionedFile::new("", file.size);
        part.object_meta.location = file.path.clone();
        part.partition_values = vec![ScalarValue::UInt64(Some(i as u64))];
        // each group has files that follow each other
        if let Some(group) = grouped.get_mut(i * groups / files.len()) {
            group.push(part);
        }
    }
    grouped.retain(|group| !group.is_empty());
    let mut projected = wanted.clone();
    if !counted.is_empty() {
        projected.push(schema.fields().len());
    }
    let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
        .with_file_groups(grouped.into_iter().map(FileGroup::new).collect())
        .with_projection_indices(Some(projected))?
        .build();
    let scan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config);
    let paths: Arc<[PathBuf]> = files.iter().map(|file| file.location.path().to_owned()).collect();
    let locations = files.iter().map(|file| file.location.clone()).collect();
    let places = counted.iter().filter_map(|index| wanted.iter().position(|w| w == index)).collect();
    let sizes = files.iter().map(|file| file.size).collect();
    let guarded = GuardedScan { files: locations, sizes, counted: places, copied: false };
    let input: Arc<dyn ExecutionPlan> = Arc::new(ParquetGuard::new(scan, guarded));

    let read = input.schema();
    let totals = Arc::new(Totals::new(report.clone()));
    let configuration = Arc::new(state.config_options().clone());
    let mut projection = Vec::with_capacity(columns.len());
    for (column, index) in columns.iter().zip(&mapping.of_column) {
        // the last column is the file's number
        let place = index.and_then(|i| mapping.names.get(i)).and_then(|name| {
            let index = schema.index_of(name).ok()?;
            Some((wanted.iter().position(|w| *w == index)?, counted.contains(&index)))
        });
        let raw = place.and_then(|(place, _)| Some((place, read.fields().get(place)?)));
        let mut arguments: Vec<Arc<dyn PhysicalExpr>> =
            raw.iter().map(|(i, field)| Arc::new(expressions::Column::new(field.name(), *i)) as _).collect();
        if place.is_some_and(|(_, counted)| counted) {
            arguments.push(Arc::new(expressions::Column::new(FILE, wanted.len())));
        }
        let from = raw.map(|(_, field)| field.clone());
        let told = Told { files: paths.clone(), totals: totals.clone() };
        let function = Arc::new(ScalarUDF::new_from_impl(Convert::new(from, column.clone(), told)));
        let field = Arc::new(column.plain_field());
        let call = ScalarFunctionExpr::new(NAME, function, arguments, field, configuration.clone());
        projection.push(ProjectionExpr { expr: Arc::new(call), alias: column.name.clone() });
    }
    Ok(Arc::new(ProjectionExec::try_new(projection, input)?))
}

pub(crate) const NAME: &str = "from_file";
/// The name of the column with a file's number; columns of files are found by position, so that they can have it too.
const FILE: &str = "\0file";

/// Converts a column of a file to one of a table. The second argument is the file's number, if values may not fit.
#[derive(Debug)]
pub(super) struct Convert {
    /// The file's field; `None` if the file does not have the column.
    from: Option<FieldRef>,
    column: Column,
    told: Told,
    signature: Signature,
}

/// Where values that do not fit are reported.
#[derive(Clone, Debug)]
struct Told {
    files: Arc<[PathBuf]>,
    totals: Arc<Totals>,
}

impl Told {
    /// Reports the values that an array lost; `file` are the numbers of its rows' files.
    fn tell(&self, column: &Column, lost: Lost, file: Option<&ArrayRef>) {
        if lost.is_empty() {
            return;
        }
        let mut misfits = CastFailures::default();
        // a batch is from one file
        let number = file.and_then(|numbers| numbers.as_primitive_opt::<UInt64Type>()?.iter().next()?);
        let path = match (number.and_then(|i| self.files.get(usize::try_from(i).ok()?)), self.files.first()) {
            (Some(path), _) => path,
            (None, Some(first)) if self.files.len() == 1 => first,
            (None, first) => first.and_then(|first| first.parent()).unwrap_or(std::path::Path::new("")),
        };
        misfits.add_lost(path, column, lost, |_| 0);
        self.totals.add(misfits);
    }
}

/// A conversion as data.
#[derive(Serialize, Deserialize)]
struct ConvertData {
    #[serde(with = "crate::encoded::field")]
    from: Option<FieldRef>,
    column: Column,
    files: Vec<PathBuf>,
    scan: u64,
}

impl Convert {
    /// As data; `number` returns the number of the scan.
    pub(super) fn encode(&self, number: impl Fn(&Arc<Totals>, &[PathBuf]) -> u64) -> Result<Encoded> {
        let scan = number(&self.told.totals, &self.told.files);
        let files = self.told.files.iter().map(|path| absolute(path)).collect();
        Encoded::of(&ConvertData { from: self.from.clone(), column: self.column.clone(), files, scan })
    }

    /// From its data; `totals` finds those of a scan by its number.
    pub(super) fn decode(encoded: &Encoded, totals: impl Fn(u64) -> Arc<Totals>) -> Result<Convert> {
        let ConvertData { from, column, files, scan } = encoded.data()?;
        Ok(Convert::new(from, column, Told { files: files.into(), totals: totals(scan) }))
    }

    fn new(from: Option<FieldRef>, column: Column, told: Told) -> Convert {
        Convert { from, column, told, signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl PartialEq for Convert {
    fn eq(&self, other: &Convert) -> bool {
        // of one scan
        Arc::ptr_eq(&self.told.totals, &other.told.totals) && (&self.from, &self.column) == (&other.from, &other.column)
    }
}

impl Eq for Convert {}

impl Hash for Convert {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.from, &self.column).hash(state);
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
                let mut lost = Lost::default();
                let converted = physical(&array, &field, self.column.ty, &mut lost)?;
                let file = args.args.get(1).map(|number| number.to_array(rows)).transpose()?;
                self.told.tell(&self.column, lost, file.as_ref());
                converted
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
