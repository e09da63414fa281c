//! Buffers rows that cannot be written yet, because their format depends on the rows after them.

use crate::Error;
use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use kql_engine::{Layout, ScalarType, TableSchema, TableStream, TimeRanges};
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, SeekFrom};

/// Bytes buffered in memory; the rest is buffered in a temporary file.
const IN_MEMORY: usize = 64 << 20;

/// Passes a result on in the layout of files. How datetimes are stored depends on all of them, so a result with datetimes is
/// buffered until it is complete.
pub(crate) fn in_layout<W>(
    stream: TableStream,
    format: &'static str,
    begin: impl FnOnce(&Layout) -> Result<W, Error>,
    mut write: impl FnMut(&mut W, RecordBatch) -> Result<(), Error>,
) -> Result<W, Error> {
    let failed = |error: arrow::error::ArrowError| Error::encoding(format, error);
    let schema = stream.schema.clone();
    let mut ranges = TimeRanges::new(&schema);
    if schema.columns.iter().all(|column| column.ty != ScalarType::Datetime) {
        let layout = Layout::new(&schema, &ranges);
        let mut writer = begin(&layout)?;
        for batch in stream.batches() {
            write(&mut writer, layout.encode(&batch?).map_err(failed)?)?;
        }
        return Ok(writer);
    }
    let mut spool = Spool::new(&schema);
    for batch in stream.batches() {
        let batch = batch?;
        ranges.observe(&schema, batch.columns());
        spool.push(batch).map_err(failed)?;
    }
    let layout = Layout::new(&schema, &ranges);
    let mut writer = begin(&layout)?;
    spool.drain(|batch| write(&mut writer, layout.encode(&batch).map_err(failed)?), failed)?;
    Ok(writer)
}

struct Spool {
    schema: TableSchema,
    waiting: Vec<RecordBatch>,
    bytes: usize,
    file: Option<StreamWriter<BufWriter<File>>>,
}

impl Spool {
    fn new(schema: &TableSchema) -> Spool {
        Spool { schema: schema.clone(), waiting: Vec::new(), bytes: 0, file: None }
    }

    fn push(&mut self, batch: RecordBatch) -> Result<(), arrow::error::ArrowError> {
        self.bytes += batch.get_array_memory_size();
        self.waiting.push(batch);
        if self.bytes < IN_MEMORY {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = BufWriter::new(tempfile::tempfile()?);
                self.file.insert(StreamWriter::try_new(file, &self.schema.arrow())?)
            }
        };
        self.bytes = 0;
        self.waiting.drain(..).try_for_each(|batch| file.write(&batch))
    }

    /// Returns the rows in their order.
    fn drain(
        self,
        mut take: impl FnMut(RecordBatch) -> Result<(), Error>,
        failed: impl Fn(arrow::error::ArrowError) -> Error,
    ) -> Result<(), Error> {
        if let Some(mut writer) = self.file {
            writer.finish().map_err(&failed)?;
            let mut file = writer.into_inner().map_err(&failed)?.into_inner().map_err(|e| e.into_error())?;
            file.seek(SeekFrom::Start(0))?;
            for batch in StreamReader::try_new(BufReader::new(file), None).map_err(&failed)? {
                take(batch.map_err(&failed)?)?;
            }
        }
        self.waiting.into_iter().try_for_each(take)
    }
}
