//! Where the columns of chunks are: in memory, as long as there is room, then in a temporary file.

use crate::memory::{self, Spills};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::spill_file::SpillFile;
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The memory for held rows, and the file for those that do not fit.
pub(crate) struct Room {
    environment: Arc<RuntimeEnv>,
    reservation: MemoryReservation,
    /// Bytes that can be in memory.
    most: usize,
    used: AtomicUsize,
    file: Mutex<Option<Open>>,
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.used.load(Ordering::Relaxed), self.most)
    }
}

/// The temporary file.
struct Open {
    file: Arc<dyn SpillFile>,
    writer: File,
    length: u64,
}

impl Room {
    /// Room for so many bytes.
    pub(crate) fn new(environment: &Arc<RuntimeEnv>, most: usize) -> Room {
        Room {
            environment: environment.clone(),
            reservation: memory::reservation(environment, "hunt", Spills::Never),
            most,
            used: AtomicUsize::new(0),
            file: Mutex::new(None),
        }
    }

    /// Bytes in memory.
    pub(crate) fn in_memory(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes in the file.
    pub(crate) fn in_file(&self) -> u64 {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |open| open.length)
    }

    /// Reserves memory for a column; if there is not enough, writes it to the file, and returns its place there.
    pub(super) fn keep(self: &Arc<Self>, array: &ArrayRef) -> Result<Option<Segment>> {
        let bytes = array.get_array_memory_size();
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes <= self.most && self.reservation.try_grow(bytes).is_ok() {
            return Ok(None);
        }
        self.used.fetch_sub(bytes, Ordering::Relaxed);
        self.write(array).map(Some)
    }

    fn write(self: &Arc<Self>, array: &ArrayRef) -> Result<Segment> {
        let field = Field::new("column", array.data_type().clone(), true);
        let schema = Arc::new(Schema::new(vec![field]));
        let mut bytes = Vec::new();
        let mut writer = StreamWriter::try_new(&mut bytes, &schema)?;
        writer.write(&RecordBatch::try_new(schema, vec![array.clone()])?)?;
        writer.finish()?;
        drop(writer);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match &mut *file {
            Some(open) => open,
            none => {
                let created = self.environment.disk_manager.create_tmp_file("hunt")?;
                let writer = std::fs::OpenOptions::new().write(true).open(path(created.as_ref())?);
                let writer = writer.map_err(DataFusionError::IoError)?;
                none.insert(Open { file: created, writer, length: 0 })
            }
        };
        open.writer.write_all(&bytes).map_err(DataFusionError::IoError)?;
        let start = open.length;
        open.length += bytes.len() as u64;
        Ok(Segment { file: open.file.clone(), start, length: bytes.len() as u64 })
    }
}

fn path(file: &dyn SpillFile) -> Result<&Path> {
    match file.path() {
        Some(path) => Ok(path),
        None => internal_err!("a temporary file has no path"),
    }
}

/// A column in the file.
pub(super) struct Segment {
    file: Arc<dyn SpillFile>,
    start: u64,
    length: u64,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes in a file", self.length)
    }
}

impl Segment {
    /// The column.
    pub(super) fn read(&self) -> Result<ArrayRef> {
        let mut file = File::open(path(self.file.as_ref())?).map_err(DataFusionError::IoError)?;
        file.seek(SeekFrom::Start(self.start)).map_err(DataFusionError::IoError)?;
        let mut reader = StreamReader::try_new(BufReader::new(file.take(self.length)), None)?;
        match reader.next() {
            Some(batch) => Ok(batch?.column(0).clone()),
            None => internal_err!("a column of a held table is missing in its file"),
        }
    }
}
