//! A table of files: its schema from all of them, and the plan that scans them.

use super::batches;
use super::csv;
use super::document::{self, DocumentReader, Layout};
use super::input::{Compression, DataFile, Format, line_parts};
use super::kinds::{Kinds, unified};
use super::lines::{self, LineReader, Survey};
use super::normalize::natural;
use super::parquet::{self, ParquetFile};
use super::report::InputReport;
use super::sink::Mapping;
use super::stream::{Part, TextScan};
use super::{OpenOptions, SourceError, SourceTable, TableFiles, Twin};
use crate::types::{Column, ScalarType, TableSchema};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::union::UnionExec;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Text is read in parts of about this size, on all processors.
const PART: u64 = 16 << 20;

/// A file, and how to scan it.
#[derive(Debug)]
struct Opened {
    file: Arc<DataFile>,
    /// The columns that it has.
    names: Vec<String>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// Offset, length, and the number of lines before.
    Lines(Vec<(u64, u64, u64)>),
    Document {
        mark: u64,
    },
    Csv {
        header: Arc<[String]>,
        parts: Vec<csv::Part>,
    },
    Batches,
    Parquet(ParquetFile),
    Nothing,
}

/// Looks into the files of a table: which columns there are and, for those that no schema declares, of which
/// types. Declared columns come first, then those that only the data has, in order of appearance.
pub fn open(
    table: &TableFiles,
    declared: Option<&TableSchema>,
    twin: Option<Twin>,
    options: &OpenOptions,
) -> Result<SourceTable, SourceError> {
    let report = Arc::new(InputReport::default());
    table.notices.iter().for_each(|note| report.note(note.clone()));
    let declared_names: HashSet<&str> =
        declared.iter().flat_map(|d| d.columns.iter().map(|c| c.name.as_str())).collect();
    let mut types = Types::default();
    let mut files = Vec::with_capacity(table.files.len());
    for file in &table.files {
        let (opened, survey) = open_file(file, &declared_names, &mut types)?;
        if options.strict
            && let Some(place) = survey.places.first()
        {
            return Err(SourceError::Refused {
                path: file.path.clone(),
                line: place.line,
                reason: place.reason.clone(),
            });
        }
        if opened.names.is_empty() && survey.rows == 0 && survey.refused == 0 {
            report.note(format!("{}: the file is empty", file.path.display()));
        }
        report.file(&file.path, survey.rows, survey.refused, survey.places);
        files.push(opened);
    }
    let mut schema = declared.cloned().unwrap_or_default();
    for (name, ty) in types.finish() {
        if !declared_names.contains(name.as_str()) {
            schema.columns.push(Column::new(name, ty));
        }
    }
    let provider = FilesTable { arrow: schema.plain(), schema: schema.clone(), files, twin, report: report.clone() };
    Ok(SourceTable { name: table.name.clone(), schema, provider: Arc::new(provider), report })
}

/// The types of columns that no schema declares.
#[derive(Default)]
struct Types(Vec<(String, Seen)>);

#[derive(Clone, Copy, Default)]
struct Seen {
    json: Kinds,
    csv: Kinds,
    typed: Option<ScalarType>,
    has_json: bool,
    has_csv: bool,
}

impl Types {
    fn of(&mut self, name: &str) -> Option<&mut Seen> {
        if !self.0.iter().any(|(n, _)| n == name) {
            self.0.push((name.to_owned(), Seen::default()));
        }
        self.0.iter_mut().find(|(n, _)| n == name).map(|(_, seen)| seen)
    }

    fn json(&mut self, names: &[(String, Kinds)]) {
        for (name, kinds) in names {
            if let Some(seen) = self.of(name) {
                seen.json.add(*kinds);
                seen.has_json = true;
            }
        }
    }

    fn csv(&mut self, names: &[(String, Kinds)]) {
        for (name, kinds) in names {
            if let Some(seen) = self.of(name) {
                seen.csv.add(*kinds);
                seen.has_csv = true;
            }
        }
    }

    fn arrow(&mut self, schema: &SchemaRef) {
        for field in schema.fields() {
            if let Some(seen) = self.of(field.name()) {
                let ty = natural(field);
                seen.typed = Some(seen.typed.map_or(ty, |t| unified(t, ty)));
            }
        }
    }

    fn finish(self) -> impl Iterator<Item = (String, ScalarType)> {
        self.0.into_iter().map(|(name, seen)| {
            let json = seen.has_json.then(|| seen.json.ty(true));
            let csv = seen.has_csv.then(|| seen.csv.ty(false));
            let ty = [json, csv, seen.typed].into_iter().flatten().reduce(unified);
            (name, ty.unwrap_or(ScalarType::String))
        })
    }
}

fn open_file(file: &DataFile, declared: &HashSet<&str>, types: &mut Types) -> Result<(Opened, Survey), SourceError> {
    let shared = Arc::new(file.clone());
    let opened = |names, content| Opened { file: shared, names, content };
    let text_names = |survey: &Survey| survey.names.iter().map(|(name, _)| name.clone()).collect();
    if file.length()? == 0 {
        return Ok((opened(Vec::new(), Content::Nothing), Survey::default()));
    }
    match file.format {
        Format::Json { lines } => {
            let mark = file.mark()?;
            let (survey, content) = match document::layout(file, mark, lines)? {
                Layout::Document => (document::survey(file, mark, declared)?, Content::Document { mark }),
                Layout::Lines => survey_lines(file, mark, declared)?,
            };
            types.json(&survey.names);
            Ok((opened(text_names(&survey), content), survey))
        }
        Format::Csv => {
            let found = csv::survey(file, file.mark()?, declared)?;
            types.csv(&found.survey.names);
            let content = Content::Csv { header: found.header.into(), parts: found.parts };
            Ok((opened(text_names(&found.survey), content), found.survey))
        }
        Format::Parquet if file.compression == Compression::None => {
            let parquet = ParquetFile::open(file)?;
            types.arrow(&parquet.schema);
            let survey = Survey { rows: parquet.rows, ..Survey::default() };
            let names = parquet.schema.fields().iter().map(|f| f.name().clone()).collect();
            Ok((opened(names, Content::Parquet(parquet)), survey))
        }
        Format::Parquet | Format::Ipc => {
            let schema = batches::schema(file)?;
            types.arrow(&schema);
            let names = schema.fields().iter().map(|f| f.name().clone()).collect();
            Ok((opened(names, Content::Batches), Survey::default()))
        }
    }
}

/// Surveys the parts of an NDJSON file, on all processors.
fn survey_lines(file: &DataFile, mark: u64, declared: &HashSet<&str>) -> Result<(Survey, Content), SourceError> {
    let parts = line_parts(file, mark, PART)?;
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(parts.len()));
    let work = || {
        while let Some((i, (from, length))) = {
            let i = next.fetch_add(1, Ordering::Relaxed);
            parts.get(i).map(|part| (i, *part))
        } {
            let survey = lines::survey(file, from, length, declared);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((i, survey));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(parts.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(i, _)| *i);
    let mut all = Survey::default();
    let mut lines = Vec::with_capacity(parts.len());
    for ((_, survey), (from, length)) in results.into_iter().zip(parts) {
        lines.push((from, length, all.lines));
        all.append(survey?);
    }
    Ok((all, Content::Lines(lines)))
}

/// A table of files.
#[derive(Debug)]
struct FilesTable {
    schema: TableSchema,
    arrow: SchemaRef,
    files: Vec<Opened>,
    twin: Option<Twin>,
    report: Arc<InputReport>,
}

impl FilesTable {
    /// The name under which a file has a column: its own, or its twin's where the file has only that.
    fn name_in<'a>(&self, names: &'a [String], column: &str) -> Option<&'a str> {
        let find = |wanted: &str| names.iter().find(|n| *n == wanted).map(String::as_str);
        find(column).or_else(|| match self.twin {
            Some((a, b)) if a == column => find(b),
            Some((a, b)) if b == column => find(a),
            _ => None,
        })
    }
}

#[async_trait]
impl TableProvider for FilesTable {
    fn schema(&self) -> SchemaRef {
        self.arrow.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let parquet = self.files.iter().any(|f| matches!(f.content, Content::Parquet(_)));
        let support =
            if parquet { TableProviderFilterPushDown::Inexact } else { TableProviderFilterPushDown::Unsupported };
        Ok(vec![support; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns: Vec<Column> = match projection {
            Some(indices) => indices.iter().filter_map(|i| self.schema.columns.get(*i).cloned()).collect(),
            None => self.schema.columns.clone(),
        };
        let schema = TableSchema { columns: columns.clone() }.plain();
        let mut parts = Vec::new();
        let mut footers: Vec<(&Opened, &ParquetFile)> = Vec::new();
        for opened in &self.files {
            let mapping = || Arc::new(self.mapping(opened, &columns));
            let file = || opened.file.clone();
            match &opened.content {
                Content::Nothing => {}
                Content::Parquet(footer) => footers.push((opened, footer)),
                Content::Lines(pieces) => {
                    let mapping = mapping();
                    parts.extend(pieces.iter().map(|&(from, length, line)| {
                        let (file, mapping) = (file(), mapping.clone());
                        let open = move || {
                            LineReader::open(file.clone(), from, length, line, mapping.clone())
                                .map(|r| Box::new(r) as _)
                        };
                        Part::rows(length.min(PART), open)
                    }));
                }
                Content::Document { mark } => {
                    let (file, mapping, mark) = (file(), mapping(), *mark);
                    let open =
                        move || DocumentReader::open(file.clone(), mark, mapping.clone()).map(|r| Box::new(r) as _);
                    parts.push(Part::rows(opened.file.length().unwrap_or(0), open));
                }
                Content::Csv { header, parts: pieces } => {
                    let mapping = mapping();
                    parts.extend(pieces.iter().map(|&piece| {
                        let (file, mapping, header) = (file(), mapping.clone(), header.clone());
                        let open = move || {
                            csv::PartReader::open(file.clone(), &header, piece, mapping.clone())
                                .map(|r| Box::new(r) as _)
                        };
                        Part::rows(piece.length.min(PART), open)
                    }));
                }
                Content::Batches => {
                    parts.push(Part::batches(opened.file.length().unwrap_or(0), file(), mapping()));
                }
            }
        }
        let mut plans: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        if !parts.is_empty() {
            let target = state.config_options().execution.target_partitions;
            let scan = TextScan::new(parts, columns.clone(), schema.clone(), self.report.clone(), target);
            let partitions: Vec<Arc<dyn PartitionStream>> = scan.into_iter().map(|p| Arc::new(p) as _).collect();
            plans.push(Arc::new(StreamingTableExec::try_new(schema.clone(), partitions, None, None, false, limit)?));
        }
        while let Some((opened, first)) = footers.first().copied() {
            // files of the same schema are one scan
            let (same, other) = footers.into_iter().partition::<Vec<_>, _>(|(_, f)| f.schema == first.schema);
            footers = other;
            let same: Vec<&ParquetFile> = same.into_iter().map(|(_, f)| f).collect();
            let name = |column: &str| -> Option<String> {
                let declared = self.schema.column(column)?;
                let name = self.name_in(&opened.names, column)?;
                // only where the file's values are the table's, apart from the unit of time
                let field = first.schema.field_with_name(name).ok()?;
                (natural(field) == declared.ty).then(|| name.to_owned())
            };
            plans.push(parquet::scan(&same, &self.mapping(opened, &columns), &columns, filters, &name, state)?);
        }
        match plans.len() {
            0 => Ok(Arc::new(EmptyExec::new(schema))),
            1 => Ok(plans.swap_remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }
}

impl FilesTable {
    fn mapping(&self, opened: &Opened, columns: &[Column]) -> Mapping {
        Mapping::new(columns.iter().map(|c| self.name_in(&opened.names, &c.name)))
    }
}
