//! Settings of an engine.

use crate::bind::{ExternalMissing, StoredFunction};
use crate::database::Database;
use crate::engine::Engine;
use crate::error::Error;
use crate::exec::Limits;
use crate::geo_ip::GeoIp;
use crate::progress::Progress;
use crate::sources::{DataPath, DateOrder, FolderDates, Profile};
use crate::text_tables;
use crate::types::TableSchema;
use arrow::array::RecordBatch;
use std::sync::Arc;

/// Settings of an [`Engine`].
#[derive(Default)]
pub struct EngineBuilder {
    database: Database,
    limits: Limits,
    progress: Arc<Progress>,
    now: Option<i64>,
    geo_ip: Option<std::path::PathBuf>,
}

impl EngineBuilder {
    /// Which built-in table schemas hold.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.database.profile = profile;
        self
    }

    /// A file or folder of tables; see the command line's `--data`.
    pub fn data(mut self, path: DataPath) -> Self {
        self.database.paths.push(path);
        self
    }

    /// A table from Arrow batches.
    pub fn table(mut self, name: &str, batches: Vec<RecordBatch>) -> Result<Self, Error> {
        self.database.add_batches(name, batches)?;
        Ok(self)
    }

    /// The columns of a table, beside the built-in ones.
    pub fn schema(mut self, name: &str, schema: TableSchema) -> Self {
        self.database.schemas.insert(name.to_owned(), schema);
        self
    }

    /// A saved function: its parameters in parentheses, and its body.
    pub fn function(mut self, name: &str, parameters: &str, body: &str) -> Self {
        let function = StoredFunction { parameters: parameters.to_owned(), body: body.to_owned() };
        self.database.functions.insert(name.to_owned(), function);
        self
    }

    /// The value of a `declare query_parameters` parameter, as text.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.database.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The local copy of external data that queries name by this address.
    pub fn external(mut self, address: &str, path: impl Into<std::path::PathBuf>) -> Self {
        self.database.externals.insert(address.to_owned(), path.into());
        self
    }

    /// A folder with local copies of external data: the copy of an address is the file with the last part of its path.
    pub fn external_folder(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
        self.database.external_folders.push(folder.into());
        self
    }

    /// What a query gets of external data that has no local copy.
    pub fn external_missing(mut self, missing: ExternalMissing) -> Self {
        self.database.external_missing = missing;
        self
    }

    /// The database in MaxMind's format (`.mmdb`) that `geo_info_from_ip_address()` looks addresses up in.
    pub fn geo_ip(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.geo_ip = Some(path.into());
        self
    }

    /// What `now()` is, as the text of a datetime.
    pub fn now(mut self, datetime: &str) -> Result<Self, Error> {
        let ticks = kql_parser::time::parse_datetime(datetime)
            .ok_or_else(|| Error::Setting(format!("'{datetime}' is not a datetime such as 2024-05-01T12:00:00Z")))?;
        self.now = Some(ticks);
        Ok(self)
    }

    /// Whether a damaged row refuses the query, rather than being counted and left out.
    pub fn strict(mut self, strict: bool) -> Self {
        self.database.options.strict = strict;
        self
    }

    /// Whether the day or the month comes first in dates such as `3/4/2021`, where a file does not show it.
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.database.options.date_order = Some(order);
        self
    }

    /// Which times the dates in the names of folders are (`y=2026/m=03`, `date=2026-03-10`).
    pub fn folder_dates(mut self, dates: FolderDates) -> Self {
        self.database.options.folder_dates = dates;
        self
    }

    /// The zone, by its IANA name, of columns whose header says that their time is local.
    pub fn time_zone(mut self, name: &str) -> Result<Self, Error> {
        let zone =
            name.parse().map_err(|_| Error::Setting(format!("'{name}' is not a time zone such as Europe/Berlin")))?;
        self.database.options.tz = Some(zone);
        Ok(self)
    }

    /// How batches are cut and how many run at once; neither changes an answer.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where the engine counts what it reads, and looks whether it is to stop; else it has one of its own.
    pub fn progress(mut self, progress: Arc<Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Finds the data. Files are read when a query names them.
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
        let EngineBuilder { database, limits, progress, now, .. } = self;
        Ok(Engine::new(database, limits, progress, now))
    }
}
