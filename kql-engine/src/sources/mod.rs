//! stub while the real one is written
use crate::types::TableSchema;
use arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use std::sync::Arc;
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub enum Profile { #[default] Unified, Sentinel, Defender }
#[derive(Clone, Debug)] pub struct DataPath { pub name: Option<String>, pub path: std::path::PathBuf }
impl DataPath { pub fn parse(s: &str) -> DataPath { DataPath { name: None, path: s.into() } } }
#[derive(Clone, Debug)] pub struct TableFiles { pub name: String }
#[derive(Clone, Debug, thiserror::Error)] #[error("{0}")] pub struct SourceError(pub String);
pub struct OpenOptions { pub strict: bool }
#[derive(Debug, Default)] pub struct InputReport;
impl InputReport { pub fn notices(&self) -> Vec<String> { vec![] } }
#[derive(Debug, Clone)] pub struct SourceTable { pub name: String, pub schema: TableSchema, pub provider: Arc<dyn TableProvider>, pub report: Arc<InputReport> }
pub fn discover(_: &[DataPath]) -> Result<Vec<TableFiles>, SourceError> { Ok(vec![]) }
pub type Twin = (&'static str, &'static str);
pub fn open(_: &TableFiles, _: Option<&TableSchema>, _: Option<Twin>, _: &OpenOptions) -> Result<SourceTable, SourceError> { Err(SourceError("x".into())) }
pub fn from_batches(_: &str, _: Vec<RecordBatch>) -> Result<SourceTable, SourceError> { Err(SourceError("x".into())) }
pub mod catalogue {
    use super::*;
    pub fn table(_: Profile, _: &str) -> Option<TableSchema> { None }
    pub fn names(_: Profile) -> impl Iterator<Item = &'static str> { std::iter::empty() }
    pub fn twin(_: Profile, _: &str) -> Option<Twin> { None }
}
