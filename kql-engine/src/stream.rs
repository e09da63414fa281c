//! A result as a stream of batches.

use crate::answer::Table;
use crate::engine_core::EngineCore;
use crate::error::{Error, panic_message, run_error};
use crate::exec::{self, Naming};
use crate::plan::Render;
use crate::types::TableSchema;
use arrow::array::RecordBatch;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::AbortHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A result whose rows arrive as they are computed. Requesting the first batch starts the run; dropping the stream ends it.
///
/// Any executor can poll it: the work is done by the engine's own threads.
pub struct TableStream {
    /// `PrimaryResult`, then `PrimaryResult_1` and so on.
    pub name: String,
    /// Columns with their KQL types.
    pub schema: TableSchema,
    /// What `render` asks for.
    pub render: Option<Render>,
    state: State,
    /// Stops what the functions of the run still do, when the last of its streams is dropped.
    _dropped: Option<Arc<DropGuard>>,
}

/// Batches between the run and the reader of the stream; each partition buffers more.
const QUEUE: usize = 2;

enum State {
    Collected(VecDeque<RecordBatch>),
    Waiting(Box<Production>),
    Running { receiver: Receiver<Result<RecordBatch, Error>>, _task: Task },
    Done,
}

/// The work behind a stream. It ends with the stream.
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A plan, and its context.
pub(crate) type Executable = (Arc<dyn ExecutionPlan>, Arc<TaskContext>);

/// The source of the batches.
pub(crate) struct Production {
    pub core: Arc<EngineCore>,
    pub plan: Arc<dyn ExecutionPlan>,
    pub context: Arc<TaskContext>,
    /// The same result with less memory, if no row was returned yet.
    pub again: Box<dyn FnOnce() -> BoxFuture<'static, Result<Executable, Error>> + Send + Sync>,
    pub naming: Naming,
    pub cancel: CancellationToken,
    /// Bytes of batches that each partition can buffer.
    pub room: usize,
    /// Adds the query to the report of a defect.
    pub blame: Box<dyn Fn(Error) -> Error + Send + Sync>,
}

/// A collected result as a stream.
impl From<Table> for TableStream {
    fn from(table: Table) -> TableStream {
        let Table { name, schema, batches, render } = table;
        TableStream { name, schema, render, state: State::Collected(batches.into()), _dropped: None }
    }
}

impl TableStream {
    pub(crate) fn new(
        name: String,
        schema: TableSchema,
        render: Option<Render>,
        production: Production,
        dropped: Arc<DropGuard>,
    ) -> TableStream {
        TableStream { name, schema, render, state: State::Waiting(Box::new(production)), _dropped: Some(dropped) }
    }

    /// The plan that returns the rows, if it has not begun to run.
    pub fn plan(&self) -> Option<&Arc<dyn ExecutionPlan>> {
        match &self.state {
            State::Waiting(production) => Some(&production.plan),
            _ => None,
        }
    }

    /// The batches one after the other, for code that is not async. Each step blocks.
    pub fn batches(mut self) -> impl Iterator<Item = Result<RecordBatch, Error>> {
        std::iter::from_fn(move || futures::executor::block_on(self.next()))
    }
}

impl Production {
    async fn run(self, sender: Sender<Result<RecordBatch, Error>>) {
        let Production { core, plan, context, again, naming, cancel, room, blame } = self;
        let sent = AtomicBool::new(false);
        let work = async |plan, context| {
            let work = async {
                let mut batches = exec::stream(plan, context, &core.progress, room);
                while let Some(batch) = batches.next().await {
                    let batch = batch.and_then(|batch| naming.apply(&batch)).map_err(run_error)?;
                    sent.store(true, Ordering::Relaxed);
                    if sender.send(Ok(batch)).await.is_err() {
                        break;
                    }
                }
                Ok(())
            };
            let done = AssertUnwindSafe(core.unless_stopped(&cancel, work)).catch_unwind().await;
            done.unwrap_or_else(|panic| Err(Error::broken_off(panic_message(panic.as_ref()))))
        };
        let mut done = work(plan, context).await;
        if matches!(done, Err(Error::Memory { .. })) && !sent.load(Ordering::Relaxed) {
            done = match again().await {
                Ok((plan, context)) => work(plan, context).await,
                Err(error) => Err(error),
            };
        }
        if let Err(error) = done {
            // the receiver may have been dropped
            let _ = sender.send(Err(blame(error))).await;
        }
    }
}

impl Stream for TableStream {
    type Item = Result<RecordBatch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let State::Waiting(_) = &self.state
            && let State::Waiting(production) = std::mem::replace(&mut self.state, State::Done)
        {
            let runtime = match production.core.runtime() {
                Ok(runtime) => runtime.handle().clone(),
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            let (sender, receiver) = channel(QUEUE);
            let task = runtime.spawn(production.run(sender));
            self.state = State::Running { receiver, _task: Task(task.abort_handle()) };
        }
        let receiver = match &mut self.state {
            State::Running { receiver, .. } => receiver,
            State::Collected(batches) => return Poll::Ready(batches.pop_front().map(Ok)),
            State::Waiting(_) | State::Done => return Poll::Ready(None),
        };
        let batch = std::task::ready!(receiver.poll_recv(context));
        if !matches!(batch, Some(Ok(_))) {
            self.state = State::Done;
        }
        Poll::Ready(batch)
    }
}
