//! Scans as data, so that other processes can read the files, and what these report about them.

use super::archive::Member;
use super::catalogue::Profile;
use super::compression::Compression;
use super::input::{AsOpened, DataFile, Format};
use super::location::{SentLocation, Stamp, absolute};
use super::parquet::Convert;
use super::recognise::{EncodedRecords, Known};
use super::records::{Naming, Wrapping};
use super::report::CastFailures;
use super::row_filter::RowFilter;
use super::rows::Mapping;
use super::scan_stats::{Declared, ScanStats};
use super::splits::{EncodedSplits, FileSplits};
use super::stream::{Part, PartContent, TextScan, TextScans, Totals};
use crate::encoded::Encoded;
use crate::types::{Column, ScalarType, TableSchema};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::logical_expr::ScalarUDF;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A scan: the values that did not fit, and its text files.
#[derive(Clone, Debug)]
struct Scan {
    totals: Arc<Totals>,
    files: Vec<Arc<FileSplits>>,
    /// The paths of all its files as messages show them. Those that are sent are absolute.
    paths: Vec<PathBuf>,
}

/// What other processes report about a scan.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ScanReport {
    scan: u64,
    misfits: CastFailures,
    /// By file and split: the result of reading the whole split.
    surveys: Vec<(usize, usize, ScanStats)>,
}

/// The scans of a plan that is sent to other processes, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct SentScans(Mutex<Vec<Scan>>);

impl SentScans {
    fn number(&self, totals: &Arc<Totals>, files: &[Arc<FileSplits>], paths: &[PathBuf]) -> u64 {
        // a plan that is sent on keeps its numbers
        if let Some(scan) = totals.scan {
            return scan;
        }
        let mut scans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = scans.iter().position(|scan| Arc::ptr_eq(&scan.totals, totals));
        let number = known.unwrap_or_else(|| {
            scans.push(Scan { totals: totals.clone(), files: files.to_vec(), paths: paths.to_vec() });
            scans.len() - 1
        });
        number as u64
    }

    /// Adds what another process found out about a part of a scan.
    pub(crate) fn receive(&self, report: ScanReport) {
        let ScanReport { scan, misfits, surveys } = report;
        let scans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(scan) = usize::try_from(scan).ok().and_then(|i| scans.get(i)) else { return };
        for (file, split, survey) in surveys {
            if let Some(splits) = scan.files.get(file) {
                splits.surveyed(split, survey);
            }
        }
        let given = |sent: PathBuf| {
            let given = scan.paths.iter().find(|path| absolute(path) == sent);
            given.cloned().unwrap_or(sent)
        };
        let mut misfits = misfits.with_paths(given);
        misfits.convert_lines(|path, line| {
            scan.files.iter().find(|splits| splits.file.path == path).map_or(line, |splits| splits.known_line(line))
        });
        scan.totals.add(misfits);
    }
}

/// The scans of a plan that came from another process.
#[derive(Debug, Default)]
pub(crate) struct ReceivedScans(Mutex<BTreeMap<u64, ReceivedScan>>);

#[derive(Clone, Debug)]
struct ReceivedScan {
    scan: Scan,
    /// For each file the splits that were surveyed before.
    surveyed: Vec<Vec<bool>>,
}

impl ReceivedScans {
    fn totals(&self, scan: u64) -> Arc<Totals> {
        let mut scans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || ReceivedScan {
            scan: Scan { totals: Arc::new(Totals::of_other(scan)), files: Vec::new(), paths: Vec::new() },
            surveyed: Vec::new(),
        };
        scans.entry(scan).or_insert_with(new).scan.totals.clone()
    }

    fn add_files(&self, scan: u64, files: Vec<Arc<FileSplits>>) {
        let mut scans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = scans.get_mut(&scan) {
            known.surveyed =
                files.iter().map(|splits| (0..splits.count()).map(|i| splits.is_surveyed(i)).collect()).collect();
            known.scan.files = files;
        }
    }

    /// What was found out; empty if there is nothing to report.
    pub(crate) fn reports(&self) -> Vec<ScanReport> {
        let scans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let report = |(number, received): (&u64, &ReceivedScan)| {
            let misfits = received.scan.totals.misfits();
            let mut surveys = Vec::new();
            for (file, (splits, surveyed)) in received.scan.files.iter().zip(&received.surveyed).enumerate() {
                for split in (0..splits.count()).filter(|split| !surveyed.get(*split).copied().unwrap_or_default()) {
                    surveys.extend(splits.survey_of(split).map(|survey| (file, split, survey.clone())));
                }
            }
            let nothing = misfits.is_empty() && surveys.is_empty();
            (!nothing).then_some(ScanReport { scan: *number, misfits, surveys })
        };
        scans.iter().filter_map(report).collect()
    }
}

#[derive(Serialize, Deserialize)]
struct FileData {
    path: PathBuf,
    location: SentLocation,
    format: Format,
    compression: Compression,
    /// The file in an archive, and whether it is read from a decompressed copy.
    member: Option<(Member, bool)>,
    length: u64,
    may_grow: bool,
}

#[derive(Serialize, Deserialize)]
struct DeclaredData {
    columns: HashMap<String, ScalarType>,
    custom: bool,
}

#[derive(Serialize, Deserialize)]
struct KnownData {
    profile: Profile,
    schemas: HashMap<String, TableSchema>,
}

#[derive(Serialize, Deserialize)]
struct WrappingData {
    records: EncodedRecords,
    known: usize,
    table: String,
    fallback: String,
    naming: Naming,
}

#[derive(Serialize, Deserialize)]
struct SplitsData {
    file: usize,
    declared: usize,
    splits: EncodedSplits,
}

#[derive(Serialize, Deserialize)]
enum ContentData {
    Split(usize, usize),
    Document(u64),
    Records(usize),
    Batches,
}

#[derive(Serialize, Deserialize)]
struct PartData {
    bytes: u64,
    file: usize,
    mapping: usize,
    content: ContentData,
}

/// A scan as data: what its parts share is written once.
#[derive(Serialize, Deserialize)]
struct ScanData {
    scan: u64,
    columns: Vec<Column>,
    /// The columns of each step of the filter.
    filter: Option<Vec<Vec<usize>>>,
    files: Vec<FileData>,
    mappings: Vec<Mapping>,
    declared: Vec<DeclaredData>,
    known: Vec<KnownData>,
    wrappings: Vec<WrappingData>,
    splits: Vec<SplitsData>,
    partitions: Vec<Vec<PartData>>,
}

/// Values that are shared, in the order in which they were seen.
struct Shared<'a, T>(Vec<&'a Arc<T>>, HashMap<*const T, usize>);

impl<'a, T> Shared<'a, T> {
    fn new() -> Self {
        Shared(Vec::new(), HashMap::new())
    }

    fn place(&mut self, value: &'a Arc<T>) -> usize {
        *self.1.entry(Arc::as_ptr(value)).or_insert_with(|| {
            self.0.push(value);
            self.0.len() - 1
        })
    }
}

/// A scan of text and Arrow files as data.
pub(crate) fn encode_scan(scans: &TextScans, sent: &SentScans) -> Result<Encoded> {
    let Some(first) = scans.0.first() else { return internal_err!("a scan has no partitions") };
    let (mut files, mut mappings) = (Shared::new(), Shared::new());
    let (mut splits, mut wrappings) = (Shared::new(), Shared::new());
    let mut of_files: Vec<&AsOpened> = Vec::new();
    let mut partitions = Vec::with_capacity(scans.0.len());
    for scan in &scans.0 {
        let mut parts = Vec::with_capacity(scan.parts.len());
        for part in &scan.parts {
            let file = files.place(&part.of.file);
            if file == of_files.len() {
                of_files.push(&part.of);
            }
            let content = match &part.content {
                PartContent::Split(of, split) => ContentData::Split(splits.place(of), *split),
                PartContent::Document(mark) => ContentData::Document(*mark),
                PartContent::Records(wrapping) => ContentData::Records(wrappings.place(wrapping)),
                PartContent::Batches => ContentData::Batches,
                #[cfg(test)]
                PartContent::Test(_) => return internal_err!("a test's part cannot be sent"),
            };
            parts.push(PartData { bytes: part.bytes, file, mapping: mappings.place(&part.mapping), content });
        }
        partitions.push(parts);
    }
    let (mut declared, mut known) = (Shared::new(), Shared::new());
    let mut customs = Vec::new();
    let of_splits: Vec<SplitsData> = splits
        .0
        .iter()
        .map(|splits| {
            let (columns, custom) = splits.declared.parts();
            let place = declared.place(columns);
            if place == customs.len() {
                customs.push(custom);
            }
            SplitsData { file: files.place(&splits.file), declared: place, splits: splits.encode() }
        })
        .collect();
    let of_wrappings = wrappings.0.iter().map(|wrapping| {
        let Some(records) = wrapping.records.encode() else { return internal_err!("a format has no number") };
        let (table, fallback) = (wrapping.table.to_string(), wrapping.fallback.to_string());
        Ok(WrappingData { records, known: known.place(&wrapping.known), table, fallback, naming: wrapping.naming })
    });
    let wrappings = of_wrappings.collect::<Result<Vec<_>>>()?;
    let all: Vec<Arc<FileSplits>> = splits.0.iter().map(|splits| Arc::clone(splits)).collect();
    let (filter, expressions) = match &first.filter {
        Some(filter) => {
            let (columns, expressions) = filter.parts();
            (Some(columns), expressions)
        }
        None => (None, Vec::new()),
    };
    let paths: Vec<PathBuf> = of_files.iter().map(|of| of.file.path.clone()).collect();
    let data = ScanData {
        scan: sent.number(&first.totals, &all, &paths),
        columns: first.columns.clone(),
        filter,
        files: of_files.into_iter().map(file_data).collect::<Result<_>>()?,
        mappings: mappings.0.into_iter().map(|mapping| mapping.as_ref().clone()).collect(),
        declared: declared
            .0
            .into_iter()
            .zip(customs)
            .map(|(columns, custom)| DeclaredData { columns: columns.as_ref().clone(), custom })
            .collect(),
        known: known
            .0
            .into_iter()
            .map(|known| {
                let (profile, schemas) = known.parts();
                KnownData { profile, schemas: schemas.clone() }
            })
            .collect(),
        wrappings,
        splits: of_splits,
        partitions,
    };
    Encoded::with(&data, expressions)
}

fn file_data(of: &AsOpened) -> Result<FileData> {
    let file = &of.file;
    Ok(FileData {
        path: absolute(&file.path),
        location: file.location.sent().map_err(|e| DataFusionError::External(Box::new(e)))?,
        format: file.format,
        compression: file.compression,
        member: file.member.as_ref().map(|member| (member.as_ref().clone(), member.is_in_copy())),
        length: of.stamp.length,
        may_grow: of.may_grow,
    })
}

fn opened(data: FileData) -> Result<AsOpened> {
    let external = |e| DataFusionError::External(Box::new(e));
    let FileData { path, location, format, compression, member, length, may_grow } = data;
    let location = location.opened().map_err(external)?;
    let member = match member {
        Some((member, is_in_copy)) => {
            let member = member.at(location.clone());
            Some(Arc::new(if is_in_copy { member.in_copy().map_err(external)? } else { member }))
        }
        None => None,
    };
    let changed = location.object().and_then(|object| object.changed());
    let file = DataFile { path, location, format, compression, member };
    Ok(AsOpened { file: Arc::new(file), stamp: Stamp { length, changed }, may_grow })
}

/// A scan from its data.
pub(crate) fn decode_scan(encoded: Encoded, received: &ReceivedScans) -> Result<TextScans> {
    let data: ScanData = encoded.data()?;
    let missing = || DataFusionError::Internal("a part of a scan is missing".to_owned());
    let files = data.files.into_iter().map(opened).collect::<Result<Vec<_>>>()?;
    let mappings: Vec<Arc<Mapping>> = data.mappings.into_iter().map(Arc::new).collect();
    let declared: Vec<Declared> =
        data.declared.into_iter().map(|d| Declared::from_parts(Arc::new(d.columns), d.custom)).collect();
    let known: Vec<Arc<Known>> =
        data.known.into_iter().map(|known| Arc::new(Known::new(known.profile, known.schemas))).collect();
    let wrapping = |data: WrappingData| -> Result<Arc<Wrapping>> {
        Ok(Arc::new(Wrapping {
            records: data.records.decode().ok_or_else(missing)?,
            known: known.get(data.known).ok_or_else(missing)?.clone(),
            table: data.table.into(),
            fallback: data.fallback.into(),
            naming: data.naming,
        }))
    };
    let wrappings = data.wrappings.into_iter().map(wrapping).collect::<Result<Vec<_>>>()?;
    let of_splits = |data: SplitsData| -> Result<Arc<FileSplits>> {
        let file = &files.get(data.file).ok_or_else(missing)?.file;
        Ok(Arc::new(FileSplits::decode(data.splits, file, declared.get(data.declared).ok_or_else(missing)?)))
    };
    let splits = data.splits.into_iter().map(of_splits).collect::<Result<Vec<_>>>()?;
    let totals = received.totals(data.scan);
    received.add_files(data.scan, splits.clone());
    let schema = TableSchema { columns: data.columns.clone() }.plain();
    let filter = match data.filter {
        Some(columns) => Some(RowFilter::from_parts(columns, encoded.expressions, &data.columns)),
        None => None,
    };
    let part = |data: PartData| -> Result<Part> {
        Ok(Part {
            bytes: data.bytes,
            of: files.get(data.file).ok_or_else(missing)?.clone(),
            mapping: mappings.get(data.mapping).ok_or_else(missing)?.clone(),
            content: match data.content {
                ContentData::Split(of, split) => PartContent::Split(splits.get(of).ok_or_else(missing)?.clone(), split),
                ContentData::Document(mark) => PartContent::Document(mark),
                ContentData::Records(wrapping) => {
                    PartContent::Records(wrappings.get(wrapping).ok_or_else(missing)?.clone())
                }
                ContentData::Batches => PartContent::Batches,
            },
        })
    };
    let partition = |parts: Vec<PartData>| -> Result<Arc<TextScan>> {
        let parts = parts.into_iter().map(part).collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(TextScan::of(parts, &data.columns, &schema, filter.clone(), &totals)))
    };
    Ok(TextScans(data.partitions.into_iter().map(partition).collect::<Result<_>>()?))
}

/// The schemas of each step of a filter, by its columns.
pub(crate) fn filter_columns(encoded: &Encoded) -> Result<Vec<TableSchema>> {
    #[derive(Deserialize)]
    struct Filter {
        columns: Vec<Column>,
        filter: Option<Vec<Vec<usize>>>,
    }
    let Filter { columns, filter } = encoded.data()?;
    let of = |wanted: Vec<usize>| wanted.into_iter().filter_map(|i| columns.get(i).cloned()).collect();
    Ok(filter.unwrap_or_default().into_iter().map(|wanted| TableSchema { columns: of(wanted) }).collect())
}

/// The conversion of a column of Parquet files as data, if the function is one.
pub(crate) fn encode_conversion(udf: &ScalarUDF, sent: &SentScans) -> Option<Result<Encoded>> {
    let convert: &Convert = udf.inner().downcast_ref()?;
    Some(convert.encode(|totals, paths| sent.number(totals, &[], paths)))
}

/// The conversion from its data.
pub(crate) fn decode_conversion(encoded: &Encoded, received: &ReceivedScans) -> Result<ScalarUDF> {
    Ok(ScalarUDF::new_from_impl(Convert::decode(encoded, |scan| received.totals(scan))?))
}
