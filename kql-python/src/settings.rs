//! The settings of an engine, as Python passes them.

use kql_cluster::Cluster;
use kql_engine::{
    Column, DataPath, DateOrder, Engine, EngineBuilder, Error, ExternalMissing, FolderDates, Limits, Profile,
    ScalarType, TableSchema,
};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// The settings, from a dict; `python/kql/_settings.py` makes it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Settings {
    /// Names of tables and their files; without a name, it is that of the file.
    data: Vec<(Option<String>, PathBuf)>,
    now: Option<String>,
    profile: String,
    params: Vec<(String, String)>,
    function_files: Vec<PathBuf>,
    /// Name, parameters and body.
    functions: Vec<(String, String, String)>,
    schema_files: Vec<PathBuf>,
    /// Table, and its columns with their types.
    schemas: Vec<(String, Vec<(String, String)>)>,
    external: Vec<(String, PathBuf)>,
    external_folders: Vec<PathBuf>,
    external_missing: String,
    allow_files: Vec<PathBuf>,
    /// Bytes, or a size such as `4GB`.
    memory: Option<String>,
    strict: bool,
    tz: Option<String>,
    date_order: Option<String>,
    folder_dates: String,
    geo_ip: Option<PathBuf>,
    /// The scheduler of a cluster, as `HOST:PORT`.
    cluster: Option<String>,
}

/// The one of the names that was given.
fn one_of<T: Copy>(what: &str, given: &str, names: &[(&str, T)]) -> Result<T, Error> {
    names.iter().find(|(name, _)| *name == given).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<String> = names.iter().map(|(name, _)| format!("'{name}'")).collect();
        Error::Setting(format!("{what} is '{given}'; it can be {}.", names.join(" or ")))
    })
}

impl Settings {
    /// A builder with these settings. Without a memory limit of its own, the engine shares the threads of the others.
    pub fn builder(&self) -> Result<EngineBuilder, Error> {
        let mut builder = match &self.memory {
            Some(size) => {
                let bytes = kql_cli::parse_size(size).map_err(|e| Error::Setting(format!("memory: {e}")))?;
                Engine::builder().limits(Limits { memory: Some(bytes), ..Limits::default() })
            }
            None => crate::fork::shared()?.derive(),
        };
        let profiles =
            [("unified", Profile::Unified), ("sentinel", Profile::Sentinel), ("defender", Profile::Defender)];
        builder = builder.profile(one_of("profile", &self.profile, &profiles)?);
        for (name, path) in &self.data {
            let data = DataPath { name: name.clone(), path: path.clone() };
            if !kql_engine::is_url(path) {
                builder = builder.allow_files(path);
            }
            builder = builder.data(data);
        }
        for path in &self.schema_files {
            for (name, schema) in kql_detection::load_schemas(path).map_err(|e| Error::Setting(e.to_string()))? {
                builder = builder.schema(&name, schema);
            }
        }
        for (table, columns) in &self.schemas {
            builder = builder.schema(table, schema(table, columns)?);
        }
        for path in &self.function_files {
            for (name, function) in kql_detection::load_functions(path).map_err(|e| Error::Setting(e.to_string()))? {
                builder = builder.function(&name, &function.parameters, &function.body);
            }
        }
        for (name, parameters, body) in &self.functions {
            builder = builder.function(name, parameters, body);
        }
        for (address, path) in &self.external {
            builder = builder.external(address, path);
        }
        for folder in &self.external_folders {
            builder = builder.external_folder(folder);
        }
        let missing = [("refuse", ExternalMissing::Refuse), ("empty", ExternalMissing::Empty)];
        builder = builder.external_missing(one_of("external_missing", &self.external_missing, &missing)?);
        for path in &self.allow_files {
            builder = builder.allow_files(path);
        }
        for (name, value) in &self.params {
            builder = builder.parameter(name, value);
        }
        if let Some(now) = &self.now {
            builder = builder.now(now)?;
        }
        if let Some(zone) = &self.tz {
            builder = builder.time_zone(zone)?;
        }
        if let Some(order) = &self.date_order {
            let orders = [("dmy", DateOrder::DayFirst), ("mdy", DateOrder::MonthFirst)];
            builder = builder.date_order(one_of("date_order", order, &orders)?);
        }
        let dates = [("arrival", FolderDates::Arrival), ("event", FolderDates::Event)];
        builder = builder.folder_dates(one_of("folder_dates", &self.folder_dates, &dates)?);
        if let Some(path) = &self.geo_ip {
            builder = builder.geo_ip(path);
        }
        if let Some(address) = &self.cluster {
            let cluster = Cluster::connect_blocking(address).map_err(|e| Error::Setting(format!("cluster: {e}")))?;
            builder = builder.runner(Arc::new(cluster));
        }
        Ok(builder.strict(self.strict))
    }

    /// The names of the parameters that have a value.
    pub fn params(&self) -> Vec<String> {
        self.params.iter().map(|(name, _)| name.clone()).collect()
    }
}

fn schema(table: &str, columns: &[(String, String)]) -> Result<TableSchema, Error> {
    let column = |(name, ty): &(String, String)| match ScalarType::from_name(ty) {
        Some(ty) => Ok(Column::new(name, ty)),
        None => Err(Error::Setting(format!("schemas: column {name} of {table} has the unknown type '{ty}'"))),
    };
    Ok(TableSchema { columns: columns.iter().map(column).collect::<Result<_, _>>()? })
}
