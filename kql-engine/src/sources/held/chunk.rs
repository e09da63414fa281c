//! Rows of a table in compact form.

use super::chosen::Chosen;
use super::finder::{TextFinder, TextIndex};
use super::store::{Room, Segment};
use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, RecordBatch, RecordBatchOptions, StringDictionaryBuilder, UInt8Array,
    UInt32Array, new_null_array,
};
use arrow::compute::{cast, concat, max, min, take};
use arrow::datatypes::{DataType, Int64Type, SchemaRef, UInt8Type, UInt16Type};
use datafusion::common::{DataFusionError, Result, internal_err};
use std::sync::Arc;

/// The rows of a chunk: the number of each of its texts has 16 bits.
const ROWS: usize = 1 << 16;

/// Rows of a table, a column at a time.
#[derive(Debug)]
pub(crate) struct Chunk {
    rows: usize,
    columns: Vec<Column>,
}

/// A column of a chunk.
#[derive(Debug)]
struct Column {
    place: Place,
    /// Where the texts are that queries look for, among its values, or its different texts.
    texts: Option<TextIndex>,
    /// The least and the greatest value, of whole numbers without nulls.
    range: Option<(i64, i64)>,
}

#[derive(Debug)]
enum Place {
    /// The same value in all rows: an array of length 1.
    Constant(ArrayRef),
    /// All values, or the different texts with their numbers.
    Memory(ArrayRef),
    /// In a temporary file.
    File(Segment),
}

/// A column that is in memory.
#[derive(Clone)]
pub(super) enum Loaded {
    /// The same value in all rows.
    Constant(ArrayRef),
    /// All values, or the different texts with their numbers.
    Values(ArrayRef),
}

impl Chunk {
    /// How many rows it has.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// A column by its place.
    pub(super) fn column(&self, place: usize) -> Result<Loaded> {
        match self.columns.get(place).map(|column| &column.place) {
            Some(Place::Constant(one)) => Ok(Loaded::Constant(one.clone())),
            Some(Place::Memory(values)) => Ok(Loaded::Values(values.clone())),
            Some(Place::File(segment)) => segment.read().map(Loaded::Values),
            None => internal_err!("a held table lacks a column"),
        }
    }

    /// Where texts are among the different values of a column, if they were looked for.
    pub(super) fn texts(&self, place: usize) -> Option<&TextIndex> {
        self.columns.get(place)?.texts.as_ref()
    }

    /// The least and the greatest value of a column of whole numbers and times; `None` if it has nulls.
    pub(super) fn range(&self, place: usize) -> Option<(i64, i64)> {
        self.columns.get(place)?.range
    }

    pub(super) fn columns(&self, places: &[usize]) -> Result<Vec<Loaded>> {
        places.iter().map(|place| self.column(*place)).collect()
    }
}

/// The time of a row and when it arrived, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Its time.
    pub time: i64,
    /// When it arrived, if it says so.
    pub received: Option<i64>,
}

impl Chunk {
    /// Adds when the chosen rows are, by the places of the columns with their time and their arrival; `None` if a row has no
    /// time.
    pub(super) fn moments(
        &self,
        time: usize,
        received: Option<usize>,
        chosen: &Chosen,
        all: &mut Vec<Moment>,
    ) -> Option<()> {
        for piece in chosen.pieces(self.rows, self.rows.max(1)) {
            let column = |place: usize| rows_of(&self.column(place).ok()?, &piece).ok();
            let times = column(time)?;
            let times = times.as_primitive_opt::<Int64Type>()?;
            let arrivals = received.and_then(column);
            let arrivals = arrivals.as_ref().and_then(|array| array.as_primitive_opt::<Int64Type>());
            for row in 0..times.len() {
                let received = arrivals.filter(|arrivals| arrivals.is_valid(row)).map(|arrivals| arrivals.value(row));
                all.push(Moment { time: times.is_valid(row).then(|| times.value(row))?, received });
            }
        }
        Some(())
    }
}

/// Some rows of a chunk, in order.
pub(super) enum Piece {
    /// The first, and how many.
    Range(usize, usize),
    /// Their numbers.
    Rows(UInt32Array),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Piece::Range(_, length) => *length,
            Piece::Rows(rows) => rows.len(),
        }
    }
}

/// These rows of the columns, as plans have them.
pub(super) fn batch(columns: &[Loaded], piece: &Piece, schema: &SchemaRef) -> Result<RecordBatch> {
    let arrays = columns.iter().map(|column| rows_of(column, piece)).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(piece.len()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?)
}

fn rows_of(column: &Loaded, piece: &Piece) -> Result<ArrayRef> {
    let values = match (column, piece) {
        (Loaded::Constant(one), piece) => return Ok(take(one, &UInt32Array::from(vec![0; piece.len()]), None)?),
        (Loaded::Values(values), Piece::Range(from, length)) => values.slice(*from, *length),
        (Loaded::Values(values), Piece::Rows(rows)) => take(values, rows, None)?,
    };
    plain(&values)
}

/// Without numbers for texts.
fn plain(values: &ArrayRef) -> Result<ArrayRef> {
    match values.data_type() {
        DataType::Dictionary(_, ty) => Ok(cast(values, ty)?),
        _ => Ok(values.clone()),
    }
}

/// Puts rows into chunks.
pub(crate) struct ChunkWriter {
    room: Arc<Room>,
    columns: Vec<Building>,
    /// What is looked for in each column.
    finders: Vec<Option<Arc<TextFinder>>>,
    rows: usize,
    chunks: Vec<Chunk>,
}

enum Building {
    Texts(Box<StringDictionaryBuilder<UInt16Type>>),
    Other(Vec<ArrayRef>),
}

impl Building {
    fn of(ty: &DataType) -> Building {
        match ty {
            DataType::Utf8 => Building::Texts(Box::default()),
            _ => Building::Other(Vec::new()),
        }
    }
}

impl ChunkWriter {
    /// For rows of this schema; `finders` are what is looked for in each column.
    pub(crate) fn new(schema: &SchemaRef, finders: Vec<Option<Arc<TextFinder>>>, room: Arc<Room>) -> ChunkWriter {
        let columns = schema.fields().iter().map(|field| Building::of(field.data_type())).collect();
        ChunkWriter { room, columns, finders, rows: 0, chunks: Vec::new() }
    }

    /// Adds rows after the others.
    pub(crate) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut at = 0;
        while at < batch.num_rows() {
            let length = (ROWS - self.rows).min(batch.num_rows() - at);
            for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
                let part = array.slice(at, length);
                match column {
                    Building::Texts(texts) => {
                        let Some(part) = part.as_string_opt::<i32>() else {
                            return internal_err!("a text column of a held table has {}", part.data_type());
                        };
                        for text in part {
                            match text {
                                Some(text) => drop(texts.append(text)?),
                                None => texts.append_null(),
                            }
                        }
                    }
                    Building::Other(parts) => parts.push(part),
                }
            }
            self.rows += length;
            at += length;
            if self.rows == ROWS {
                self.end_chunk()?;
            }
        }
        Ok(())
    }

    /// All chunks.
    pub(crate) fn finish(mut self) -> Result<Vec<Chunk>> {
        if self.rows > 0 {
            self.end_chunk()?;
        }
        Ok(self.chunks)
    }

    fn end_chunk(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let mut columns = Vec::with_capacity(self.columns.len());
        for (at, column) in self.columns.iter_mut().enumerate() {
            let array: ArrayRef = match column {
                Building::Texts(texts) => {
                    let built = texts.finish();
                    // the builder keeps the room of the texts that it had
                    *column = Building::Texts(Box::default());
                    if built.values().len() > rows / 2 {
                        // nearly all differ: the next chunk has them as they are
                        *column = Building::Other(Vec::new());
                        cast(&built, &DataType::Utf8)?
                    } else {
                        narrowed(built)?
                    }
                }
                Building::Other(parts) => {
                    let parts = std::mem::take(parts);
                    concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())?
                }
            };
            let texts = self.finders.get(at).and_then(Option::as_ref).and_then(|finder| {
                let values = array.as_any_dictionary_opt().map_or(&array, |texts| texts.values());
                Some(finder.index(values.as_string_opt::<i32>()?))
            });
            let range = array.as_primitive_opt::<Int64Type>().filter(|values| values.null_count() == 0);
            let range = range.and_then(|values| Some((min(values)?, max(values)?)));
            let place = match constant(&array)? {
                Some(one) => Place::Constant(one),
                None => match self.room.keep(&array)? {
                    Some(segment) => Place::File(segment),
                    None => Place::Memory(array),
                },
            };
            columns.push(Column { place, texts, range });
        }
        self.chunks.push(Chunk { rows, columns });
        Ok(())
    }
}

/// Texts with numbers of 8 bits, if there are few.
fn narrowed(texts: DictionaryArray<UInt16Type>) -> Result<ArrayRef> {
    if texts.values().len() > 256 {
        return Ok(Arc::new(texts));
    }
    let keys: UInt8Array = texts.keys().unary_opt(|key| u8::try_from(key).ok());
    let narrow = DictionaryArray::<UInt8Type>::try_new(keys, texts.values().clone()).map_err(DataFusionError::from)?;
    Ok(Arc::new(narrow))
}

/// The only value of a column, if all rows have the same.
fn constant(array: &ArrayRef) -> Result<Option<ArrayRef>> {
    if array.is_empty() {
        return Ok(None);
    }
    if array.null_count() == array.len() {
        let ty = match array.data_type() {
            DataType::Dictionary(_, ty) => ty.as_ref(),
            ty => ty,
        };
        return Ok(Some(new_null_array(ty, 1)));
    }
    match array.as_any_dictionary_opt() {
        Some(texts) if texts.values().len() == 1 && array.null_count() == 0 => Ok(Some(texts.values().clone())),
        _ => Ok(None),
    }
}
