//! The engine: tables, functions and settings, and queries over them.

use crate::answer::{Answer, Checked};
use crate::bind;
use crate::budget;
use crate::builder::EngineBuilder;
use crate::database::Inspection;
use crate::deep_stack::{on_deep_stack, spawn_deep, spawn_stoppable};
use crate::engine_core::EngineCore;
use crate::error::{Error, SourceError};
use crate::exec::{Limits, ROOM};
use crate::meaning::Meaning;
use crate::prepared::Prepared;
use crate::progress::Progress;
use crate::run::Run;
use crate::sample::{self, Sample, Unsupported};
use crate::sources::Profile;
use crate::trace::{Trace, TraceOptions};
use crate::traced::{self, Traced};
use crate::types::TableSchema;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Tables, functions and settings, and queries over them.
///
/// An engine is a handle: a clone shares tables, limits and progress with the original. It can be used from several
/// threads at once, and be used and dropped inside async code. The functions without `_async` block until they are done;
/// those with it can be awaited in any executor, and dropping the future stops the query.
///
/// Files are inspected when a query first names their table, and read while it runs. The engine opens network connections
/// only to the object stores and web servers whose URLs its builder was given as data ([`EngineBuilder::data`]): without
/// such a URL there are none, and the text of a query never adds one.
#[derive(Clone)]
pub struct Engine {
    pub(crate) core: Arc<EngineCore>,
}

impl Engine {
    /// Settings for an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// The settings of this engine for another one with more or other tables, functions and parameters, or another time.
    /// Both share threads, memory, limits, and the files opened so far, so that it is made at once.
    pub fn derive(&self) -> EngineBuilder {
        EngineBuilder::of(&self.core)
    }

    /// Parses and binds a query. No rows are read, except for the samples that show the columns of a file.
    ///
    /// All errors are in [`Checked::diagnostics`]. Blocks while files are inspected.
    pub fn check(&self, text: &str) -> Checked {
        on_deep_stack(|| check(&self.core, text))
    }

    /// [`Engine::check`] for async code.
    ///
    /// # Errors
    /// [`Error::Internal`] if the engine has a defect.
    pub async fn check_async(&self, text: &str) -> Result<Checked, Error> {
        let (core, text) = (self.core.clone(), text.to_owned());
        spawn_deep(move || check(&core, &text)).await
    }

    /// Parses and binds a query like [`Engine::check`], and returns what its parts stand for: types, constant values, columns.
    /// For tools that judge a query, such as linters. Blocks while files are inspected.
    pub fn meaning(&self, text: &str) -> Meaning {
        on_deep_stack(|| {
            let _entered = budget::enter(self.core.budget(&CancellationToken::new()));
            self.core.meaning(text)
        })
    }

    /// Parses and binds a query for running it several times. If the columns of a part depend on its rows, as after
    /// `bag_unpack`, that part runs now. Blocks.
    ///
    /// # Errors
    /// [`Error::Query`] with all errors in the query, [`Error::Data`] if a file cannot be read, [`Error::Run`] if
    /// a part that runs now fails, [`Error::Internal`] if the engine has a defect.
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

    /// Runs a query and collects its results. Large text files are read once: their columns are inferred from samples,
    /// and if the rest of a file contradicts these, the query runs again. Blocks.
    ///
    /// # Errors
    /// Those of [`Engine::prepare`]; [`Error::Run`] if the run fails or exceeds its memory limit;
    /// [`Error::Interrupted`] after [`Progress::stop`].
    pub fn query(&self, text: &str) -> Result<Answer, Error> {
        on_deep_stack(|| query(&self.core, text, &CancellationToken::new()))
    }

    /// [`Engine::query`] for async code; `cancel` stops only this query.
    ///
    /// # Errors
    /// Those of [`Engine::query`].
    pub async fn query_async(&self, text: &str, cancel: &CancellationToken) -> Result<Answer, Error> {
        let (core, text) = (self.core.clone(), text.to_owned());
        spawn_stoppable(cancel, move |cancel| query(&core, &text, cancel)).await
    }

    /// Starts a query whose results are read as streams, in memory that does not grow with the number of rows. Like
    /// [`Engine::query`], it reads large text files once and infers their columns from samples: [`Run::settle`] shows at
    /// the end whether these were right. `cancel` stops only this run. Blocks while subqueries run.
    ///
    /// # Errors
    /// Those of [`Engine::prepare`]; those of the subqueries. Errors of the results are returned by the streams.
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

    /// Runs a query, and records how many rows reach each step, how often each condition is true, and how far the
    /// followed rows get. The results are those of [`Engine::query`]; the run takes longer. Blocks.
    ///
    /// # Errors
    /// Those of [`Engine::query`].
    pub fn trace(&self, text: &str, options: &TraceOptions, cancel: &CancellationToken) -> Result<Traced, Error> {
        on_deep_stack(|| traced::trace(&self.core, text, options, cancel))
    }

    /// The steps of a query, which does not run. Blocks.
    ///
    /// # Errors
    /// Those of [`Engine::prepare`].
    pub fn steps(&self, text: &str) -> Result<Trace, Error> {
        on_deep_stack(|| traced::steps(&self.core, text))
    }

    /// Makes rows that the first result of a query should need, from the conditions of the query; another `attempt` takes
    /// other ways where there are several. Whether the query finds them shows when it runs over them. Blocks.
    ///
    /// # Errors
    /// Those of [`Engine::prepare`]; in the inner result, why there are no rows.
    pub fn sample(&self, text: &str, attempt: usize) -> Result<Result<Sample, Unsupported>, Error> {
        on_deep_stack(|| sample::sample(&self.core, text, attempt))
    }

    /// Which built-in table schemas it has.
    pub fn profile(&self) -> Profile {
        self.core.database.profile
    }

    /// Whether `now()` has a fixed value ([`EngineBuilder::now`]).
    pub fn has_fixed_time(&self) -> bool {
        self.core.fixed_time().is_some()
    }

    /// The fixed value of `now()`, in ticks; `None` if it is the time of each query.
    pub fn fixed_time(&self) -> Option<i64> {
        self.core.fixed_time()
    }

    /// Size of batches, number of partitions and memory limit.
    pub fn limits(&self) -> Limits {
        self.core.limits
    }

    /// Whether there is a saved function with this name.
    pub fn has_function(&self, name: &str) -> bool {
        self.core.database.functions.contains_key(name)
    }

    /// Names of the tables that have data.
    pub fn data_tables(&self) -> Vec<String> {
        self.core.database.data_tables()
    }

    /// What has been read so far, and a way to stop everything that runs.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.core.progress
    }

    /// Names of all tables that a query can name: those with data, and those with a known schema.
    pub fn table_names(&self) -> Vec<String> {
        let mut names = bind::Environment::table_names(&self.core.database.snapshot(Inspection::Sampled).at(0));
        names.sort();
        names.dedup();
        names
    }

    /// The files that tables are read from.
    pub fn data_files(&self) -> Vec<PathBuf> {
        self.core.database.data_files()
    }

    /// The columns of a table with data or a known schema; `None` if there is no such table. The error is why it cannot
    /// be read.
    pub fn table_schema(&self, name: &str) -> Option<Result<TableSchema, SourceError>> {
        bind::Environment::table(&self.core.database.snapshot(Inspection::Sampled).at(0), name)
    }
}

fn check(core: &EngineCore, text: &str) -> Checked {
    let _entered = budget::enter(core.budget(&CancellationToken::new()));
    core.check(text)
}

fn query(core: &Arc<EngineCore>, text: &str, cancel: &CancellationToken) -> Result<Answer, Error> {
    Run::start(core, text, cancel, usize::MAX)?.collect()
}
