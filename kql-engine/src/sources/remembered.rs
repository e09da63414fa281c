//! What was found out about an object, as it is kept between runs: a second run neither reads it again for its columns nor
//! recognises it again.

use super::archive::Member;
use super::examine::{Candidate, Examined};
use super::input::{DataFile, Format};
use super::location::Location;
use super::parquet::ParquetFile;
use super::recognise::{KeptRecognised, Known};
use super::records::FileSurvey;
use super::scan_stats::{Declared, ScanStats};
use super::splits::{FileSplits, KeptSplits};
use crate::encoded::EncodedSchema;
use crate::stores::Object;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A file that was examined.
#[derive(Serialize, Deserialize)]
struct KeptFile {
    format: Format,
    recognised: KeptRecognised,
    survey: Option<FileSurvey>,
}

/// The name under which it is kept: what is found out depends on the known tables, and on what names the table.
fn key(file: &Candidate, known: &Known) -> String {
    format!("file {:?} {:?} {}", file.stem, file.naming, known.fingerprint())
}

/// The object that a file is, if it is one: something can be kept of it.
fn whole_object<'a>(location: &'a Location, member: &Option<Arc<Member>>) -> Option<&'a Arc<Object>> {
    location.object().filter(|_| member.is_none())
}

/// A file that an earlier run has examined; `None` if none has, or if the file is not an object.
pub(super) fn examined(file: &Candidate, known: &Known) -> Option<Examined> {
    let object = whole_object(&file.location, &file.member)?;
    let KeptFile { format, recognised, survey } = object.remembered(&key(file, known))?;
    let file = DataFile::of_format(&file.path, file.location.clone(), None, format)?;
    Some(Examined { file, recognised: recognised.restored()?, survey })
}

/// Keeps what was examined.
pub(super) fn keep(file: &Candidate, known: &Known, examined: &Examined) {
    let Some(object) = whole_object(&file.location, &file.member) else { return };
    let Some(recognised) = KeptRecognised::of(&examined.recognised) else { return };
    let kept = KeptBorrowed { format: examined.file.format, recognised, survey: examined.survey.as_ref() };
    object.remember(&key(file, known), &kept);
}

/// [`KeptFile`], for writing it.
#[derive(Serialize)]
struct KeptBorrowed<'a> {
    format: Format,
    recognised: KeptRecognised,
    survey: Option<&'a FileSurvey>,
}

/// The content of a file.
#[derive(Serialize, Deserialize)]
pub(super) enum KeptContent {
    Text(KeptSplits),
    Document { mark: u64, survey: ScanStats },
    Parquet { schema: EncodedSchema, rows: u64, fits: Vec<bool> },
    Batches { schema: EncodedSchema, damage: Option<String> },
}

/// The content of an object, by what its columns were compared with.
pub(super) struct ContentKey(String);

impl ContentKey {
    /// For the columns that are declared, and the size of splits.
    pub(super) fn new(declared: &Declared, split_bytes: u64) -> ContentKey {
        ContentKey(format!("content {split_bytes} {:?}", declared.sorted()))
    }

    /// The content that an earlier run has found.
    pub(super) fn find(&self, file: &DataFile) -> Option<KeptContent> {
        whole_object(&file.location, &file.member)?.remembered(&self.0)
    }

    /// Keeps the content.
    pub(super) fn keep(&self, file: &DataFile, content: impl FnOnce() -> Option<KeptContent>) {
        if let Some(object) = whole_object(&file.location, &file.member)
            && object.failure().is_none()
            && let Some(content) = content()
        {
            object.remember(&self.0, &content);
        }
    }
}

impl KeptContent {
    /// A text file whose splits were all read.
    pub(super) fn text(splits: &FileSplits) -> Option<KeptContent> {
        splits.kept().map(KeptContent::Text)
    }

    /// A Parquet file.
    pub(super) fn parquet(file: &ParquetFile) -> KeptContent {
        KeptContent::Parquet {
            schema: EncodedSchema::of(&file.schema),
            rows: file.rows,
            fits: file.fits_natural().to_vec(),
        }
    }
}
