//! A table of files: its schema from all of them, and the plan that scans them.

use super::batches;
use super::csv;
use super::dates::{DateOrder, DateRule, Zone, split_zone};
use super::document::{self, DocumentReader, Layout};
use super::folder_dates::{self, FolderDates, Span};
use super::input::{Compression, DataFile, Format, Stamp, line_parts};
use super::kinds::{Kinds, unified};
use super::lines::{self, Declared, LineReader, Survey};
use super::normalize::natural;
use super::parquet::{self, ParquetFile};
use super::path::TableFile;
use super::records::{RecordReader, TableSurvey, Wrapping};
use super::report::InputReport;
use super::sink::Mapping;
use super::stream::{Part, TextScan};
use super::{FileSummary, OpenOptions, SourceError, SourceTable, TableFiles, Twin};
use crate::types::{Column, ScalarType, TableSchema};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::union::UnionExec;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Text is read in parts of about this size, on all processors.
const PART: u64 = 16 << 20;

/// A file, and how to scan it.
#[derive(Debug)]
struct Opened {
    file: Arc<DataFile>,
    /// The columns that it has.
    columns: Vec<FileColumn>,
    /// Which comes first in its dates.
    order: DateOrder,
    /// What tells whether it changed since.
    stamp: Stamp,
    /// The times of its rows, where its folders tell them.
    span: Option<Span>,
    content: Content,
}

/// A column of a file.
#[derive(Clone, Debug)]
struct FileColumn {
    /// The name in the file.
    header: String,
    /// That of the table's column.
    column: String,
    zone: Zone,
}

impl FileColumn {
    /// Of a text format, where the header may tell a zone.
    fn of_header(header: &str) -> FileColumn {
        let (column, zone) = split_zone(header);
        FileColumn { header: header.to_owned(), column: column.to_owned(), zone }
    }

    fn plain(name: &str) -> FileColumn {
        FileColumn { header: name.to_owned(), column: name.to_owned(), zone: Zone::None }
    }
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
    Records(Wrapping),
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
    let declared_names = Declared::of(declared);
    let mut types = Types::default();
    let mut files = Vec::with_capacity(table.files.len());
    let mut summaries = Vec::with_capacity(table.files.len());
    for table_file in &table.files {
        let file = &table_file.file;
        let (mut opened, survey) = open_file(table_file, &declared_names, &mut types)?;
        let unit = table_file.wrapped.as_ref().map_or("line", |(wrapping, _)| wrapping.records.unit());
        if options.strict
            && let Some(place) = survey.places.first()
        {
            return Err(SourceError::Refused {
                path: file.path.clone(),
                unit,
                line: place.line,
                reason: place.reason.clone(),
            });
        }
        if survey.rows > 0
            && options.tz.is_none()
            && let Some(local) = opened.columns.iter().find(|c| c.zone == Zone::Local)
        {
            return Err(SourceError::LocalTime { path: file.path.clone(), header: local.header.clone() });
        }
        opened.order = match options.date_order {
            Some(order) => order,
            None => survey.dates.order().map_err(|(line, reason)| SourceError::Dates {
                path: file.path.clone(),
                line,
                reason,
            })?,
        };
        if options.folder_dates == FolderDates::Event {
            opened.span = folder_dates::span(&file.path);
        }
        let shadows = if table_file.portal { drop_shadows(&mut opened.columns, &declared_names) } else { Vec::new() };
        types.0.retain(|(name, _)| !shadows.contains(name));
        if opened.columns.is_empty() && survey.rows == 0 && survey.refused == 0 {
            report.note(format!("{}: the file is empty", file.path.display()));
        }
        if let Some(column) = opened.columns.iter().find(|c| c.header.contains('\u{fffd}')) {
            let path = file.path.display();
            report.note(format!(
                "{path}: the column name '{}' is not valid UTF-8; where it is not, � stands",
                column.header
            ));
        }
        summaries.push(FileSummary {
            path: file.path.clone(),
            format: table_file.format,
            rows: survey.rows,
            refused: survey.refused,
            columns: opened.columns.iter().map(|c| c.column.clone()).collect(),
            shadows,
        });
        report.file(&file.path, unit, survey.rows, survey.refused, survey.places);
        files.push(opened);
    }
    let mut schema = declared.cloned().unwrap_or_default();
    for (name, ty) in types.finish() {
        if !declared_names.has(&name) {
            schema.columns.push(Column::new(name, ty));
        }
    }
    let arrow = schema.plain();
    let provider = FilesTable { arrow, schema: schema.clone(), files, twin, tz: options.tz, report: report.clone() };
    Ok(SourceTable { name: table.name.clone(), schema, provider: Arc::new(provider), report, files: summaries })
}

/// Takes out columns that only repeat others: `UserId_` beside `UserId`, unless the table has both.
fn drop_shadows(columns: &mut Vec<FileColumn>, declared: &Declared) -> Vec<String> {
    let names: Vec<String> = columns.iter().map(|c| c.column.clone()).collect();
    let is_shadow = |column: &str| match column.strip_suffix('_') {
        Some(base) => !declared.has(column) && names.iter().any(|n| n == base),
        None => false,
    };
    columns.retain(|c| !is_shadow(&c.column));
    names.into_iter().filter(|n| !columns.iter().any(|c| c.column == *n)).collect()
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

    /// Adds the columns of a text file, of which some may have a type already.
    fn text(&mut self, names: &[(String, Kinds)], json: bool, typed: &[(String, ScalarType)]) {
        for (header, kinds) in names {
            let (name, zone) = split_zone(header);
            let Some(seen) = self.of(name) else { continue };
            let ty = typed.iter().find(|(n, _)| n == header).map(|(_, ty)| *ty);
            match ty.or_else(|| (zone != Zone::None).then_some(ScalarType::Datetime)) {
                Some(ty) => seen.typed = Some(seen.typed.map_or(ty, |t| unified(t, ty))),
                None if json => {
                    seen.json.add(*kinds);
                    seen.has_json = true;
                }
                None => {
                    seen.csv.add(*kinds);
                    seen.has_csv = true;
                }
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

fn open_file(table_file: &TableFile, declared: &Declared, types: &mut Types) -> Result<(Opened, Survey), SourceError> {
    let file = &table_file.file;
    let shared = Arc::new(file.clone());
    let stamp = file.stamp()?;
    let opened =
        |columns, content| Opened { file: shared, columns, order: DateOrder::MonthFirst, stamp, span: None, content };
    let headers = |survey: &Survey| survey.names.iter().map(|(name, _)| FileColumn::of_header(name)).collect();
    let fields = |schema: &SchemaRef| schema.fields().iter().map(|f| FileColumn::plain(f.name())).collect();
    if file.length()? == 0 {
        return Ok((opened(Vec::new(), Content::Nothing), Survey::default()));
    }
    if let Some((wrapping, TableSurvey { survey, types: typed })) = &table_file.wrapped {
        types.text(&survey.names, !wrapping.records.wrapped().texts, typed);
        let refused = &table_file.refused;
        let survey = Survey { refused: refused.refused, places: refused.places.clone(), ..survey.clone() };
        return Ok((opened(headers(&survey), Content::Records(wrapping.clone())), survey));
    }
    match file.format {
        Format::Json { lines } => {
            let mark = file.mark()?;
            let (survey, content) = match document::layout(file, mark, lines)? {
                Layout::Document => (document::survey(file, mark, declared)?, Content::Document { mark }),
                Layout::Lines => survey_lines(file, mark, declared)?,
            };
            types.text(&survey.names, true, &[]);
            Ok((opened(headers(&survey), content), survey))
        }
        Format::Csv => {
            let found = csv::survey(file, file.mark()?, declared)?;
            types.text(&found.survey.names, false, &[]);
            let content = Content::Csv { header: found.header.into(), parts: found.parts };
            Ok((opened(headers(&found.survey), content), found.survey))
        }
        Format::Parquet if file.compression == Compression::None => {
            let parquet = ParquetFile::open(file)?;
            types.arrow(&parquet.schema);
            let survey = Survey { rows: parquet.rows, ..Survey::default() };
            Ok((opened(fields(&parquet.schema), Content::Parquet(parquet)), survey))
        }
        // a log that is not empty is unwrapped
        Format::Evtx => Err(SourceError::not_that(&file.path, super::evtx::NAME, "its header cannot be read")),
        Format::Parquet | Format::Ipc => {
            let schema = batches::schema(file)?;
            types.arrow(&schema);
            Ok((opened(fields(&schema), Content::Batches), Survey::default()))
        }
    }
}

/// Surveys the parts of an NDJSON file, on all processors.
fn survey_lines(file: &DataFile, mark: u64, declared: &Declared) -> Result<(Survey, Content), SourceError> {
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
    /// The zone of local times.
    tz: Option<chrono_tz::Tz>,
    report: Arc<InputReport>,
}

impl FilesTable {
    /// A file's column for one of the table: its own, or its twin where the file has only that.
    fn column_in<'a>(&self, columns: &'a [FileColumn], column: &str) -> Option<&'a FileColumn> {
        let find = |wanted: &str| columns.iter().find(|c| c.column == wanted);
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
        let used = self.files.iter().any(|f| f.span.is_some() || matches!(f.content, Content::Parquet(_)));
        let support =
            if used { TableProviderFilterPushDown::Inexact } else { TableProviderFilterPushDown::Unsupported };
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
        let needed = |opened: &&Opened| opened.span.is_none_or(|s| folder_dates::may_pass(filters, s, &self.schema));
        for opened in self.files.iter().filter(needed) {
            let lines = matches!(opened.content, Content::Lines(_) | Content::Csv { .. });
            opened.file.unchanged(opened.stamp, lines).map_err(|e| DataFusionError::External(Box::new(e)))?;
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
                Content::Records(wrapping) => {
                    let (file, mapping, wrapping) = (file(), mapping(), wrapping.clone());
                    let open =
                        move || RecordReader::open(file.clone(), &wrapping, mapping.clone()).map(|r| Box::new(r) as _);
                    parts.push(Part::rows(opened.file.length().unwrap_or(0), open));
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
                let name = &self.column_in(&opened.columns, column)?.header;
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
        let found: Vec<Option<&FileColumn>> =
            columns.iter().map(|c| self.column_in(&opened.columns, &c.name)).collect();
        let mut mapping = Mapping::new(found.iter().map(|c| c.map(|c| c.header.as_str())));
        let rule = |(column, found): (&Column, &Option<&FileColumn>)| {
            let zone = match (*found)?.zone {
                Zone::None | Zone::Utc => None,
                Zone::Named(tz) => Some(tz),
                Zone::Local => self.tz,
            };
            let usual = opened.order == DateOrder::MonthFirst && zone.is_none();
            (column.ty == ScalarType::Datetime && !usual).then_some(DateRule { order: opened.order, zone })
        };
        let rules: Vec<Option<DateRule>> = columns.iter().zip(&found).map(rule).collect();
        if rules.iter().any(Option::is_some) {
            mapping.rules = rules;
        }
        mapping
    }
}
