//! `--schemas`: JSON `{"Table": [["column", "type"], ...]}`.

use crate::failure::Failure;
use kql_engine::{Column, ScalarType, TableSchema};
use std::collections::BTreeMap;
use std::path::Path;

/// The schemas of a file.
pub fn load(path: &Path) -> Result<Vec<(String, TableSchema)>, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| Failure::Usage(format!("{shown} cannot be read: {e}")))?;
    let tables: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text).map_err(|e| {
        Failure::Usage(format!(
            "{shown} is not valid JSON of the form {{\"Table\": [[\"column\", \"type\"], ...]}}: {e}"
        ))
    })?;
    tables
        .into_iter()
        .map(|(name, columns)| {
            let columns = columns
                .into_iter()
                .map(|(column, ty)| match ScalarType::from_name(&ty) {
                    Some(ty) => Ok(Column::new(column, ty)),
                    None => {
                        Err(Failure::Usage(format!("{shown}: column {column} of {name} has the unknown type '{ty}'")))
                    }
                })
                .collect::<Result<_, _>>()?;
            Ok((name, TableSchema { columns }))
        })
        .collect()
}
