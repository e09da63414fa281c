//! The rows of a subquery, in memory or, if there is not enough, in a temporary file.

use crate::budget;
use crate::memory::{self, Spills};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use datafusion::common::utils::memory::RecordBatchMemoryCounter;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::spill_file::{SpillFile, SpillWriter};
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

/// Rows in their order. Their columns are known by position.
pub struct StoredRows {
    place: Place,
    /// For rows in memory that are returned at once ([`StoredRows::load`]).
    operator: String,
    environment: Arc<RuntimeEnv>,
}

enum Place {
    Memory { batches: Vec<RecordBatch>, _reservation: MemoryReservation },
    File(Arc<dyn SpillFile>, usize),
}

impl fmt::Debug for StoredRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Memory { batches, .. } => write!(f, "{} batches in memory", batches.len()),
            Place::File(..) => f.write_str("batches in a file"),
        }
    }
}

impl StoredRows {
    /// The batches, if they are in memory.
    pub fn in_memory(&self) -> Option<&[RecordBatch]> {
        match &self.place {
            Place::Memory { batches, .. } => Some(batches),
            Place::File(..) => None,
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows() == 0
    }

    /// The batches one after the other; it can be called several times.
    pub fn batches(&self) -> Result<Batches<'_>> {
        Ok(self.reading(match &self.place {
            Place::Memory { batches, .. } => From::Memory(batches.iter()),
            Place::File(file, _) => From::File(reader(file.as_ref())?),
        }))
    }

    fn reading<'r>(&self, from: From<'r>) -> Batches<'r> {
        Batches { from, operator: self.operator.clone(), environment: self.environment.clone() }
    }

    /// The batches of rows in a file, for a reader that outlives the reference.
    pub(crate) fn read_file(self: &Arc<Self>) -> Result<Batches<'static>> {
        match &self.place {
            Place::Memory { .. } => internal_err!("these rows are in memory"),
            Place::File(file, _) => Ok(self.reading(From::File(reader(file.as_ref())?))),
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        match &self.place {
            Place::Memory { batches, .. } => batches.iter().map(RecordBatch::num_rows).sum(),
            Place::File(_, rows) => *rows,
        }
    }

    /// Reserves memory for what a function makes of the rows. The error is that there is not enough.
    pub fn reserve(&self, bytes: usize) -> Result<MemoryReservation> {
        let reservation = self.reservation();
        reservation.try_grow(bytes)?;
        Ok(reservation)
    }

    /// A reservation for what a function makes of the rows, empty at first.
    pub fn reservation(&self) -> MemoryReservation {
        memory::reservation(&self.environment, &self.operator, Spills::Never)
    }

    /// Fails if the memory is smaller than that many bytes.
    pub fn room(&self, bytes: usize) -> Result<()> {
        memory::room(&self.environment, bytes, Some(&self.operator))
    }

    /// All batches in memory. The error is that there is not enough.
    pub fn load(&self) -> Result<Loaded> {
        let reservation = self.reservation();
        let mut counter = RecordBatchMemoryCounter::new();
        let mut batches = Vec::new();
        for batch in self.batches()? {
            let batch = batch?;
            if matches!(self.place, Place::File(..)) {
                reservation.try_grow(counter.count_batch(&batch))?;
            }
            batches.push(batch);
        }
        Ok(Loaded { batches, _reservation: reservation })
    }
}

fn reader(file: &dyn SpillFile) -> Result<Box<StreamReader<BufReader<File>>>> {
    let Some(path) = file.path() else { return internal_err!("a temporary file has no path") };
    let file = File::open(path).map_err(DataFusionError::IoError)?;
    Ok(Box::new(StreamReader::try_new(BufReader::with_capacity(1 << 16, file), None)?))
}

/// Stored rows that were all read into memory.
pub struct Loaded {
    /// The rows.
    pub batches: Vec<RecordBatch>,
    _reservation: MemoryReservation,
}

/// The batches of stored rows.
pub struct Batches<'r> {
    from: From<'r>,
    operator: String,
    environment: Arc<RuntimeEnv>,
}

enum From<'r> {
    Memory(std::slice::Iter<'r, RecordBatch>),
    File(Box<StreamReader<BufReader<File>>>),
}

impl Iterator for Batches<'_> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Result<RecordBatch>> {
        if let Err(error) = budget::check().and_then(|()| memory::check(&self.environment, Some(&self.operator))) {
            return Some(Err(error));
        }
        match &mut self.from {
            From::Memory(batches) => batches.next().cloned().map(Ok),
            From::File(reader) => reader.next().map(|batch| batch.map_err(DataFusionError::from)),
        }
    }
}

type FileWriter = StreamWriter<Box<dyn SpillWriter>>;

/// Takes rows, and puts them into a file as soon as there is not enough memory.
pub struct RowsWriter {
    operator: String,
    environment: Arc<RuntimeEnv>,
    reservation: MemoryReservation,
    counter: RecordBatchMemoryCounter,
    batches: Vec<RecordBatch>,
    file: Option<(Arc<dyn SpillFile>, FileWriter)>,
    rows: usize,
    numbering: Numbering,
}

/// Whether stored rows get one more column with their numbers, from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbering {
    /// The column is added.
    Numbered,
    /// The rows are stored as they are.
    AsTheyAre,
}

impl RowsWriter {
    /// Rows of an operator with this name in KQL.
    pub fn new(environment: &Arc<RuntimeEnv>, operator: &str, numbering: Numbering) -> RowsWriter {
        RowsWriter {
            operator: operator.to_owned(),
            environment: environment.clone(),
            reservation: memory::reservation(environment, operator, Spills::WhenFull),
            counter: RecordBatchMemoryCounter::new(),
            batches: Vec::new(),
            file: None,
            rows: 0,
            numbering,
        }
    }

    /// Adds rows after the others.
    pub fn push(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 && self.rows > 0 {
            return Ok(());
        }
        let batch = match self.numbering {
            Numbering::Numbered => numbered(&batch, self.rows as i64)?,
            Numbering::AsTheyAre => batch,
        };
        self.rows += batch.num_rows();
        if let Some((_, writer)) = &mut self.file {
            return Ok(writer.write(&batch)?);
        }
        let fits = self.reservation.try_grow(self.counter.count_batch(&batch)).is_ok();
        self.batches.push(batch);
        if fits { Ok(()) } else { self.move_to_file() }
    }

    /// Adds batches after the others.
    pub fn extend(&mut self, batches: impl IntoIterator<Item = RecordBatch>) -> Result<()> {
        batches.into_iter().try_for_each(|batch| self.push(batch))
    }

    fn move_to_file(&mut self) -> Result<()> {
        let Some(first) = self.batches.first() else { return Ok(()) };
        let file = self.environment.disk_manager.create_tmp_file(&self.operator)?;
        let mut writer = StreamWriter::try_new(file.open_writer()?, &first.schema())?;
        for batch in self.batches.drain(..) {
            writer.write(&batch)?;
        }
        self.batches = Vec::new();
        self.counter = RecordBatchMemoryCounter::new();
        self.reservation.free();
        self.file = Some((file, writer));
        Ok(())
    }

    /// The rows.
    pub fn finish(mut self) -> Result<StoredRows> {
        // from now on they stay where they are
        let kept = memory::reservation(&self.environment, &self.operator, Spills::Never);
        let size = self.reservation.free();
        if kept.try_grow(size).is_err() {
            self.move_to_file()?;
        }
        let RowsWriter { operator, environment, batches, file, rows, .. } = self;
        let place = match file {
            None => Place::Memory { batches, _reservation: kept },
            Some((file, writer)) => {
                writer.into_inner()?.finish()?;
                Place::File(file, rows)
            }
        };
        Ok(StoredRows { place, operator, environment })
    }
}

/// The rows with a last column that numbers them.
fn numbered(batch: &RecordBatch, first: i64) -> Result<RecordBatch> {
    let number: ArrayRef = Arc::new(Int64Array::from_iter_values(first..first + batch.num_rows() as i64));
    let row = Arc::new(Field::new("row", DataType::Int64, false));
    let fields: Vec<FieldRef> = batch.schema().fields().iter().cloned().chain([row]).collect();
    let columns = batch.columns().iter().cloned().chain([number]).collect();
    Ok(RecordBatch::try_new(SchemaRef::new(Schema::new(fields)), columns)?)
}
