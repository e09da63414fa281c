//! Recognises files by their content: the format and product, and the tables that its records belong to.
//!
//! Recognition examines the beginning of a file once. Most exports contain rows, so recognition only names the table;
//! others wrap their rows ([`Unwrap`]), and `records.rs` unwraps them. Each format has its own file:
//!
//! ```text
//! head.rs          the beginning of a file
//! table_name.rs    the table of rows: the column Type, the file's name, the columns
//! streaming.rs     Defender's streaming API, Event Hub, diagnostic settings
//! answers.rs       answers of the query APIs             azure_cli.rs   `az monitor log-analytics query`
//! office365.rs     unified audit records, also in CSV    cloudtrail.rs  AWS CloudTrail
//! windows.rs       Windows events in JSON, CSV and event logs; activities.rs: their descriptions
//! winlogbeat.rs    the same as Winlogbeat and Elastic write them
//! syslog.rs        lines of syslog                       cef.rs         CEF and LEEF in them
//! zeek.rs          Zeek's own form                       products.rs    logs that are rows, in separate tables
//! ```

mod activities;
mod answers;
mod azure_cli;
mod cef;
mod cloudtrail;
mod error;
mod head;
mod known;
mod office365;
mod products;
mod streaming;
mod syslog;
mod table_name;
mod windows;
mod winlogbeat;
mod wrapped;
mod zeek;

pub use known::Known;
pub(super) use syslog::is_log_line;
pub(super) use wrapped::{AFTER, Out, WORKBOOK as WORKBOOK_NAME, Wrapped};

use super::document::{self, Layout};
use super::input::{DataFile, Format};
use crate::error::SourceError;
use crate::types::ScalarType;
use head::{CsvHead, JsonHead};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// A format, and a test whether a file's head has it.
type Recogniser<Head> = (&'static Wrapped, fn(&Head) -> bool);

/// The wrapped formats of JSON, and how they are recognised in the first object of a file.
static JSON: [Recogniser<JsonHead>; 12] = [
    (&streaming::STREAMING, streaming::is_streaming),
    (&streaming::EVENT_HUB, streaming::is_event_hub),
    (&streaming::DIAGNOSTIC, streaming::is_diagnostic),
    (&answers::TABLES, answers::is_tables),
    (&answers::FRAMES, answers::is_frames),
    (&answers::RESULTS, answers::is_results),
    (&azure_cli::AZURE_CLI, azure_cli::is_azure_cli),
    (&office365::RECORDS, office365::is_record),
    (&cloudtrail::RECORDS, cloudtrail::is_records),
    (&cloudtrail::LOOKUP, cloudtrail::is_lookup),
    (&windows::JSON, windows::is_event),
    (&winlogbeat::JSON, winlogbeat::is_winlogbeat),
];

/// The wrapped formats of CSV, and how they are recognised in the header.
static CSV: [Recogniser<CsvHead>; 3] = [
    (&office365::AUDIT_CSV, office365::is_audit_csv),
    (&windows::CSV, windows::is_event_csv),
    (&winlogbeat::CSV, winlogbeat::is_csv),
];

/// Where the records of a wrapped file are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Records {
    Json(&'static Wrapped, Layout, u64),
    Csv(&'static Wrapped, u64),
    /// A Windows event log.
    Evtx(&'static Wrapped),
    /// Lines of text.
    Text(&'static Wrapped, u64),
    /// The sheets of a workbook.
    Workbook(&'static Wrapped),
}

/// A workbook, whose rows are not wrapped.
static WORKBOOK: Wrapped = Wrapped { name: wrapped::WORKBOOK, unwrap: |_, _, _| Ok(()), texts: false, inside: None };

/// All formats of records. Their numbers stand for them in data.
fn all() -> impl Iterator<Item = &'static Wrapped> {
    let json = JSON.iter().map(|(wrapped, _)| *wrapped);
    let csv = CSV.iter().map(|(wrapped, _)| *wrapped);
    let other = [&WORKBOOK, &table_name::MIXED, &table_name::MIXED_CSV, &syslog::LINES, &zeek::LOG, &windows::LOG];
    json.chain(csv).chain(other)
}

/// Where records are, as data.
#[derive(Serialize, Deserialize)]
pub(super) enum EncodedRecords {
    Json(usize, Layout, u64),
    Csv(usize, u64),
    Evtx(usize),
    Text(usize, u64),
    Workbook(usize),
}

impl EncodedRecords {
    /// `None` if there is no format with that number.
    pub(super) fn decode(self) -> Option<Records> {
        let find = |number| all().nth(number);
        Some(match self {
            EncodedRecords::Json(wrapped, layout, mark) => Records::Json(find(wrapped)?, layout, mark),
            EncodedRecords::Csv(wrapped, mark) => Records::Csv(find(wrapped)?, mark),
            EncodedRecords::Evtx(wrapped) => Records::Evtx(find(wrapped)?),
            EncodedRecords::Text(wrapped, mark) => Records::Text(find(wrapped)?, mark),
            EncodedRecords::Workbook(wrapped) => Records::Workbook(find(wrapped)?),
        })
    }
}

impl Records {
    /// Where the records are, as data; `None` if the format is not in the list.
    pub(super) fn encode(&self) -> Option<EncodedRecords> {
        let number = |wrapped: &Wrapped| all().position(|known| std::ptr::eq(known, wrapped));
        Some(match self {
            Records::Json(wrapped, layout, mark) => EncodedRecords::Json(number(wrapped)?, *layout, *mark),
            Records::Csv(wrapped, mark) => EncodedRecords::Csv(number(wrapped)?, *mark),
            Records::Evtx(wrapped) => EncodedRecords::Evtx(number(wrapped)?),
            Records::Text(wrapped, mark) => EncodedRecords::Text(number(wrapped)?, *mark),
            Records::Workbook(wrapped) => EncodedRecords::Workbook(number(wrapped)?),
        })
    }

    /// Whether the records are rows, and are only separated by table.
    pub(super) fn is_rows(&self) -> bool {
        match self {
            Records::Json(wrapped, ..)
            | Records::Csv(wrapped, _)
            | Records::Evtx(wrapped)
            | Records::Workbook(wrapped)
            | Records::Text(wrapped, _) => {
                std::ptr::eq(*wrapped, &table_name::MIXED) || std::ptr::eq(*wrapped, &table_name::MIXED_CSV)
            }
        }
    }

    pub(super) fn wrapped(&self) -> &'static Wrapped {
        match self {
            Records::Json(wrapped, ..)
            | Records::Csv(wrapped, _)
            | Records::Evtx(wrapped)
            | Records::Workbook(wrapped)
            | Records::Text(wrapped, _) => wrapped,
        }
    }

    /// The unit of position numbers in the file.
    pub(super) fn unit(&self) -> &'static str {
        match self {
            Records::Evtx(_) => "record",
            Records::Workbook(_) => "row",
            _ => "line",
        }
    }
}

/// The result of recognising a file.
#[derive(Debug)]
pub(super) struct Recognised {
    /// The name of the format in `kql data`.
    pub format: &'static str,
    /// The table of its rows, if the content or the name shows it.
    pub table: Option<String>,
    /// The records, if they have to be unwrapped.
    pub records: Option<Records>,
    /// An export of the portal: headers can contain zones, and columns can be duplicated.
    pub portal: bool,
    /// The types of columns that cannot be inferred from their values.
    pub types: &'static [(&'static str, ScalarType)],
}

impl Default for Recognised {
    fn default() -> Recognised {
        Recognised::plain("unreadable")
    }
}

impl Recognised {
    /// A file whose format is known only by its name.
    fn plain(format: &'static str) -> Recognised {
        Recognised { format, table: None, records: None, portal: false, types: &[] }
    }
}

/// What was recognised, as it is kept between runs.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptRecognised {
    format: String,
    table: Option<String>,
    /// Where the records are, and the name of their format: another version can have other numbers.
    records: Option<(EncodedRecords, String)>,
    portal: bool,
    product: bool,
}

impl KeptRecognised {
    /// What was recognised; `None` if only recognising it again shows it.
    pub(super) fn of(recognised: &Recognised) -> Option<KeptRecognised> {
        let product = products::types(recognised.format).filter(|types| std::ptr::eq(*types, recognised.types));
        let records = match &recognised.records {
            Some(records) => Some((records.encode()?, records.wrapped().name.to_owned())),
            None => None,
        };
        if product.is_none() && !recognised.types.is_empty() {
            return None;
        }
        Some(KeptRecognised {
            format: recognised.format.to_owned(),
            table: recognised.table.clone(),
            records,
            portal: recognised.portal,
            product: product.is_some(),
        })
    }

    /// What was recognised; `None` if there are no such formats any more.
    pub(super) fn restored(self) -> Option<Recognised> {
        Some(Recognised {
            types: if self.product { products::types(&self.format)? } else { &[] },
            format: format_name(&self.format)?,
            table: self.table,
            records: match self.records {
                Some((records, name)) => Some(records.decode().filter(|records| records.wrapped().name == name)?),
                None => None,
            },
            portal: self.portal,
        })
    }
}

/// The names of formats that were kept: each is stored once for the life of the process, and there are few.
fn format_name(name: &str) -> Option<&'static str> {
    const MOST: usize = 200;
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    if names.len() >= MOST || name.len() > MOST {
        return None;
    }
    let own: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(own);
    Some(own)
}

/// Recognises a file. `stem` is its name, or that of the folder whose files form a table; if nothing is recognised,
/// the table has that name.
pub(super) fn recognise(file: &DataFile, stem: &str, known: &Known) -> Result<Recognised, SourceError> {
    match file.format {
        Format::Parquet => Ok(Recognised { table: by_name(file, stem, known), ..Recognised::plain("Parquet") }),
        Format::Ipc => Ok(Recognised { table: by_name(file, stem, known), ..Recognised::plain("Arrow IPC") }),
        Format::Evtx if file.length()? == 0 => Ok(Recognised::plain(windows::LOG.name)),
        Format::Evtx => {
            Ok(Recognised { records: Some(Records::Evtx(&windows::LOG)), ..Recognised::plain(windows::LOG.name) })
        }
        Format::Workbook => {
            Ok(Recognised { records: Some(Records::Workbook(&WORKBOOK)), ..Recognised::plain(WORKBOOK.name) })
        }
        Format::Syslog | Format::Zeek if file.length()? == 0 => Ok(Recognised::plain("text")),
        Format::Syslog => lines(file, &syslog::LINES),
        Format::Zeek => lines(file, &zeek::LOG),
        Format::Json { lines } => {
            let mark = file.mark()?;
            let layout = document::layout(file, mark, lines)?;
            let head = JsonHead::read(file, mark)?;
            let plain = match layout {
                Layout::Lines => "NDJSON",
                Layout::Document => "JSON",
            };
            if known.is_bare() {
                return Ok(Recognised::plain(plain));
            }
            if let Some((wrapped, _)) = JSON.iter().find(|(_, is)| is(&head)) {
                // a line that contains all records is read as a document, so that a damaged record does not affect the
                // others
                let inside = wrapped.inside.is_some_and(|key| head.begins(key, &['[']));
                let layout = if inside && file.length()? < IN_MEMORY { Layout::Document } else { layout };
                let records = Some(Records::Json(wrapped, layout, mark));
                return Ok(Recognised { records, ..Recognised::plain(wrapped.name) });
            }
            Ok(match table_name::of_rows(&head.names(), &head.types, file, stem, known) {
                table_name::Found::Mixed => Recognised {
                    records: Some(Records::Json(&table_name::MIXED, layout, mark)),
                    portal: true,
                    ..Recognised::plain(table_name::MIXED.name)
                },
                table_name::Found::Table(table, format) => {
                    Recognised { table: Some(table), portal: true, ..Recognised::plain(format.unwrap_or(plain)) }
                }
                table_name::Found::Nothing => match products::find(&head) {
                    Some(product) => Recognised {
                        table: products::table(&head),
                        types: product.types,
                        ..Recognised::plain(product.name)
                    },
                    None => Recognised::plain(plain),
                },
            })
        }
        Format::Csv => {
            let mark = file.mark()?;
            if known.is_bare() {
                return Ok(Recognised::plain("CSV"));
            }
            let head = CsvHead::read(file, mark)?;
            if let Some((wrapped, _)) = CSV.iter().find(|(_, is)| is(&head)) {
                let records = Some(Records::Csv(wrapped, mark));
                return Ok(Recognised { records, ..Recognised::plain(wrapped.name) });
            }
            let names: Vec<&str> = head.header.iter().map(String::as_str).collect();
            let portal = head.header.iter().any(|h| super::dates::split_zone(h).1 != super::dates::Zone::None);
            Ok(match table_name::of_rows(&names, &head.types, file, stem, known) {
                table_name::Found::Mixed => Recognised {
                    records: Some(Records::Csv(&table_name::MIXED_CSV, mark)),
                    portal: true,
                    ..Recognised::plain(if portal { "portal CSV" } else { table_name::MIXED_CSV.name })
                },
                table_name::Found::Table(table, format) => Recognised {
                    table: Some(table),
                    portal: true,
                    ..Recognised::plain(if portal { "portal CSV" } else { format.unwrap_or("CSV") })
                },
                table_name::Found::Nothing => {
                    Recognised { portal, ..Recognised::plain(if portal { "portal CSV" } else { "CSV" }) }
                }
            })
        }
    }
}

/// Files with fewer bytes than this can be read as a whole.
const IN_MEMORY: u64 = 256 << 20;

/// A file whose records are lines of text.
fn lines(file: &DataFile, wrapped: &'static Wrapped) -> Result<Recognised, SourceError> {
    Ok(Recognised { records: Some(Records::Text(wrapped, file.mark()?)), ..Recognised::plain(wrapped.name) })
}

/// The table according to the names of file and folder only.
fn by_name(file: &DataFile, stem: &str, known: &Known) -> Option<String> {
    match table_name::of_rows(&[], &[], file, stem, known) {
        table_name::Found::Table(table, _) => Some(table),
        _ => None,
    }
}
