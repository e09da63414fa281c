//! A table of files: its schema from all of them, and the plan that scans them.

use super::catalogue::ColumnAlias;
use super::custom;
use super::dated::Unread;
use super::dates::{DateOrder, DateRule, Zone, split_zone};
use super::folder_dates::{self, FolderDates, Span};
use super::input::{AsOpened, DataFile};
use super::inspect::{Content, FileContents, InspectedFile, inspect};
use super::kinds::{Kinds, Syntax, unified};
use super::location::Stamp;
use super::normalize::natural;
use super::options::OpenOptions;
use super::parquet::{self, ParquetFile};
use super::report::InputReport;
use super::row_filter::RowFilter;
use super::rows::Mapping;
use super::scan_stats::Declared;
use super::stream::{Part, PartContent, TextScan, TextScans};
use super::summary::FileSummary;
use super::table_files::TableFiles;
use crate::error::SourceError;
use crate::scan_exec::ScanExec;
use crate::types::{Column, ScalarType, TableSchema};
use arrow::datatypes::SchemaRef;
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
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Folders whose files are found when a query needs their times.
    unread: Vec<Unread>,
    found: Mutex<Found>,
}

/// Files that scans have found in folders with dates.
#[derive(Debug, Default)]
struct Found {
    files: Vec<InspectedFile>,
    /// What is left of the folders.
    unread: Option<Vec<Unread>>,
    notices: Vec<String>,
    /// How scans have read the files, those of the samples first.
    read: Vec<Vec<(Vec<FileColumn>, DateOrder)>>,
    /// A scan has not read what it found, since that does not fit the table.
    misfits: bool,
}

/// Inspects the files of a table: their columns and, for those that no schema declares, the
/// types. Declared columns come first, then those that only the data has, in order of appearance.
pub fn open(
    table: &TableFiles,
    declared: Option<&TableSchema>,
    twin: Option<ColumnAlias>,
    options: &OpenOptions,
) -> Result<SourceTable, SourceError> {
    let mut making = TableSpec {
        name: table.name.clone(),
        notices: table.notices.clone(),
        declared: declared.cloned(),
        twin,
        options: *options,
    };
    let names = making.names();
    let mut inspected = inspect(&table.files, &names, options)?;
    let mut unread: Vec<Unread> = table.dated.iter().map(Unread::all).collect();
    if !options.sampled {
        let found = making.find(&mut unread, &|_| true)?;
        inspected.extend(found.0);
        making.notices.extend(found.1);
    }
    making.make(inspected, unread)
}

impl SourceTable {
    /// Reads the parts of the files that were not read yet. Returns the final table, and whether it reads the files as
    /// this one does. If it does not, what was read from this one is wrong. Folders with dates that no query has needed are
    /// read only if `all` are wanted.
    pub fn confirmed(&self, all: bool) -> Result<(SourceTable, bool), SourceError> {
        let Some(provisional) = &self.provisional else { return Ok((self.clone(), true)) };
        let ProvisionalTable { making, inspected, unread, found } = provisional.as_ref();
        let found = found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut making = making.clone();
        let mut inspected: Vec<InspectedFile> = inspected.iter().chain(&found.files).cloned().collect();
        making.notices.extend(found.notices.iter().cloned());
        let mut unread = found.unread.clone().unwrap_or_else(|| unread.clone());
        if all {
            let (files, notices) = making.find(&mut unread, &|_| true)?;
            inspected.extend(files);
            making.notices.extend(notices);
        }
        let names = making.names();
        let mut same = !found.misfits;
        for file in &mut inspected {
            same &= !file.complete(&names, &making.options)?;
        }
        if let Some(object) = inspected.iter().find_map(|file| file.file.location.object()) {
            object.save_memo();
        }
        let splits = inspected.clone();
        let table = making.make(inspected, unread)?;
        same = same && table.schema == self.schema && table.reads_like(self);
        same = same && found.read.iter().all(|read| table.begins_with(read));
        if same {
            let line = |path: &Path, line| {
                let splits = splits.iter().find_map(|file| match &file.content {
                    Content::Text(splits) if file.file.path == path => Some(splits),
                    _ => None,
                });
                splits.map_or(line, |splits| splits.line(line))
            };
            table.report.adopt(&self.report, line);
        }
        Ok((table, same))
    }

    /// Whether both read the same columns from the files that they have in common, and parse dates in the same way.
    fn reads_like(&self, other: &SourceTable) -> bool {
        other.files_table().is_some_and(|other| self.begins_with(&other.ways()))
    }

    /// Whether its first files are read in these ways.
    fn begins_with(&self, ways: &[(Vec<FileColumn>, DateOrder)]) -> bool {
        self.files_table().is_some_and(|own| own.ways().starts_with(ways))
    }

    fn files_table(&self) -> Option<&FilesTable> {
        let provider: &dyn Any = &*self.provider;
        provider.downcast_ref::<FilesTable>()
    }
}

impl TableSpec {
    /// The declared columns.
    fn names(&self) -> Declared {
        Declared::of(&self.name, self.declared.as_ref())
    }

    /// Finds and inspects the files of the folders whose times are needed, and takes these folders out; also returns notices.
    fn find(
        &self,
        unread: &mut [Unread],
        needed: &dyn Fn(Span) -> bool,
    ) -> Result<(Vec<InspectedFile>, Vec<String>), SourceError> {
        let (names, mut files, mut notices) = (self.names(), Vec::new(), Vec::new());
        for folders in unread {
            if let Some(found) = folders.take(needed, &self.name)? {
                files.extend(inspect(&found.files, &names, &self.options)?);
                notices.extend(found.notices);
            }
        }
        Ok((files, notices))
    }

    fn make(&self, inspected: Vec<InspectedFile>, unread: Vec<Unread>) -> Result<SourceTable, SourceError> {
        let TableSpec { options, .. } = self;
        let report = Arc::new(InputReport::default());
        self.notices.iter().for_each(|note| report.note(note.clone()));
        let declared_names = self.names();
        let mut types = Types::default();
        let mut files = Vec::with_capacity(inspected.len());
        let mut summaries = Vec::with_capacity(inspected.len());
        let sure = |file: &InspectedFile| !matches!(&file.content, Content::Text(splits) if !splits.is_complete());
        let unread: Vec<Unread> = unread.into_iter().filter(|folders| !folders.is_empty()).collect();
        let provisional = !unread.is_empty() || !inspected.iter().all(sure);
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
        let provisional = provisional
            .then(|| Arc::new(ProvisionalTable { making: self.clone(), inspected, unread, found: Mutex::default() }));
        let provider = FilesTable {
            arrow: schema.plain(),
            schema: schema.clone(),
            files,
            twin,
            tz,
            report: report.clone(),
            provisional: provisional.clone(),
        };
        Ok(SourceTable {
            name: self.name.clone(),
            schema,
            provider: Arc::new(provider),
            report,
            files: summaries,
            provisional,
        })
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
    /// How it was created, if it is based on samples.
    provisional: Option<Arc<ProvisionalTable>>,
}

impl ProvisionalTable {
    /// The files of a scan, if more than the samples are needed: those in folders with dates that pass the filters, too.
    /// `None` if what they have does not fit the table: then the query runs again, with a table that they fit.
    fn files_for(&self, filters: &[Expr], schema: &TableSchema) -> Result<Option<Vec<ScanFile>>, SourceError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unread = found.unread.clone().unwrap_or_else(|| self.unread.clone());
        let needed = |span| folder_dates::may_pass(filters, span, schema);
        let (files, notices) = self.making.find(&mut unread, &needed)?;
        found.files.extend(files);
        found.notices.extend(notices);
        found.unread = Some(unread);
        let all = self.inspected.iter().chain(&found.files).cloned().collect();
        let whole = self.making.make(all, Vec::new())?;
        if found.misfits || whole.schema != *schema {
            found.misfits = true;
            return Ok(None);
        }
        let Some(table) = whole.files_table() else { return Ok(None) };
        found.read.push(table.ways());
        let mut files = table.files.clone();
        // the samples come first there
        files.sort_by(|a, b| a.file.path.cmp(&b.file.path));
        Ok(Some(files))
    }
}

impl FilesTable {
    /// How the files are read.
    fn ways(&self) -> Vec<(Vec<FileColumn>, DateOrder)> {
        self.files.iter().map(|file| (file.columns.clone(), file.order)).collect()
    }

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
        let dated = match self.provisional.as_ref().filter(|provisional| !provisional.unread.is_empty()) {
            Some(provisional) => {
                let files = provisional.files_for(filters, &self.schema);
                match files.map_err(|e| DataFusionError::External(Box::new(e)))? {
                    Some(files) => Some(files),
                    None => return Ok(Arc::new(EmptyExec::new(schema))),
                }
            }
            None => None,
        };
        let files = dated.as_ref().unwrap_or(&self.files);
        for opened in files.iter().filter(needed) {
            if let Some(object) = opened.file.location.object() {
                object.forgive();
            }
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
            let (same, other) = footers
                .into_iter()
                .partition::<Vec<_>, _>(|(_, f)| f.schema == first.schema && f.is_object() == first.is_object());
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
