//! Files of schemas: JSON `{"Table": [["column", "type"], ...]}`.

use kql_engine::{Column, ScalarType, TableSchema};
use std::collections::BTreeMap;
use std::path::Path;

/// A file of schemas that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SchemasError(String);

/// The schemas of a file: JSON `{"Table": [["column", "type"], ...]}`.
///
/// # Errors
/// The file cannot be read, or has another form.
pub fn load_schemas(path: &Path) -> Result<Vec<(String, TableSchema)>, SchemasError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| SchemasError(format!("{shown} cannot be read: {e}")))?;
    let tables: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text).map_err(|e| {
        SchemasError(format!("{shown} is not valid JSON of the form {{\"Table\": [[\"column\", \"type\"], ...]}}: {e}"))
    })?;
    tables
        .into_iter()
        .map(|(name, columns)| {
            let columns = columns
                .into_iter()
                .map(|(column, ty)| match ScalarType::from_name(&ty) {
                    Some(ty) => Ok(Column::new(column, ty)),
                    None => {
                        Err(SchemasError(format!("{shown}: column {column} of {name} has the unknown type '{ty}'")))
                    }
                })
                .collect::<Result<_, _>>()?;
            Ok((name, TableSchema { columns }))
        })
        .collect()
}
