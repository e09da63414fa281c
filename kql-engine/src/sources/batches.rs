//! Files of Arrow batches: Arrow IPC, and Parquet files that are compressed as a whole.

use super::guard::guarded;
use super::input::{DataFile, Format};
use super::ipc_lengths::{self, Form, Lengths};
use super::lost::Lost;
use super::normalize::{missing, physical};
use super::report::CastFailures;
use super::rows::Mapping;
use crate::error::SourceError;
use crate::types::Column;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use bytes::Bytes;
use datafusion::common::{DataFusionError, Result};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::io::{BufReader, Cursor, Read, Seek};

type Batches = Box<dyn Iterator<Item = std::result::Result<RecordBatch, ArrowError>> + Send>;

trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// Batches until the end, or until the reader fails.
struct Guarded(Option<Batches>);

impl Iterator for Guarded {
    type Item = std::result::Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batches = self.0.as_mut()?;
        let next = guarded(|| batches.next());
        if !matches!(next, Ok(Some(_))) {
            self.0 = None;
        }
        next.unwrap_or_else(|reason| Some(Err(ArrowError::ParseError(reason.to_string()))))
    }
}

/// A file that is open.
struct Opened<B> {
    schema: SchemaRef,
    batches: B,
    /// Why rows may be missing.
    damage: Option<String>,
}

fn open(file: &DataFile) -> std::result::Result<Opened<Guarded>, SourceError> {
    let Opened { schema, batches, damage } =
        guarded(|| open_file(file)).map_err(|reason| SourceError::unreadable(&file.path, reason))??;
    Ok(Opened { schema, batches: Guarded(Some(batches)), damage })
}

fn open_file(file: &DataFile) -> std::result::Result<Opened<Batches>, SourceError> {
    let packed = || -> std::result::Result<Bytes, SourceError> { Ok(file.read()?.into()) };
    if file.format == Format::Parquet {
        // the file is decompressed into memory, so it is first checked to be Parquet
        if !file.begins_with(b"PAR1") {
            return Err(SourceError::not_that(&file.path, "Parquet", "it does not begin with PAR1"));
        }
        let reader = ParquetRecordBatchReaderBuilder::try_new(packed()?)
            .and_then(|builder| Ok((builder.schema().clone(), builder.build()?)))
            .map_err(|e| SourceError::not_that(&file.path, "Parquet", e))?;
        return Ok(Opened { schema: reader.0, batches: Box::new(reader.1), damage: None });
    }
    let mut bytes: Box<dyn ReadSeek> = match file.open_plain()? {
        Some(plain) => Box::new(BufReader::new(plain)),
        // checked in the same way to be Arrow
        None if !file.begins_with(b"ARROW1") && !file.begins_with(&[0xff; 4]) => {
            return Err(SourceError::not_that(&file.path, "Arrow IPC", "it begins with neither ARROW1 nor a message"));
        }
        None => Box::new(Cursor::new(packed()?)),
    };
    let not_that = |e: ArrowError| SourceError::not_that(&file.path, "Arrow IPC", e);
    let mut magic = Vec::new();
    bytes.by_ref().take(6).read_to_end(&mut magic).map_err(|e| file.unreadable(e))?;
    let form = if magic == b"ARROW1" { Form::File } else { Form::Stream };
    let damage = match ipc_lengths::check(&mut bytes, form).map_err(|e| file.unreadable(e))? {
        Lengths::Valid => None,
        Lengths::Cut(reason) => Some(reason),
        Lengths::Wrong(reason) => return Err(SourceError::not_that(&file.path, "Arrow IPC", reason)),
    };
    bytes.rewind().map_err(|e| file.unreadable(e))?;
    match form {
        Form::File => {
            let reader = FileReader::try_new(bytes, None).map_err(not_that)?;
            Ok(Opened { schema: reader.schema(), batches: Box::new(reader), damage })
        }
        Form::Stream => {
            let reader = StreamReader::try_new(bytes, None).map_err(not_that)?;
            Ok(Opened { schema: reader.schema(), batches: Box::new(reader), damage })
        }
    }
}

/// The Arrow schema of a file, and why rows may be missing.
pub(super) fn schema(file: &DataFile) -> std::result::Result<(SchemaRef, Option<String>), SourceError> {
    open(file).map(|opened| (opened.schema, opened.damage))
}

/// Batches of a file, and the values that did not fit.
pub(super) type Scanned = Result<(RecordBatch, CastFailures)>;

/// The batches of a file as columns of a table.
pub(super) fn scan(
    file: &DataFile,
    mapping: &Mapping,
    columns: Vec<Column>,
    out: SchemaRef,
    batch_size: usize,
) -> std::result::Result<impl Iterator<Item = Scanned> + Send + use<>, SourceError> {
    let Opened { schema, batches, .. } = open(file)?;
    let places: Vec<Option<usize>> = mapping
        .of_column
        .iter()
        .map(|index| mapping.names.get((*index)?).and_then(|name| schema.index_of(name).ok()))
        .collect();
    let path = file.path.clone();
    let mut before = 0;
    let convert = move |batch: std::result::Result<RecordBatch, ArrowError>| -> Result<Vec<Scanned>> {
        let batch = batch.map_err(|e| DataFusionError::External(Box::new(SourceError::damaged(&path, e))))?;
        let mut misfits = CastFailures::default();
        let array = |(column, place): (&Column, &Option<usize>)| -> Result<ArrayRef> {
            let Some((array, field)) = place.and_then(|i| Some((batch.columns().get(i)?, schema.fields().get(i)?)))
            else {
                return Ok(missing(column.ty, batch.num_rows()));
            };
            let mut lost = Lost::default();
            let array = physical(array, field, column.ty, &mut lost)?;
            misfits.add_lost(&path, column, lost, |row| before + row as u64 + 1);
            Ok(array)
        };
        let arrays = columns.iter().zip(&places).map(array).collect::<Result<Vec<_>>>()?;
        before += batch.num_rows() as u64;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(out.clone(), arrays, &options)?;
        let starts = (0..batch.num_rows()).step_by(batch_size.max(1));
        let slice = |from| (batch.slice(from, batch_size.min(batch.num_rows() - from)), CastFailures::default());
        let mut slices: Vec<Scanned> = starts.map(|from| Ok(slice(from))).collect();
        if let Some(Ok((_, first))) = slices.first_mut() {
            *first = misfits;
        }
        Ok(slices)
    };
    Ok(batches.map(convert).flat_map(|result| result.unwrap_or_else(|error| vec![Err(error)])))
}
