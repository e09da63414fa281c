//! Files, one by one: the format, the product, and for records that are not rows, what is in them.

use super::archive::Member;
use super::compression::Compression;
use super::input::{DataFile, Named};
use super::location::Location;
use super::recognise::{Known, Recognised, recognise};
use super::records::{self, FileSurvey, Naming};
use super::remembered;
use super::sniff;
use crate::error::SourceError;
use crate::stores;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file whose format is not known yet.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Its path in messages.
    pub path: PathBuf,
    /// Where its bytes are, or those of the archive that it is in.
    pub location: Location,
    /// Its position in an archive, if it is in one.
    pub member: Option<Arc<Member>>,
    /// The name of its table, unless its content says otherwise.
    pub stem: String,
    pub naming: Naming,
}

/// A file that was examined.
#[derive(Debug)]
pub(super) struct Examined {
    pub file: DataFile,
    pub recognised: Recognised,
    /// What is in its records, if they are not rows.
    pub survey: Option<FileSurvey>,
}

impl Candidate {
    /// Examines the file; `None` if it is not data.
    ///
    /// # Errors
    /// A file with the name of a data file is not there, or an object cannot be read: if it were skipped, its rows would be
    /// missing.
    pub(super) fn examine(&self, known: &Arc<Known>) -> Result<Option<Examined>, SourceError> {
        if let Some(known) = remembered::examined(self, known) {
            return Ok(Some(known));
        }
        let failure = || self.location.object().and_then(|object| object.failure());
        let file = sniff::data_file(&self.path, self.location.clone(), self.member.clone());
        if let Some(failure) = failure() {
            return Err(failure);
        }
        let Some(file) = file else { return Ok(None) };
        if let (Location::Disk(_), None) = (&self.location, &self.member) {
            if !self.path.exists() {
                return Err(SourceError::Missing(self.path.clone()));
            }
            if !self.path.is_file() {
                return Err(SourceError::NoFile(self.path.clone()));
            }
        }
        // errors in a file are reported when its table is opened
        let recognised = recognise(&file, &self.stem, known).unwrap_or_default();
        let survey = |records| records::survey(&file, records, known, &self.stem, self.naming);
        let survey = recognised.records.map(survey).transpose();
        match failure() {
            Some(failure) => Err(failure),
            None => {
                let examined = Examined { survey: survey?, file, recognised };
                remembered::keep(self, known, &examined);
                Ok(Some(examined))
            }
        }
    }

    /// Why a file that is named explicitly is not read.
    pub(super) fn unknown(&self) -> SourceError {
        let name = file_name(&self.path);
        match Named::split(Compression::split(&name).0) {
            Some((_, Named::Text)) => SourceError::UnknownText(self.path.clone()),
            _ => SourceError::UnknownFormat(self.path.clone()),
        }
    }
}

/// Examines files: those in an object store several at a time, since examining them is waiting for the network.
pub(super) fn examine(files: &[&Candidate], known: &Arc<Known>) -> Vec<Result<Option<Examined>, SourceError>> {
    if files.iter().any(|file| file.location.object().is_some()) {
        return stores::in_parallel(files, |file| file.examine(known));
    }
    let mut all = Vec::with_capacity(files.len());
    for file in files {
        all.push(file.examine(known));
        if all.last().is_some_and(Result::is_err) {
            break;
        }
    }
    all
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The file's name without the extensions of its format and compression.
pub(super) fn stem(path: &Path) -> String {
    let name = file_name(path);
    let (rest, _) = Compression::split(&name);
    let rest = match Named::split(rest) {
        Some((stem, _)) => stem,
        None => rest.rsplit_once('.').map_or(rest, |(stem, _)| stem),
    };
    rest.to_owned()
}
