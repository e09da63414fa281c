//! A table of files: its schema from all of them, and the plan that scans them.

use super::batches;
use super::catalogue::ColumnAlias;
use super::custom;
use super::dates::{DateOrder, DateRule, Zone, split_zone};
use super::document::{self, Layout};
use super::folder_dates::{self, FolderDates, Span};
use super::input::{AsOpened, DataFile, Format, Stamp};
use super::kinds::{Kinds, Syntax, unified};
use super::normalize::{natural, unsupported};
use super::options::OpenOptions;
use super::parquet::{self, ParquetFile};
use super::path::TableFile;
use super::path::TableFiles;
use super::records::{TableSurvey, Wrapping};
use super::report::{InputReport, Place};
use super::row_filter::RowFilter;
use super::rows::Mapping;
use super::scan_stats::{Declared, ScanStats};
use super::splits::FileSplits;
use super::stream::{Part, PartContent, TextScan, TextScans};
use super::summary::FileSummary;
use crate::error::SourceError;
use crate::scan_exec::ScanExec;
use crate::types::{Column, ScalarType, TableSchema};
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::streaming::StreamingTableExec;
use datafusion::physical_plan::union::UnionExec;
use indexmap::IndexMap;
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// A table that can be scanned.
#[derive(Clone, Debug)]
pub struct SourceTable {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub schema: TableSchema,
    /// Scans it; its Arrow schema is that of `schema`.
    pub provider: Arc<dyn TableProvider>,
    /// The problems in its input.
    pub report: Arc<InputReport>,
    /// Its files.
    pub files: Vec<FileSummary>,
    /// How it was created, if it is based on samples.
    pub(crate) provisional: Option<Arc<ProvisionalTable>>,
}

/// The minimum size of the parts into which a table is split.
const PART: u64 = 16 << 20;

/// A file, and how to scan it.
#[derive(Clone, Debug)]
struct ScanFile {
    file: Arc<DataFile>,
    /// The columns that it has.
    columns: Vec<FileColumn>,
    /// Whether the day or the month comes first in its dates.
    order: DateOrder,
    /// Its length and time of change, which show whether it changed since.
    stamp: Stamp,
    /// The times of its rows, if its folders contain them.
    span: Option<Span>,
    content: Content,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq)]
struct FileColumn {
    /// The name in the file.
    header: String,
    /// The name of the table's column.
    column: String,
    zone: Zone,
}

impl FileColumn {
    /// For a text format whose header can contain a zone.
    fn of_header(header: &str) -> FileColumn {
        let (column, zone) = split_zone(header);
        FileColumn { header: header.to_owned(), column: column.to_owned(), zone }
    }

    fn plain(name: &str) -> FileColumn {
        FileColumn { header: name.to_owned(), column: name.to_owned(), zone: Zone::None }
    }
}

#[derive(Clone, Debug)]
enum Content {
    Text(Arc<FileSplits>),
    Document { mark: u64 },
    Batches,
    Parquet(Arc<ParquetFile>),
    Records(Wrapping),
    Nothing,
}

/// A file that was inspected.
#[derive(Clone, Debug)]
struct InspectedFile {
    file: Arc<DataFile>,
    format: &'static str,
    /// Headers can contain zones, and columns can be duplicated.
    portal: bool,
    /// The unit of positions in it.
    unit: &'static str,
    /// Its length and time of change, which show whether it changed since.
    stamp: Stamp,
    content: Content,
    found: FileContents,
}

/// The columns of a file.
#[derive(Clone, Debug)]
enum FileContents {
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

/// What is needed to create a table, in addition to its files.
#[derive(Clone, Debug)]
struct TableSpec {
    name: String,
    notices: Vec<String>,
    declared: Option<TableSchema>,
    twin: Option<ColumnAlias>,
    options: OpenOptions,
}

/// A table that was created from samples of its files.
#[derive(Debug)]
pub(crate) struct ProvisionalTable {
    making: TableSpec,
    inspected: Vec<InspectedFile>,
}

/// Inspects the files of a table: their columns and, for those that no schema declares, the
/// types. Declared columns come first, then those that only the data has, in order of appearance.
pub fn open(
    table: &TableFiles,
    declared: Option<&TableSchema>,
    twin: Option<ColumnAlias>,
    options: &OpenOptions,
) -> Result<SourceTable, SourceError> {
    let making = TableSpec {
        name: table.name.clone(),
        notices: table.notices.clone(),
        declared: declared.cloned(),
        twin,
        options: *options,
    };
    let names = Declared::of(&table.name, declared);
    let inspected = table.files.iter().map(|file| look(file, &names, options)).collect::<Result<Vec<_>, _>>()?;
    making.make(inspected)
}

impl SourceTable {
    /// Reads the parts of the files that were not read yet. Returns the final table, and whether it reads the files as
    /// this one does. If it does not, what was read from this one is wrong.
    pub fn confirmed(&self) -> Result<(SourceTable, bool), SourceError> {
        let Some(provisional) = &self.provisional else { return Ok((self.clone(), true)) };
        let mut same = true;
        let mut inspected = provisional.inspected.clone();
        for file in &mut inspected {
            if let Content::Text(splits) = &mut file.content
                && let FileContents::Text { survey, .. } = &mut file.found
            {
                let (whole, single) = complete(splits)?;
                if let Some(single) = single {
                    *splits = single;
                    same = false;
                }
                **survey = whole;
            }
        }
        let table = provisional.making.make(inspected)?;
        same = same && table.schema == self.schema && table.reads_like(self);
        if same {
            let line = |path: &Path, line| {
                let splits = provisional.inspected.iter().find_map(|file| match &file.content {
                    Content::Text(splits) if file.file.path == path => Some(splits),
                    _ => None,
                });
                splits.map_or(line, |splits| splits.line(line))
            };
            table.report.adopt(&self.report, line);
        }
        Ok((table, same))
    }

    /// Whether both read the same columns from their files, and parse dates in the same way.
    fn reads_like(&self, other: &SourceTable) -> bool {
        let files = |table: &SourceTable| -> Option<Vec<(Vec<FileColumn>, DateOrder)>> {
            let provider: &dyn Any = &*table.provider;
            let provider = provider.downcast_ref::<FilesTable>()?;
            Some(provider.files.iter().map(|f| (f.columns.clone(), f.order)).collect())
        };
        files(self) == files(other)
    }
}

/// Surveys the remaining splits. If the splits do not begin at the beginnings of rows, the file is read as one split.
fn complete(splits: &Arc<FileSplits>) -> Result<(ScanStats, Option<Arc<FileSplits>>), SourceError> {
    splits.complete()?;
    if let Some(survey) = splits.whole() {
        return Ok((survey, None));
    }
    let single = Arc::new(splits.as_single_split());
    single.complete()?;
    let survey = single.whole().unwrap_or_default();
    Ok((survey, Some(single)))
}

impl TableSpec {
    fn make(&self, inspected: Vec<InspectedFile>) -> Result<SourceTable, SourceError> {
        let TableSpec { options, .. } = self;
        let report = Arc::new(InputReport::default());
        self.notices.iter().for_each(|note| report.note(note.clone()));
        let declared_names = Declared::of(&self.name, self.declared.as_ref());
        let mut types = Types::default();
        let mut files = Vec::with_capacity(inspected.len());
        let mut summaries = Vec::with_capacity(inspected.len());
        let sure = |file: &InspectedFile| !matches!(&file.content, Content::Text(splits) if !splits.is_complete());
        let provisional = !inspected.iter().all(sure);
        for one in &inspected {
            let (file, headers, survey) = (&one.file, types.add(&one.found), one.found.survey());
            let mut opened = ScanFile {
                file: file.clone(),
                columns: headers,
                order: DateOrder::MonthFirst,
                stamp: one.stamp,
                span: (options.folder_dates == FolderDates::Event).then(|| folder_dates::span(&file.path)).flatten(),
                content: one.content.clone(),
            };
            if options.strict
                && let Some(place) = survey.places.first().or(survey.doubts.first())
            {
                return Err(SourceError::Refused {
                    path: file.path.clone(),
                    unit: one.unit,
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
            opened.order = match (options.date_order, survey.dates.order()) {
                (Some(order), _) | (None, Ok(order)) => order,
                // what the samples leave open may be shown by the rest
                (None, Err(_)) if !sure(one) => DateOrder::MonthFirst,
                (None, Err((line, reason))) => {
                    return Err(SourceError::Dates { path: file.path.clone(), line, reason });
                }
            };
            let shadows = if one.portal { drop_shadows(&mut opened.columns, &declared_names) } else { Vec::new() };
            types.0.retain(|name, _| !shadows.contains(name));
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
            if let Some(column) = opened.columns.iter().find(|c| c.header.contains(char::is_control)) {
                report.note(format!(
                    "{}: the column name '{}' has control characters; its line may be damaged, or is not a header",
                    file.path.display(),
                    column.header.escape_default()
                ));
            }
            summaries.push(FileSummary {
                path: file.path.clone(),
                format: one.format,
                rows: survey.rows,
                refused: survey.refused,
                columns: opened.columns.iter().map(|c| c.column.clone()).collect(),
                shadows,
            });
            report.file(&file.path, one.unit, survey.rows, survey.refused, survey.places);
            report.doubts(&file.path, survey.doubts);
            files.push(opened);
        }
        let mut schema = self.declared.clone().unwrap_or_default();
        if custom::is_custom(&self.name) {
            types.of_custom(&mut schema, &report);
        }
        for (name, ty) in types.finish() {
            if !declared_names.has(&name) {
                schema.columns.push(Column::new(name, ty));
            }
        }
        let (twin, tz) = (self.twin, options.tz);
        let provider =
            FilesTable { arrow: schema.plain(), schema: schema.clone(), files, twin, tz, report: report.clone() };
        Ok(SourceTable {
            name: self.name.clone(),
            schema,
            provider: Arc::new(provider),
            report,
            files: summaries,
            provisional: provisional.then(|| Arc::new(ProvisionalTable { making: self.clone(), inspected })),
        })
    }
}

impl FileContents {
    fn survey(&self) -> ScanStats {
        match self {
            FileContents::Text { survey, .. } => survey.as_ref().clone(),
            FileContents::Arrow { rows, damage, .. } => {
                let places = damage.iter().map(|reason| Place { line: 0, reason: reason.clone() }).collect();
                ScanStats { rows: *rows, places, ..ScanStats::default() }
            }
        }
    }
}

/// Removes columns that only repeat others: `UserId_` beside `UserId`, unless the table has both.
fn drop_shadows(columns: &mut Vec<FileColumn>, declared: &Declared) -> Vec<String> {
    let names: HashSet<String> = columns.iter().map(|c| c.column.clone()).collect();
    let is_shadow = |column: &str| match column.strip_suffix('_') {
        Some(base) => !declared.has(column) && names.contains(base),
        None => false,
    };
    columns.extract_if(.., |c| is_shadow(&c.column)).map(|c| c.column).collect()
}

/// The types of undeclared columns.
#[derive(Default)]
struct Types(IndexMap<String, Seen>);

#[derive(Clone, Copy, Default)]
struct Seen {
    json: Kinds,
    csv: Kinds,
    typed: Option<ScalarType>,
    has_json: bool,
    has_csv: bool,
}

impl Seen {
    fn ty(&self) -> ScalarType {
        let json = self.has_json.then(|| self.json.ty(Syntax::Json));
        let csv = self.has_csv.then(|| self.csv.ty(Syntax::Csv));
        [json, csv, self.typed].into_iter().flatten().reduce(unified).unwrap_or(ScalarType::String)
    }
}

impl Types {
    fn of(&mut self, name: &str) -> &mut Seen {
        self.0.entry(name.to_owned()).or_default()
    }

    /// Adds the columns of a text file; some of them may already have a type.
    fn text(&mut self, names: &IndexMap<String, Kinds>, syntax: Syntax, typed: &[(String, ScalarType)]) {
        let typed: HashMap<&str, ScalarType> = typed.iter().map(|(header, ty)| (header.as_str(), *ty)).collect();
        for (header, kinds) in names {
            let (name, zone) = split_zone(header);
            let seen = self.of(name);
            match typed.get(header.as_str()).copied().or_else(|| (zone != Zone::None).then_some(ScalarType::Datetime)) {
                Some(ty) => seen.typed = Some(seen.typed.map_or(ty, |t| unified(t, ty))),
                None => match syntax {
                    Syntax::Json => {
                        seen.json.add(*kinds);
                        seen.has_json = true;
                    }
                    Syntax::Csv => {
                        seen.csv.add(*kinds);
                        seen.has_csv = true;
                    }
                },
            }
        }
    }

    /// Adds the columns of a file.
    fn add(&mut self, found: &FileContents) -> Vec<FileColumn> {
        match found {
            FileContents::Text { survey, syntax, types } => {
                self.text(&survey.names, *syntax, types);
                survey.names.iter().map(|(name, _)| FileColumn::of_header(name)).collect()
            }
            FileContents::Arrow { schema, .. } => {
                self.arrow(schema);
                schema.fields().iter().map(|f| FileColumn::plain(f.name())).collect()
            }
        }
    }

    fn arrow(&mut self, schema: &SchemaRef) {
        for field in schema.fields() {
            let (seen, ty) = (self.of(field.name()), natural(field));
            seen.typed = Some(seen.typed.map_or(ty, |t| unified(t, ty)));
        }
    }

    /// Determines the types of a custom table's columns; the schema and their names are only expectations.
    fn of_custom(&mut self, schema: &mut TableSchema, report: &InputReport) {
        let mut places: HashMap<String, &mut Column> =
            schema.columns.iter_mut().map(|column| (column.name.clone(), column)).collect();
        for (name, seen) in &mut self.0 {
            let declared = places.get_mut(name);
            let expected = match &declared {
                Some(column) => custom::expected(name, column.ty),
                None => match custom::by_suffix(name) {
                    Some(ty) => ty,
                    None => continue,
                },
            };
            let texts = seen.json.has_values() || seen.csv.has_values();
            if !texts && seen.typed.is_none() {
                continue;
            }
            let converts = seen.typed.is_none_or(|typed| custom::converts(typed, expected));
            let fits = !texts || seen.json.fits() || seen.csv.fits();
            let ty = if converts && fits { expected } else { seen.ty() };
            match declared {
                Some(column) => column.ty = ty,
                None => *seen = Seen { typed: Some(ty), ..Seen::default() },
            }
            if ty != expected {
                report.note(format!(
                    "the values of {name} are not of the type {expected} that its name or the schema suggests; \
                     the column is read as {ty}"
                ));
            }
        }
    }

    fn finish(self) -> impl Iterator<Item = (String, ScalarType)> {
        self.0.into_iter().map(|(name, seen)| (name, seen.ty()))
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
        if file.length()? > options.whole_below {
            return Ok((Content::Text(splits.clone()), text(splits.sample(options.split_bytes / SAMPLE)?, syntax)));
        }
        let (survey, single) = complete(&splits)?;
        Ok((Content::Text(single.unwrap_or(splits)), text(survey, syntax)))
    };
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
    } else {
        match file.format {
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
        }
    };
    let (format, portal) = (table_file.format, table_file.portal);
    Ok(InspectedFile { file: file.clone(), format, portal, unit, stamp, content, found })
}

/// The sampled share of a split: 1/16.
const SAMPLE: u64 = 16;

/// A table of files.
#[derive(Debug)]
struct FilesTable {
    schema: TableSchema,
    arrow: SchemaRef,
    files: Vec<ScanFile>,
    twin: Option<ColumnAlias>,
    /// The zone of local times.
    tz: Option<chrono_tz::Tz>,
    report: Arc<InputReport>,
}

impl FilesTable {
    /// A file's column for a column of the table: its own, or its twin if the file has only that.
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
        let used =
            self.files.iter().any(|f| f.span.is_some() || matches!(f.content, Content::Parquet(_) | Content::Text(_)));
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
        let mut footers: Vec<(&ScanFile, &ParquetFile)> = Vec::new();
        let needed = |opened: &&ScanFile| opened.span.is_none_or(|s| folder_dates::may_pass(filters, s, &self.schema));
        for opened in self.files.iter().filter(needed) {
            let may_grow = matches!(opened.content, Content::Text(_));
            let of = AsOpened { file: opened.file.clone(), stamp: opened.stamp, may_grow };
            of.check().map_err(|e| DataFusionError::External(Box::new(e)))?;
            let mapping = Arc::new(self.mapping(opened, &columns));
            let length = || opened.file.length().unwrap_or(0);
            let part = |bytes, content| Part { bytes, of: of.clone(), mapping: mapping.clone(), content };
            match &opened.content {
                Content::Nothing => {}
                Content::Parquet(footer) => footers.push((opened, footer)),
                Content::Text(splits) => parts.extend(
                    (0..splits.count())
                        .map(|split| part(splits.bytes(split).min(PART), PartContent::Split(splits.clone(), split))),
                ),
                Content::Document { mark } => parts.push(part(length(), PartContent::Document(*mark))),
                Content::Records(wrapping) => {
                    parts.push(part(length(), PartContent::Records(Arc::new(wrapping.clone()))));
                }
                Content::Batches => parts.push(part(length(), PartContent::Batches)),
            }
        }
        let mut plans: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        if !parts.is_empty() {
            let target = state.config_options().execution.target_partitions;
            let filter = RowFilter::new(filters, &columns, state);
            let scan = TextScan::new(parts, columns.clone(), schema.clone(), self.report.clone(), target, filter);
            let scans = Arc::new(TextScans(scan.into_iter().map(Arc::new).collect()));
            let streams = StreamingTableExec::try_new(schema.clone(), scans.streams(), None, None, false, limit)?;
            plans.push(Arc::new(ScanExec::new(streams, scans)));
        }
        while let Some((opened, first)) = footers.first().copied() {
            // files with the same schema are one scan
            let (same, other) = footers.into_iter().partition::<Vec<_>, _>(|(_, f)| f.schema == first.schema);
            footers = other;
            let same: Vec<&ParquetFile> = same.into_iter().map(|(_, f)| f).collect();
            let name = |column: &str| -> Option<String> {
                let declared = self.schema.column(column)?;
                let name = &self.column_in(&opened.columns, column)?.header;
                // only if the file's values are those of the table, apart from the unit of time
                let field = first.schema.field_with_name(name).ok()?;
                (natural(field) == declared.ty).then(|| name.to_owned())
            };
            let mapping = self.mapping(opened, &columns);
            plans.push(parquet::scan(&same, &mapping, &columns, filters, &name, &self.report, state)?);
        }
        match plans.len() {
            0 => Ok(Arc::new(EmptyExec::new(schema))),
            1 => Ok(plans.swap_remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }
}

impl FilesTable {
    fn mapping(&self, opened: &ScanFile, columns: &[Column]) -> Mapping {
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
