//! Settings of an engine.

use crate::bind::{Arrivals, ExternalMissing, StoredFunction};
use crate::database::{Database, Given};
use crate::engine::Engine;
use crate::engine_core::EngineCore;
use crate::error::Error;
use crate::exec::Limits;
use crate::geo_ip::GeoIp;
use crate::memory::Release;
use crate::progress::Progress;
use crate::runner::PlanRunner;
use crate::sources::{ColumnSource, DataPath, DateOrder, FolderDates, Profile};
use crate::text_tables;
use crate::types::TableSchema;
use arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use std::sync::Arc;

/// Settings of an [`Engine`].
#[derive(Default)]
pub struct EngineBuilder {
    database: Database,
    limits: Limits,
    progress: Arc<Progress>,
    now: Option<i64>,
    geo_ip: Option<std::path::PathBuf>,
    release: Option<Release>,
    runner: Option<Arc<dyn PlanRunner>>,
    /// The engine whose threads and memory are shared.
    base: Option<Arc<EngineCore>>,
}

impl EngineBuilder {
    /// The settings of an engine, with its tables, for another one that shares its threads and its memory.
    pub(crate) fn of(base: &Arc<EngineCore>) -> EngineBuilder {
        EngineBuilder {
            database: base.database.derived(),
            limits: base.limits,
            progress: base.progress.clone(),
            now: base.fixed_time(),
            geo_ip: None,
            release: None,
            runner: None,
            base: Some(base.clone()),
        }
    }

    /// Which built-in table schemas to use.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.database.profile = profile;
        self
    }

    /// A file or folder of tables; see the command line's `--data`. A URL is one of an object store, which is read with the
    /// credentials of this process's environment.
    pub fn data(mut self, path: DataPath) -> Self {
        self.database.paths.push(path);
        self
    }

    /// A table from Arrow batches, which all have the same schema. Timestamps and dates become datetime, durations timespan,
    /// lists, structs and maps dynamic. An empty batch defines the columns of an empty table.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no batch, the columns of the batches differ, or two columns have the same name.
    pub fn table(mut self, name: &str, batches: Vec<RecordBatch>) -> Result<Self, Error> {
        self.database.add_batches(name, batches)?;
        Ok(self)
    }

    /// A table whose rows come from a table provider of DataFusion. Its columns are converted to KQL's types, as those of
    /// batches are. A table with a known schema has all columns of that schema with their types, as if it came from a
    /// file; other values become null and are counted in a notice. Projection and limit are passed to the provider; filters
    /// are applied to its rows.
    ///
    /// # Errors
    /// [`Error::Data`] if two columns have the same name.
    pub fn table_provider(mut self, name: &str, provider: Arc<dyn TableProvider>) -> Result<Self, Error> {
        self.database.add(name, Given::Provider(provider))?;
        Ok(self)
    }

    /// A table whose columns are fetched when a query needs them, and only the rows that its filters can accept. Its columns are
    /// those of [`EngineBuilder::table_provider`].
    ///
    /// # Errors
    /// [`Error::Data`] if two columns have the same name.
    pub fn columns(mut self, name: &str, source: Arc<dyn ColumnSource>) -> Result<Self, Error> {
        self.database.add(name, Given::Columns(source))?;
        Ok(self)
    }

    /// The columns of a table, in addition to the built-in schemas.
    pub fn schema(mut self, name: &str, schema: TableSchema) -> Self {
        self.database.schemas.insert(name.to_owned(), schema);
        self
    }

    /// A saved function: its parameters in parentheses, and its body.
    pub fn function(mut self, name: &str, parameters: &str, body: &str) -> Self {
        let function = StoredFunction { parameters: parameters.to_owned(), body: body.to_owned() };
        Arc::make_mut(&mut self.database.functions).insert(name.to_owned(), function);
        self
    }

    /// The value of a `declare query_parameters` parameter, as it is written in a query without quotes: `5`, `2024-05-01`, `text`.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.database.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The local copy of external data that queries refer to by this URL or path.
    pub fn external(mut self, address: &str, path: impl Into<std::path::PathBuf>) -> Self {
        self.database.external_files.copies.insert(address.to_owned(), path.into());
        self
    }

    /// A folder with local copies of external data: the copy of a URL is the file named like the last part of its path.
    pub fn external_folder(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
        self.database.external_files.folders.push(folder.into());
        self
    }

    /// A folder, or one file, that queries can read by `externaldata` with a path or a `file:` URL. Without it, they read
    /// only copies: a query cannot name any other file of this computer. Links are followed before the folder is checked.
    pub fn allow_files(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.database.external_files.allowed.push(path.into());
        self
    }

    /// What a query gets for external data without a local copy.
    pub fn external_missing(mut self, missing: ExternalMissing) -> Self {
        self.database.external_missing = missing;
        self
    }

    /// How many expressions the names of a query can stand for: `let` variables and functions are copied into the plan
    /// wherever they are used. A query beyond it is refused (KQ004). Without this, it is 100,000.
    pub fn max_plan_size(mut self, expressions: usize) -> Self {
        self.database.max_plan_size = Some(expressions);
        self
    }

    /// The database in MaxMind's format (`.mmdb`) that `geo_info_from_ip_address()` uses.
    pub fn geo_ip(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.geo_ip = Some(path.into());
        self
    }

    /// Value of `now()`, as the text of a datetime, so that runs are reproducible. By default it is the time of each query.
    ///
    /// # Errors
    /// [`Error::Setting`] if the text is not a datetime.
    pub fn now(mut self, datetime: &str) -> Result<Self, Error> {
        self.now = Some(ticks_of(datetime)?);
        Ok(self)
    }

    /// A range of times that restricts the rows of every table which has a time (`TimeGenerated`, else `Timestamp`), in
    /// addition to the query's own conditions; the end does not belong to it.
    ///
    /// # Errors
    /// [`Error::Setting`] if a text is not a datetime.
    pub fn times(mut self, from: &str, to: &str) -> Result<Self, Error> {
        self.database.times = Some((ticks_of(from)?, ticks_of(to)?));
        Ok(self)
    }

    /// A range of times of arrival that restricts the rows of every table which has a time, in addition to
    /// [`EngineBuilder::times`]. A row arrives at its `_TimeReceived`; one without it arrives that long after its time.
    pub fn arrivals(mut self, arrivals: Arrivals) -> Self {
        self.database.arrivals = Some(arrivals);
        self
    }

    /// Whether a damaged row fails the query; otherwise it is counted and skipped.
    pub fn strict(mut self, strict: bool) -> Self {
        self.database.options.strict = strict;
        self
    }

    /// Whether the day or the month comes first in dates such as `3/4/2021`, if a file does not show it.
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.database.options.date_order = Some(order);
        self
    }

    /// Whether what is found out about objects of stores, such as their columns, is kept in the user's cache folder, so that
    /// the next engine need not read them for that. It is, unless the environment says `KQL_CACHE=off`.
    pub fn remember_objects(mut self, remember: bool) -> Self {
        self.database.options.remember = remember;
        self
    }

    /// The meaning of the dates in the names of folders (`y=2026/m=03`, `date=2026-03-10`).
    pub fn folder_dates(mut self, dates: FolderDates) -> Self {
        self.database.options.folder_dates = dates;
        self
    }

    /// The time zone, by its IANA name, of columns whose header marks their time as local.
    ///
    /// # Errors
    /// [`Error::Setting`] if the time zone does not exist.
    pub fn time_zone(mut self, name: &str) -> Result<Self, Error> {
        let zone =
            name.parse().map_err(|_| Error::Setting(format!("'{name}' is not a time zone such as Europe/Berlin")))?;
        self.database.options.tz = Some(zone);
        Ok(self)
    }

    /// Size of batches, number of partitions and memory limit; none of these changes a result. A derived engine shares the
    /// memory of the other one, and its limit.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// A function that makes the allocator give freed memory back to the system. It is called while queries run and the
    /// process is near its limit ([`Limits::process`]), on a thread of its own.
    pub fn release_memory(mut self, release: Release) -> Self {
        self.release = Some(release);
        self
    }

    /// Lets something else than this process run plans that read files, such as a cluster.
    pub fn runner(mut self, runner: Arc<dyn PlanRunner>) -> Self {
        self.runner = Some(runner);
        self
    }

    /// Shares a progress counter and stop switch with the caller. By default the engine has its own.
    pub fn progress(mut self, progress: Arc<Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Finds the data: walks folders and reads the first bytes of files. Rows are read when a query names their table.
    ///
    /// # Errors
    /// [`Error::Data`] if a path does not exist or is not data, or a store cannot be read; [`Error::Internal`] if the engine has a defect.
    pub fn build(mut self) -> Result<Engine, Error> {
        let (now, limits) = (self.now, self.limits);
        self.database.discover(&|text, rows| {
            let mut bare = EngineBuilder { now, limits, ..EngineBuilder::default() }.profile(Profile::Bare);
            if let Some(batches) = rows {
                bare = bare.table(text_tables::ROWS, batches)?;
            }
            Ok(bare.build()?.query(text)?.tables)
        })?;
        if let Some(path) = &self.geo_ip {
            self.database.places = Some(Arc::new(GeoIp::open(path)?));
        }
        let EngineBuilder { database, limits, progress, now, release, runner, base, .. } = self;
        if let Some(base) = base {
            return Ok(Engine { core: Arc::new(base.derived(database, progress, now, runner, limits)) });
        }
        Ok(Engine { core: Arc::new(EngineCore::new(database, limits, progress, now, release, runner)?) })
    }
}

/// The ticks of a datetime.
fn ticks_of(datetime: &str) -> Result<i64, Error> {
    kql_parser::time::parse_datetime(datetime)
        .ok_or_else(|| Error::Setting(format!("'{datetime}' is not a datetime such as 2024-05-01T12:00:00Z")))
}
