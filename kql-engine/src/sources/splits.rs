//! Text files in splits that are read separately, on all processors.
//!
//! What a query can name must be known before it is bound, and depends on all rows of a file: the undeclared
//! columns, their types, whether days or months come first in dates. Reading a large file only for that would
//! double the time of a query. So only samples of a large file are read first ([`FileSplits::sample`]). The scan of a
//! split surveys it too, and when the query has run, the splits that were not scanned are surveyed as well
//! ([`FileSplits::complete`]). If the whole file contradicts the samples, the query runs again.

use super::csv::CsvLayout;
use super::input::DataFile;
use super::lines::JsonLines;
use super::rows::Mapping;
use super::scan_stats::{Declared, ScanStats};
use super::sink::{RowReader, Sink};
use crate::error::{Error, SourceError, run_error};
use datafusion::common::DataFusionError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// If the number of lines before a split is not known, a line number consists of this bit, the split, and the line in it.
const UNKNOWN: u64 = 1 << 63;
const LINE_BITS: u32 = 40;

/// A text file in splits.
#[derive(Debug)]
pub(super) struct FileSplits {
    pub file: Arc<DataFile>,
    pub declared: Declared,
    format: Arc<dyn SplitFormat>,
    /// The offset and length of each split; the length of the last one can be `u64::MAX`.
    bounds: Vec<(u64, u64)>,
    surveys: Vec<OnceLock<ScanStats>>,
    /// Number of lines before the first split.
    head: u64,
}

/// The format of a text file's rows.
pub(super) trait SplitFormat: fmt::Debug + Send + Sync {
    /// Opens a split for reading.
    fn open(
        &self,
        splits: Arc<FileSplits>,
        split: usize,
        mapping: Arc<Mapping>,
    ) -> Result<Box<dyn RowReader>, SourceError>;

    /// The columns in the file's header.
    fn header(&self) -> &[String] {
        &[]
    }

    /// The format as data.
    fn encode(&self) -> EncodedFormat;
}

/// A format as data.
#[derive(Serialize, Deserialize)]
pub(super) enum EncodedFormat {
    JsonLines,
    Csv(CsvLayout),
}

impl EncodedFormat {
    fn decode(self) -> Arc<dyn SplitFormat> {
        match self {
            EncodedFormat::JsonLines => Arc::new(JsonLines),
            EncodedFormat::Csv(layout) => Arc::new(layout),
        }
    }
}

/// The splits of a file as data, with something about each of them.
#[derive(Serialize, Deserialize)]
pub(super) struct SplitList<T> {
    format: EncodedFormat,
    /// The offset and the length of each split.
    splits: Vec<(u64, u64, T)>,
    /// Number of lines before the first split.
    head: u64,
}

/// For other processes: the number of lines of each split that was surveyed.
pub(super) type EncodedSplits = SplitList<Option<u64>>;

/// For later runs: all that is known of each split.
pub(super) type KeptSplits = SplitList<ScanStats>;

impl FileSplits {
    /// Splits with these offsets and lengths; `head` lines are before the first.
    pub(super) fn new(
        file: &Arc<DataFile>,
        declared: &Declared,
        format: Arc<dyn SplitFormat>,
        bounds: Vec<(u64, u64)>,
        head: u64,
    ) -> FileSplits {
        let surveys = bounds.iter().map(|_| OnceLock::new()).collect();
        FileSplits { file: file.clone(), declared: declared.clone(), format, bounds, surveys, head }
    }

    /// The whole file as one split, which certainly begins at the beginning of a row.
    pub(super) fn as_single_split(&self) -> FileSplits {
        let from = self.bounds.first().map_or(0, |(from, _)| *from);
        FileSplits::new(&self.file, &self.declared, self.format.clone(), vec![(from, u64::MAX)], self.head)
    }

    /// The splits as data, without the file and the declared columns.
    fn list<T>(&self, about: impl Fn(Option<&ScanStats>) -> T) -> SplitList<T> {
        let surveys = self.surveys.iter().map(|survey| about(survey.get()));
        let splits = self.bounds.iter().zip(surveys).map(|((from, length), about)| (*from, *length, about)).collect();
        SplitList { format: self.format.encode(), splits, head: self.head }
    }

    /// The splits from their data; `survey` is what is known of a split.
    fn of<T>(
        list: SplitList<T>,
        file: &Arc<DataFile>,
        declared: &Declared,
        survey: impl Fn(T) -> Option<ScanStats>,
    ) -> FileSplits {
        let SplitList { format, splits, head } = list;
        let bounds = splits.iter().map(|(from, length, _)| (*from, *length)).collect();
        let own = FileSplits::new(file, declared, format.decode(), bounds, head);
        for (split, (_, _, about)) in splits.into_iter().enumerate() {
            if let Some(survey) = survey(about) {
                own.surveyed(split, survey);
            }
        }
        own
    }

    /// What is known of the file, for later runs; `None` if that is not all.
    pub(super) fn kept(&self) -> Option<KeptSplits> {
        self.is_complete().then(|| self.list(|survey| survey.cloned().unwrap_or_default()))
    }

    /// The splits of an earlier run.
    pub(super) fn restored(kept: KeptSplits, file: &Arc<DataFile>, declared: &Declared) -> FileSplits {
        FileSplits::of(kept, file, declared, Some)
    }

    /// The splits for other processes.
    pub(super) fn encode(&self) -> EncodedSplits {
        self.list(|survey| survey.map(|survey| survey.lines))
    }

    /// The splits of another process. Those that were surveyed are not surveyed again; nothing but their number of lines is
    /// known here.
    pub(super) fn decode(encoded: EncodedSplits, file: &Arc<DataFile>, declared: &Declared) -> FileSplits {
        FileSplits::of(encoded, file, declared, |lines| Some(ScanStats { lines: lines?, ..ScanStats::default() }))
    }

    /// The result of reading a whole split, if it was read.
    pub(super) fn survey_of(&self, split: usize) -> Option<&ScanStats> {
        self.surveys.get(split)?.get()
    }

    pub(super) fn count(&self) -> usize {
        self.bounds.len()
    }

    /// Offset and length of a split.
    pub(super) fn bounds(&self, split: usize) -> (u64, u64) {
        self.bounds.get(split).copied().unwrap_or_default()
    }

    /// The approximate number of bytes of a split.
    pub(super) fn bytes(&self, split: usize) -> u64 {
        match self.bounds(split) {
            (from, u64::MAX) => self.file.length().unwrap_or(0).saturating_sub(from),
            (_, length) => length,
        }
    }

    pub(super) fn is_surveyed(&self, split: usize) -> bool {
        self.surveys.get(split).is_some_and(|s| s.get().is_some())
    }

    pub(super) fn is_complete(&self) -> bool {
        self.surveys.iter().all(|s| s.get().is_some())
    }

    /// Stores the result of reading a whole split; the first result is kept.
    pub(super) fn surveyed(&self, split: usize, survey: ScanStats) {
        if let Some(place) = self.surveys.get(split) {
            let _ = place.set(survey);
        }
    }

    /// The number of lines before a split; if it is not known yet, a number that [`FileSplits::line`] can convert later.
    pub(super) fn lines_before(&self, split: usize) -> u64 {
        match self.known_lines_before(split) {
            Some(lines) => lines,
            None => UNKNOWN | (split as u64) << LINE_BITS,
        }
    }

    fn known_lines_before(&self, split: usize) -> Option<u64> {
        let before = self.surveys.get(..split)?;
        before.iter().try_fold(self.head, |lines, s| Some(lines + s.get()?.lines))
    }

    /// The final line of a position, once all splits are surveyed.
    pub(super) fn line(&self, line: u64) -> u64 {
        if line & UNKNOWN == 0 {
            return line;
        }
        let split = (line & !UNKNOWN) >> LINE_BITS;
        let within = line & ((1 << LINE_BITS) - 1);
        within + self.known_lines_before(split as usize).unwrap_or(0)
    }

    /// [`FileSplits::line`], if the splits before are surveyed; else the line as it is, to be converted later.
    pub(super) fn known_line(&self, line: u64) -> u64 {
        let split = (line & !UNKNOWN) >> LINE_BITS;
        match self.known_lines_before(split as usize) {
            Some(_) => self.line(line),
            None => line,
        }
    }

    /// Reads the beginnings of some splits. Damaged rows are not counted.
    pub(super) fn sample(&self, bytes: u64) -> Result<ScanStats, SourceError> {
        let step = self.count().div_ceil(SAMPLES).max(1);
        let mut all = ScanStats::default();
        for split in (0..self.count()).step_by(step) {
            if let Some(survey) = self.surveys.get(split).and_then(OnceLock::get) {
                all.append(survey.clone());
                continue;
            }
            let (from, length) = self.bounds(split);
            let only = FileSplits {
                bounds: vec![(from, length.min(bytes))],
                surveys: vec![OnceLock::new()],
                ..self.as_single_split()
            };
            let only = Arc::new(only);
            only.survey(0)?;
            if let Some(survey) = only.surveys.first().and_then(OnceLock::get) {
                // the last row is cut off
                all.append(ScanStats { refused: 0, places: Vec::new(), ..survey.clone() });
            }
        }
        if all.names.is_empty() {
            all.names = self.format.header().iter().map(|name| (name.clone(), Default::default())).collect();
        }
        Ok(all)
    }

    /// Surveys the remaining splits, on all processors.
    pub(super) fn complete(self: &Arc<Self>) -> Result<(), SourceError> {
        let open: Vec<usize> = (0..self.count()).filter(|i| !self.is_surveyed(*i)).collect();
        let next = AtomicUsize::new(0);
        let failed = OnceLock::new();
        let work = || {
            while let Some(split) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.survey(*split) {
                    let _ = failed.set(error);
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(open.len());
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        failed.into_inner().map_or(Ok(()), Err)
    }

    fn survey(self: &Arc<Self>, split: usize) -> Result<(), SourceError> {
        let mut reader = self.open(split, Arc::default())?;
        let mut sink = Sink::counting();
        while reader.fill(&mut sink).map_err(|e| self.failure(e))? {
            sink = Sink::counting();
        }
        Ok(())
    }

    pub(super) fn failure(&self, error: DataFusionError) -> SourceError {
        match run_error(error) {
            Error::Data(error) => error,
            other => self.file.unreadable(other),
        }
    }

    /// The statistics of the whole file, or `None` if the splits do not begin at the beginnings of rows.
    pub(super) fn whole(&self) -> Option<ScanStats> {
        let mut all = ScanStats { lines: self.head, ..ScanStats::default() };
        let mut end = self.bounds(0).0;
        for (survey, (from, _)) in self.surveys.iter().zip(&self.bounds) {
            if *from != end {
                return None;
            }
            all.append(survey.get()?.clone());
            end = all.end;
        }
        Some(all)
    }

    /// Opens a split for reading.
    pub(super) fn open(
        self: &Arc<Self>,
        split: usize,
        mapping: Arc<Mapping>,
    ) -> Result<Box<dyn RowReader>, SourceError> {
        self.format.open(self.clone(), split, mapping)
    }
}

/// The number of sampled splits.
const SAMPLES: usize = 16;
