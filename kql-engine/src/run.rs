//! A running query: its results as streams; it runs again if the samples of large files were misleading.

use crate::answer::{Answer, Table};
use crate::database::{CatalogSnapshot, Inspection};
use crate::engine_core::EngineCore;
use crate::error::Error;
use crate::prepared::{Prepared, collected, defects_named};
use crate::stream::TableStream;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A query that was started ([`crate::Engine::start`]).
///
/// The columns of a large text file and their types are inferred from samples, so that the file is read once. A run based
/// on samples [is provisional](Run::is_provisional): when its streams have been read, [`Run::settle`] shows whether the
/// samples were right.
pub struct Run {
    core: Arc<EngineCore>,
    prepared: Prepared,
    streams: Vec<TableStream>,
    /// The tables according to the samples; `None` if nothing was sampled.
    sampled: Option<Arc<CatalogSnapshot>>,
    text: Arc<str>,
    now: i64,
    cancel: CancellationToken,
    room: usize,
}

/// The outcome of a run.
pub enum Settled {
    /// The results are valid. Diagnostics and notices are complete.
    Stands(Prepared),
    /// The samples were wrong. The results are void: read those of this run instead, which is based on whole files.
    Again(Run),
}

impl Run {
    /// Starts a query; each partition buffers at most `room` bytes of rows. Expects a deep stack, and blocks.
    pub(crate) fn start(
        core: &Arc<EngineCore>,
        text: &str,
        cancel: &CancellationToken,
        room: usize,
    ) -> Result<Run, Error> {
        defects_named(text, || {
            let now = core.time();
            let snapshot = Arc::new(core.database.snapshot(Inspection::Sampled));
            match Run::over(core, snapshot.clone(), text, now, cancel, room) {
                Ok(run) => Ok(run),
                // the error may be caused by wrong samples
                Err(error) if matches!(error, Error::Interrupted) || snapshot.settle(|_| true)? => Err(error),
                Err(_) => {
                    Run::over(core, Arc::new(core.database.snapshot(Inspection::Complete)), text, now, cancel, room)
                }
            }
        })
    }

    fn over(
        core: &Arc<EngineCore>,
        snapshot: Arc<CatalogSnapshot>,
        text: &str,
        now: i64,
        cancel: &CancellationToken,
        room: usize,
    ) -> Result<Run, Error> {
        let prepared = Prepared::over(core, snapshot.clone(), text, now, cancel)?;
        let streams = prepared.start(cancel, room)?;
        let sampled = snapshot.is_provisional().then_some(snapshot);
        Ok(Run { core: core.clone(), prepared, streams, sampled, text: text.into(), now, cancel: cancel.clone(), room })
    }

    /// The query: its diagnostics, its plan, its notices.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// The results, in the order of the statements; each is returned once.
    pub fn take_streams(&mut self) -> Vec<TableStream> {
        std::mem::take(&mut self.streams)
    }

    /// Whether the columns of some file were inferred from samples, which [`Run::settle`] checks.
    pub fn is_provisional(&self) -> bool {
        self.sampled.is_some()
    }

    /// Checks what was inferred from samples, after the streams have been read or have failed. Blocks while the parts of
    /// files that the run did not read are inspected.
    ///
    /// # Errors
    /// [`Error::Data`] if a file cannot be read, and those of [`crate::Engine::prepare`] if the query starts again.
    pub fn settle(self) -> Result<Settled, Error> {
        let Run { core, prepared, sampled, text, now, cancel, room, .. } = self;
        let Some(sampled) = sampled else { return Ok(Settled::Stands(prepared)) };
        defects_named(&text, || {
            if sampled.settle(|_| true)? {
                return Ok(Settled::Stands(prepared));
            }
            let whole = Arc::new(core.database.snapshot(Inspection::Complete));
            Run::over(&core, whole, &text, now, &cancel, room).map(Settled::Again)
        })
    }

    /// Reads all results into memory. Expects a deep stack, and blocks.
    pub(crate) fn collect(mut self) -> Result<Answer, Error> {
        let tables = collected(self.take_streams());
        if matches!(tables, Err(Error::Interrupted)) {
            return tables.map(|_: Vec<Table>| Answer::default());
        }
        match self.settle()? {
            Settled::Stands(prepared) => tables.map(|tables| prepared.answer(tables)),
            Settled::Again(run) => run.collect(),
        }
    }
}
