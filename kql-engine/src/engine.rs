//! The engine: tables, functions and settings, and queries over them.

use crate::answer::{Answer, Checked};
use crate::bind;
use crate::builder::EngineBuilder;
use crate::deep_stack::{on_deep_stack, spawn_deep, spawn_stoppable};
use crate::engine_core::EngineCore;
use crate::error::{Error, SourceError};
use crate::prepared::{Prepared, ROOM};
use crate::progress::Progress;
use crate::run::Run;
use crate::types::TableSchema;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Tables, functions and settings, and queries over them.
///
/// An engine is a handle: a clone shares tables, limits and progress with the one it is a clone of. It may be used from several
/// threads at once, and be used and dropped inside async code. The functions without `_async` block until they are done; those
/// with it may be awaited in any executor, and dropping the future stops the query.
///
/// Files are looked into when a query first names their table, and read while it runs. The engine opens no connection.
#[derive(Clone)]
pub struct Engine {
    pub(crate) core: Arc<EngineCore>,
}

impl Engine {
    /// Settings for an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Parses and binds a query. No row is read but for the samples that tell which columns a file has.
    ///
    /// All that is wrong is in [`Checked::diagnostics`]. Blocks while files are looked into.
    pub fn check(&self, text: &str) -> Checked {
        on_deep_stack(|| self.core.check(text))
    }

    /// [`Engine::check`] for async code.
    ///
    /// # Errors
    /// [`Error::Internal`] where the engine has a defect.
    pub async fn check_async(&self, text: &str) -> Result<Checked, Error> {
        let (core, text) = (self.core.clone(), text.to_owned());
        spawn_deep(move || core.check(&text)).await
    }

    /// Parses and binds a query for running it several times. Where the columns of a part depend on its rows, as behind
    /// `bag_unpack`, that part runs now. Blocks.
    ///
    /// # Errors
    /// [`Error::Query`] with all that is wrong with the query, [`Error::Data`] where a file cannot be read, [`Error::Run`] where
    /// a part that runs now fails, [`Error::Internal`] where the engine has a defect.
    pub fn prepare(&self, text: &str) -> Result<Prepared, Error> {
        on_deep_stack(|| Prepared::prepare(&self.core, text, &CancellationToken::new()))
    }

    /// [`Engine::prepare`] for async code; `cancel` stops it with [`Error::Interrupted`].
    ///
    /// # Errors
    /// Those of [`Engine::prepare`], and [`Error::Interrupted`].
    pub async fn prepare_async(&self, text: &str, cancel: &CancellationToken) -> Result<Prepared, Error> {
        let (core, text) = (self.core.clone(), text.to_owned());
        spawn_stoppable(cancel, move |cancel| Prepared::prepare(&core, &text, cancel)).await
    }

    /// Runs a query and collects its results. Large text files are read once: which columns they have is taken from samples,
    /// and where the rest of a file says otherwise, the query runs again. Blocks.
    ///
    /// # Errors
    /// Those of [`Engine::prepare`]; [`Error::Run`] where the run fails or needs more memory than it may have, and
    /// [`Error::Function`] where a plugin or a graph operator fails; [`Error::Interrupted`] after [`Progress::stop`].
    pub fn query(&self, text: &str) -> Result<Answer, Error> {
        on_deep_stack(|| query(&self.core, text, &CancellationToken::new()))
    }

    /// [`Engine::query`] for async code; `cancel` stops this query and no other.
    ///
    /// # Errors
    /// Those of [`Engine::query`].
    pub async fn query_async(&self, text: &str, cancel: &CancellationToken) -> Result<Answer, Error> {
        let (core, text) = (self.core.clone(), text.to_owned());
        spawn_stoppable(cancel, move |cancel| query(&core, &text, cancel)).await
    }

    /// Starts a query whose results are read as streams, in memory that does not grow with their rows. Like
    /// [`Engine::query`], it reads large text files once and takes their columns from samples: [`Run::settle`] says in the end
    /// whether they were right. `cancel` stops this run and no other. Blocks while subqueries run.
    ///
    /// # Errors
    /// Those of [`Engine::prepare`]; those of the subqueries; those of the results come in the streams.
    pub fn start(&self, text: &str, cancel: &CancellationToken) -> Result<Run, Error> {
        on_deep_stack(|| Run::start(&self.core, text, cancel, ROOM))
    }

    /// [`Engine::start`] for async code.
    ///
    /// # Errors
    /// Those of [`Engine::start`].
    pub async fn start_async(&self, text: &str, cancel: &CancellationToken) -> Result<Run, Error> {
        let (core, text) = (self.core.clone(), text.to_owned());
        spawn_stoppable(cancel, move |cancel| Run::start(&core, &text, cancel, ROOM)).await
    }

    /// Names of the tables that have data.
    pub fn data_tables(&self) -> Vec<String> {
        self.core.database.data_tables()
    }

    /// What has been read so far, and the way to stop everything that runs.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.core.progress
    }

    /// Names of all tables that a query can name: those with data, and those whose columns are known.
    pub fn table_names(&self) -> Vec<String> {
        let mut names = bind::Environment::table_names(&self.core.database.snapshot(true).at(0));
        names.sort();
        names.dedup();
        names
    }

    /// The files that tables are read from.
    pub fn data_files(&self) -> Vec<PathBuf> {
        self.core.database.data_files()
    }

    /// The columns of a table, with data or known; `None` where there is no such table. The error says why it cannot be read.
    pub fn table_schema(&self, name: &str) -> Option<Result<TableSchema, SourceError>> {
        bind::Environment::table(&self.core.database.snapshot(true).at(0), name)
    }
}

fn query(core: &Arc<EngineCore>, text: &str, cancel: &CancellationToken) -> Result<Answer, Error> {
    Run::start(core, text, cancel, usize::MAX)?.collect()
}
