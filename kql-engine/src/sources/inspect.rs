//! Files, one by one, when their table is opened: their columns, and how their rows are read.

use super::batches;
use super::document::{self, Layout};
use super::input::{DataFile, Format};
use super::kinds::Syntax;
use super::location::Stamp;
use super::normalize::unsupported;
use super::options::OpenOptions;
use super::parquet::{self, ParquetFile};
use super::records::{TableSurvey, Wrapping};
use super::remembered::{ContentKey, KeptContent};
use super::report::Place;
use super::scan_stats::{Declared, ScanStats};
use super::splits::FileSplits;
use super::table_files::TableFile;
use crate::encoded::EncodedSchema;
use crate::error::SourceError;
use crate::stores;
use crate::types::ScalarType;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use std::collections::HashSet;
use std::sync::Arc;

/// How the rows of a file are read.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Text(Arc<FileSplits>),
    Document { mark: u64 },
    Batches,
    Parquet(Arc<ParquetFile>),
    Records(Wrapping),
    Nothing,
}

/// A file that was inspected.
#[derive(Clone, Debug)]
pub(super) struct InspectedFile {
    pub file: Arc<DataFile>,
    pub format: &'static str,
    /// Headers can contain zones, and columns can be duplicated.
    pub portal: bool,
    /// The unit of positions in it.
    pub unit: &'static str,
    /// Its length and time of change, which show whether it changed since.
    pub stamp: Stamp,
    pub content: Content,
    pub found: FileContents,
}

/// The columns of a file.
#[derive(Clone, Debug)]
pub(super) enum FileContents {
    /// Names and kinds of values, how they are written, and the types that the file itself declares.
    Text { survey: Box<ScanStats>, syntax: Syntax, types: Vec<(String, ScalarType)> },
    Arrow {
        schema: SchemaRef,
        rows: u64,
        /// Why rows or columns are missing.
        damage: Vec<String>,
    },
}

impl FileContents {
    /// The columns of an Arrow or Parquet file.
    ///
    /// # Errors
    /// [`SourceError::NotThat`] where a column has a type that no column of a table can have.
    fn arrow(file: &DataFile, schema: SchemaRef, rows: u64, damage: Option<String>) -> Result<Self, SourceError> {
        let mut damage: Vec<String> = damage.into_iter().collect();
        let mut seen = HashSet::new();
        let mut fields: Vec<FieldRef> = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            if let Some(ty) = unsupported(field.data_type()) {
                let reason = format!("the column '{}' has the type {ty}, which is not supported", field.name());
                return Err(SourceError::unreadable(&file.path, reason));
            }
            if seen.insert(field.name()) {
                fields.push(field.clone());
            } else {
                damage.push(format!("the column '{}' occurs more than once; only the first is read", field.name()));
            }
        }
        Ok(FileContents::Arrow { schema: Arc::new(Schema::new(fields)), rows, damage })
    }
}

/// Inspects files: those in an object store several at a time.
pub(super) fn inspect(
    files: &[TableFile],
    declared: &Declared,
    options: &OpenOptions,
) -> Result<Vec<InspectedFile>, SourceError> {
    let Some(object) = files.iter().find_map(|file| file.file.location.object()) else {
        return files.iter().map(|file| look(file, declared, options)).collect();
    };
    let looked = stores::in_parallel(files, |file| look(file, declared, options));
    object.save_memo();
    looked.into_iter().collect()
}

/// Surveys the remaining splits. If the splits do not begin at the beginnings of rows, the file is read as one split.
pub(super) fn complete(splits: &Arc<FileSplits>) -> Result<(ScanStats, Option<Arc<FileSplits>>), SourceError> {
    splits.complete()?;
    if let Some(survey) = splits.whole() {
        return Ok((survey, None));
    }
    let single = Arc::new(splits.as_single_split());
    single.complete()?;
    let survey = single.whole().unwrap_or_default();
    Ok((survey, Some(single)))
}

impl FileContents {
    pub(super) fn survey(&self) -> ScanStats {
        match self {
            FileContents::Text { survey, .. } => survey.as_ref().clone(),
            FileContents::Arrow { rows, damage, .. } => {
                let places = damage.iter().map(|reason| Place { line: 0, reason: reason.clone() }).collect();
                ScanStats { rows: *rows, places, ..ScanStats::default() }
            }
        }
    }
}

/// Inspects a file; a large text file only in samples.
fn look(table_file: &TableFile, declared: &Declared, options: &OpenOptions) -> Result<InspectedFile, SourceError> {
    let file = Arc::new(table_file.file.clone());
    let stamp = file.stamp()?;
    let unit = match (&table_file.wrapped, file.format) {
        (Some((wrapping, _)), _) => wrapping.records.unit(),
        (None, Format::Parquet | Format::Ipc) => "row",
        (None, _) => "line",
    };
    let types: Vec<(String, ScalarType)> =
        table_file.types.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
    let text = |survey, syntax| FileContents::Text { survey: Box::new(survey), syntax, types: types.clone() };
    let splits = |splits: FileSplits, syntax| {
        let splits = Arc::new(splits);
        if file.length()? > options.whole_below_for(&file) {
            return Ok((Content::Text(splits.clone()), text(splits.sample(options.split_bytes / SAMPLE)?, syntax)));
        }
        let (survey, single) = complete(&splits)?;
        Ok((Content::Text(single.unwrap_or(splits)), text(survey, syntax)))
    };
    let key = ContentKey::new(declared, options.split_bytes);
    let kept = || restored(&file, declared, &types, key.find(&file)?);
    let (content, found) = if file.length()? == 0 {
        (Content::Nothing, text(ScanStats::default(), Syntax::Json))
    } else if let Some((wrapping, TableSurvey { survey, types })) = &table_file.wrapped {
        let refused = &table_file.refused;
        let survey = ScanStats { refused: refused.refused, places: refused.places.clone(), ..survey.clone() };
        let syntax = wrapping.records.wrapped().syntax();
        (
            Content::Records(wrapping.clone()),
            FileContents::Text { survey: Box::new(survey), syntax, types: types.clone() },
        )
    } else if let Some(kept) = kept() {
        kept
    } else {
        let fresh = match file.format {
            Format::Json { lines } => {
                let mark = file.mark()?;
                match document::layout(&file, mark, lines)? {
                    Layout::Document => {
                        (Content::Document { mark }, text(document::survey(&file, mark, declared)?, Syntax::Json))
                    }
                    Layout::Lines => splits(super::lines::splits(&file, mark, declared, options)?, Syntax::Json)?,
                }
            }
            Format::Csv => splits(super::csv::splits(&file, file.mark()?, declared, options)?, Syntax::Csv)?,
            Format::Parquet if parquet::can_scan(&file) => {
                let parquet = ParquetFile::open(&file)?;
                let found = FileContents::arrow(&file, parquet.schema.clone(), parquet.rows, None)?;
                (Content::Parquet(Arc::new(parquet)), found)
            }
            // a file that is not empty is unwrapped
            Format::Evtx => {
                return Err(SourceError::not_that(&file.path, super::evtx::NAME, "its header cannot be read"));
            }
            Format::Syslog | Format::Zeek | Format::Workbook => {
                return Err(SourceError::not_that(&file.path, table_file.format, "it cannot be read"));
            }
            Format::Parquet | Format::Ipc => {
                let (schema, damage) = batches::schema(&file)?;
                (Content::Batches, FileContents::arrow(&file, schema, 0, damage)?)
            }
        };
        key.keep(&file, || kept_form(&fresh));
        fresh
    };
    // a reader can take the failure of a request for the end of the file
    file.stamp()?;
    let (format, portal) = (table_file.format, table_file.portal);
    Ok(InspectedFile { file: file.clone(), format, portal, unit, stamp, content, found })
}

/// What was found out about a file, as it is kept; `None` if it is not all.
fn kept_form((content, found): &(Content, FileContents)) -> Option<KeptContent> {
    match (content, found) {
        (Content::Text(splits), _) => KeptContent::text(splits),
        (Content::Document { mark }, FileContents::Text { survey, .. }) => {
            Some(KeptContent::Document { mark: *mark, survey: survey.as_ref().clone() })
        }
        (Content::Parquet(parquet), _) => Some(KeptContent::parquet(parquet)),
        (Content::Batches, FileContents::Arrow { schema, damage, .. }) if damage.is_empty() => {
            Some(KeptContent::Batches { schema: EncodedSchema::of(schema), damage: None })
        }
        _ => None,
    }
}

/// What an earlier run has found out about a file; `None` if that is of no use.
fn restored(
    file: &Arc<DataFile>,
    declared: &Declared,
    types: &[(String, ScalarType)],
    kept: KeptContent,
) -> Option<(Content, FileContents)> {
    let text = |survey, syntax| FileContents::Text { survey: Box::new(survey), syntax, types: types.to_vec() };
    Some(match (kept, file.format) {
        (KeptContent::Text(kept), Format::Json { .. } | Format::Csv) => {
            let syntax = if file.format == Format::Csv { Syntax::Csv } else { Syntax::Json };
            let splits = Arc::new(FileSplits::restored(kept, file, declared));
            let survey = splits.whole()?;
            (Content::Text(splits), text(survey, syntax))
        }
        (KeptContent::Document { mark, survey }, Format::Json { .. }) => {
            (Content::Document { mark }, text(survey, Syntax::Json))
        }
        (KeptContent::Parquet { schema, rows, fits }, Format::Parquet) => {
            let parquet = ParquetFile::known(file, schema.restored()?, rows, fits).ok()?;
            let found = FileContents::arrow(file, parquet.schema.clone(), rows, None).ok()?;
            (Content::Parquet(Arc::new(parquet)), found)
        }
        (KeptContent::Batches { schema, damage }, Format::Parquet | Format::Ipc) => {
            (Content::Batches, FileContents::arrow(file, schema.restored()?, 0, damage).ok()?)
        }
        _ => return None,
    })
}

impl InspectedFile {
    /// Reads the parts of a text file that were not read yet; true if it is read in another way from now on.
    pub(super) fn complete(&mut self, declared: &Declared, options: &OpenOptions) -> Result<bool, SourceError> {
        let Content::Text(splits) = &mut self.content else { return Ok(false) };
        let FileContents::Text { survey, .. } = &mut self.found else { return Ok(false) };
        let was_complete = splits.is_complete();
        let (whole, single) = complete(splits)?;
        let differs = single.is_some();
        if let Some(single) = single {
            *splits = single;
        }
        **survey = whole;
        if !was_complete {
            ContentKey::new(declared, options.split_bytes).keep(&self.file, || KeptContent::text(splits));
        }
        Ok(differs)
    }
}

/// The sampled share of a split: 1/16.
const SAMPLE: u64 = 16;
