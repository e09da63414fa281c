//! `cargo xtask catalogue FOLDER`: writes the engine's table of built-in schemas.
//!
//! The folder holds `unified.json`, `sentinel.json` and `defender.json`, each `{"Table": [["column", "type"], …]}`.
//! The result has a line for each table and set of profiles that agree on it, sorted by name:
//!
//! ```text
//! DeviceProcessEvents<tab>u<tab>sAccountName<tab>tTimestamp…
//! ```
//!
//! that is the name, the profiles (`u`, `s`, `d`), and the columns, each with a letter for its type first.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const PROFILES: [(char, &str); 3] = [('u', "unified"), ('s', "sentinel"), ('d', "defender")];
const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../kql-engine/src/sources/schemas/tables.txt");

/// Writes the catalogue from the schemas in the folder.
pub fn run(folder: &str) -> Result<(), String> {
    // name, then columns, to profiles
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (mark, profile) in PROFILES {
        let path = Path::new(folder).join(format!("{profile}.json"));
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let schemas: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        let schemas = schemas.as_object().ok_or_else(|| format!("{}: not an object", path.display()))?;
        for (name, columns) in schemas {
            let columns = columns_of(columns).map_err(|e| format!("{}: {name}: {e}", path.display()))?;
            tables.entry(name.clone()).or_default().entry(columns).or_default().push(mark);
        }
    }
    let mut out = String::new();
    for (name, versions) in &tables {
        for (columns, profiles) in versions {
            let _ = writeln!(out, "{name}\t{profiles}{columns}");
        }
    }
    std::fs::write(TARGET, &out).map_err(|e| format!("{TARGET}: {e}"))?;
    println!("{} tables, {} bytes", tables.len(), out.len());
    Ok(())
}

fn columns_of(columns: &Value) -> Result<String, String> {
    let mut out = String::new();
    for column in columns.as_array().ok_or("not a list")? {
        let (Some(name), Some(ty)) = (column[0].as_str(), column[1].as_str()) else {
            return Err(format!("{column} is no column"));
        };
        if name.contains(['\t', '\n']) {
            return Err(format!("the name {name:?} has a tab or a line end"));
        }
        let letter = match ty {
            "bool" => 'b',
            "int" => 'i',
            "long" => 'l',
            "real" => 'r',
            "decimal" => 'm',
            "string" => 's',
            "datetime" => 't',
            "timespan" => 'p',
            "guid" => 'g',
            "dynamic" => 'd',
            _ => return Err(format!("{ty} is no type")),
        };
        let _ = write!(out, "\t{letter}{name}");
    }
    Ok(out)
}
