//! Plans for other processes: nodes and functions as data, and what the processes report back.
//!
//! A plan is cut first ([`distributed`]): what only this process has becomes part of the plan, and what depends on the place
//! of a partition gets an input with the places. DataFusion's own nodes and expressions are encoded by its protocol; the
//! nodes and functions of the engine are listed here. The specs of kql-cluster check that none is missing.

use crate::aggregates;
use crate::budget::{self, Budget};
use crate::dynamic::expand::{ExpandItems, ItemCount};
use crate::encoded::{Encoded, from_bytes, to_bytes};
use crate::error::{Error, run_error};
use crate::extract::{key_values, pattern};
use crate::fixed_schema::{FixedSchemaExec, fix_legs};
use crate::functions;
use crate::lower::{
    Barrier, ExtractUdf, OrderKeyUdf, PlannedExec, RangeStream, RecordingExec, RunningWindowsExec, Udaf,
};
use crate::notes::Notes;
use crate::partition_constants::PlainExec;
use crate::partition_sort::PartitionSortExec;
use crate::placed::{PlacedExec, places};
use crate::plugins::{self, bag_unpack};
use crate::registry::{ScalarFunction, Udf};
use crate::runner::RemoteError;
use crate::scan_exec::{LocalRows, ScanExec};
use crate::slices::SlicesExec;
use crate::sources::{
    FROM_FILE, NumberExec, ParquetGuard, ReceivedScans, ScanReport, SentScans, TextScans, decode_conversion,
    decode_scan, encode_conversion, encode_scan, filter_columns,
};
use crate::top_candidates::TopCandidate;
use crate::yielding::YieldingExec;
use arrow::array::{Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{DataFusionError, Result, exec_err, internal_err};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::TaskContext;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::streaming::StreamingTableExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hasher;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// What the sender of a plan keeps, so that it can receive reports.
#[derive(Debug, Default)]
pub struct Sent {
    scans: SentScans,
    notes: Mutex<Vec<Notes>>,
}

/// What the receiver of a plan collects for its report.
#[derive(Debug, Default)]
pub struct Received {
    scans: ReceivedScans,
    notes: Notes,
}

/// What a process found out about the input of its part of a plan.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Report {
    scans: Vec<ScanReport>,
    notes: Vec<String>,
}

impl Sent {
    /// Adds the report of a process that has run a part of the plan to its end.
    ///
    /// # Errors
    /// The report is damaged.
    pub fn receive(&self, report: &[u8]) -> Result<()> {
        let Report { scans, notes } = from_bytes(report)?;
        scans.into_iter().for_each(|scan| self.scans.receive(scan));
        let own = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        for sentence in &notes {
            // all notes of a plan are those of one run
            own.first().into_iter().for_each(|notes| notes.add(sentence));
        }
        Ok(())
    }
}

impl Received {
    /// The report; `None` if there is nothing to report.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn report(&self) -> Result<Option<Vec<u8>>> {
        let report = Report { scans: self.scans.reports(), notes: self.notes.sentences() };
        let nothing = report.scans.is_empty() && report.notes.is_empty();
        if nothing { Ok(None) } else { to_bytes(&report).map(Some) }
    }
}

/// What the functions of a plan from another process ask whether they should go on, and whether there is memory.
#[derive(Clone, Debug)]
pub struct Allowance {
    budget: Budget,
    cancel: CancellationToken,
}

/// What a thread decodes belongs to an allowance until this is dropped.
#[must_use]
pub struct Entered(#[expect(dead_code, reason = "it ends when it is dropped")] budget::Guard);

impl Allowance {
    /// An allowance that uses this memory.
    pub fn new(environment: &Arc<RuntimeEnv>) -> Allowance {
        let cancel = CancellationToken::new();
        Allowance { budget: Budget::new(&Arc::default(), &cancel, environment), cancel }
    }

    /// What the thread decodes asks this allowance.
    pub fn enter(&self) -> Entered {
        Entered(budget::enter(self.budget.clone().distributed(true)))
    }

    /// Stops the functions.
    pub fn stop(&self) {
        self.cancel.cancel();
    }
}

/// The memory of a process that runs plans of others: at most `memory` bytes, and `spill` bytes of temporary files in a
/// folder.
///
/// # Errors
/// The folder cannot be used.
pub fn environment(memory: Option<usize>, folder: &Path, spill: Option<u64>) -> Result<Arc<RuntimeEnv>> {
    crate::memory::in_folder(memory, folder, spill)
}

/// A number that is the same for engines with the same functions and aggregates.
pub fn fingerprint() -> u64 {
    let names: BTreeSet<String> = functions::all()
        .map(|f| format!("{} {} {:?} {}", f.name, f.signatures.len(), f.eval, f.summary))
        .chain(aggregates::all().map(|f| format!("{} {} {}", f.name, f.signatures.len(), f.summary)))
        .collect();
    let mut hash = twox_hash::XxHash64::with_seed(0);
    names.iter().for_each(|name| hash.write(name.as_bytes()));
    hash.write(env!("CARGO_PKG_VERSION").as_bytes());
    hash.finish()
}

/// An error of a run, for another process.
pub fn remote_error(error: DataFusionError) -> RemoteError {
    match run_error(error) {
        Error::Data(error) => RemoteError::Data(error.to_string()),
        Error::Memory { limit, operator } => RemoteError::Memory { limit, operator },
        Error::Internal(defect) => RemoteError::Internal(defect.to_string()),
        Error::Interrupted => RemoteError::Stopped,
        error => RemoteError::Run(error.to_string()),
    }
}

/// The bytes of local rows that can be part of a plan.
pub const MOST_LOCAL: usize = 64 << 20;

/// Whether a plan records what this process sees, so that it cannot run in another.
pub fn is_traced(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let mut traced = false;
    walk(plan, &mut |node| traced |= node.downcast_ref::<RecordingExec>().is_some());
    traced
}

/// Whether a plan reads files, and so is worth more than one process.
pub fn reads_files(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let mut reads = false;
    let mut look = |node: &Arc<dyn ExecutionPlan>| {
        reads |= node.downcast_ref::<ScanExec>().is_some_and(|scan| scan.source::<TextScans>().is_some());
        if let Some(source) = node.downcast_ref::<DataSourceExec>() {
            let source: &dyn Any = source.data_source().as_ref();
            reads |= source.is::<FileScanConfig>();
        }
    };
    walk(plan, &mut look);
    reads
}

/// Calls `f` with all nodes, also with those of parts that were planned before.
fn walk(plan: &Arc<dyn ExecutionPlan>, f: &mut impl FnMut(&Arc<dyn ExecutionPlan>)) {
    f(plan);
    if let Some(planned) = plan.downcast_ref::<PlannedExec>() {
        walk(planned.plan(), f);
    }
    plan.children().into_iter().for_each(|child| walk(child, f));
}

/// The plan in a form that can be cut and sent. Rows that only this process has become part of it.
///
/// # Errors
/// These rows are too many, or reading them failed.
pub async fn distributed(plan: &Arc<dyn ExecutionPlan>, context: &Arc<TaskContext>) -> Result<Arc<dyn ExecutionPlan>> {
    let plan = opened(plan.clone())?;
    let mut local = Vec::new();
    let mut bytes = 0;
    walk(&plan, &mut |node| {
        if let Some(scan) = node.downcast_ref::<ScanExec>()
            && let Some(LocalRows(name)) = scan.source()
        {
            local.push((node.clone(), name.clone()));
        }
        // tasks that have none of its partitions get another leaf, with metrics, for which they are refused
        if node.downcast_ref::<EmptyExec>().is_some() || node.downcast_ref::<PlaceholderRowExec>().is_some() {
            local.push((node.clone(), node.name().to_owned()));
        }
        bytes += memory_of(node);
    });
    if bytes > MOST_LOCAL {
        return too_much("the tables in memory", bytes);
    }
    let mut collected = HashMap::new();
    for (scan, name) in local {
        let mut partitions = Vec::new();
        for partition in 0..scan.output_partitioning().partition_count() {
            let mut rows = Vec::new();
            let mut batches = scan.execute(partition, context.clone())?;
            while let Some(batch) = batches.try_next().await? {
                bytes += size_of_batch(&batch);
                if bytes > MOST_LOCAL {
                    return too_much(&format!("the table {name}"), bytes);
                }
                rows.push(batch);
            }
            partitions.push(rows);
        }
        let rows = MemorySourceConfig::try_new(&partitions, scan.schema(), None)?;
        collected.insert(address(&scan), DataSourceExec::from_data_source(rows) as _);
    }
    let plan = plan.transform_up(|node| placed(node, &collected)).data()?;
    let plan = plan.transform_up(by_partitions).data()?;
    plan.transform_up(fix_legs).data()
}

/// A node that does the same with each partition, also if a task has none of them.
fn by_partitions(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    if let Some(sort) = node.downcast_ref::<SortExec>() {
        return Ok(Transformed::yes(Arc::new(PartitionSortExec::of(sort))));
    }
    // its input has one partition
    match node.downcast_ref::<GlobalLimitExec>() {
        Some(limit) if limit.skip() == 0 => {
            let fetch = limit.fetch().unwrap_or(usize::MAX);
            Ok(Transformed::yes(Arc::new(LocalLimitExec::new(limit.input().clone(), fetch))))
        }
        _ => Ok(Transformed::no(node)),
    }
}

fn too_much<T>(what: &str, bytes: usize) -> Result<T> {
    exec_err!(
        "The rows of {what} are only in this process, and have more than {} MB: {} MB of rows can be sent to a cluster. \
         Write them to a file that all hosts can read.",
        bytes >> 20,
        MOST_LOCAL >> 20
    )
}

/// The plan without parts that hide their nodes.
fn opened(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| match node.downcast_ref::<PlannedExec>() {
        Some(planned) => Ok(Transformed::yes(opened(planned.plan().clone())?)),
        None => Ok(Transformed::no(node)),
    })
    .data()
}

/// A node that can be cut.
fn placed(
    node: Arc<dyn ExecutionPlan>,
    collected: &HashMap<usize, Arc<dyn ExecutionPlan>>,
) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    if let Some(rows) = collected.get(&address(&node)) {
        return Ok(Transformed::yes(rows.clone()));
    }
    let count = || places(node.output_partitioning().partition_count());
    if node.downcast_ref::<ScanExec>().is_some() {
        let places = count()?;
        return Ok(Transformed::yes(Arc::new(PlacedExec::new(node, places))));
    }
    if node.downcast_ref::<NumberExec>().is_some() {
        let places = count()?;
        return match node.children()[..] {
            [input] => Ok(Transformed::yes(Arc::new(NumberExec::placed(input.clone(), places)))),
            _ => Ok(Transformed::no(node)),
        };
    }
    // rows that other processes send do not arrive in order
    if let Some(repartition) = node.downcast_ref::<RepartitionExec>()
        && repartition.preserve_order()
        && let Some(order) = node.output_ordering().cloned()
    {
        let plain = RepartitionExec::try_new(repartition.input().clone(), repartition.partitioning().clone())?;
        return Ok(Transformed::yes(Arc::new(SortExec::new(order, Arc::new(plain)).with_preserve_partitioning(true))));
    }
    Ok(Transformed::no(node))
}

/// Where a node is, by which it is recognised as long as the plan exists.
fn address(node: &Arc<dyn ExecutionPlan>) -> usize {
    Arc::as_ptr(node).addr()
}

fn memory_of(node: &Arc<dyn ExecutionPlan>) -> usize {
    let Some(source) = node.downcast_ref::<DataSourceExec>() else { return 0 };
    let source: &dyn Any = source.data_source().as_ref();
    let Some(memory) = source.downcast_ref::<MemorySourceConfig>() else { return 0 };
    memory.partitions().iter().flatten().map(size_of_batch).sum()
}

fn size_of_batch(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|c| c.to_data().get_slice_memory_size().unwrap_or(0)).sum()
}

/// A scan of streams as data.
#[derive(Serialize, Deserialize)]
struct StreamsData {
    projection: Option<Vec<usize>>,
    limit: Option<usize>,
    source: Box<RawValue>,
}

/// The nodes of the engine.
mod kinds {
    pub(super) const SLICES: &str = "slices";
    pub(super) const YIELDING: &str = "yielding";
    pub(super) const PLAIN: &str = "plain";
    pub(super) const NUMBER: &str = "number";
    pub(super) const PARQUET: &str = "parquet";
    pub(super) const WINDOWS: &str = "windows";
    pub(super) const SORT: &str = "sort";
    pub(super) const SCHEMA: &str = "schema";
    pub(super) const FILES: &str = "files";
    pub(super) const RANGE: &str = "range";
}

/// A node of the engine without its inputs, and the name of its kind; `None` for a node of others.
pub fn encode_node(node: &Arc<dyn ExecutionPlan>, sent: &Sent) -> Option<Result<(&'static str, Encoded)>> {
    let plain = |kind| Some(Ok((kind, Encoded::default())));
    if node.downcast_ref::<SlicesExec>().is_some() {
        return plain(kinds::SLICES);
    }
    if node.downcast_ref::<YieldingExec>().is_some() {
        return plain(kinds::YIELDING);
    }
    if node.downcast_ref::<PlainExec>().is_some() {
        return plain(kinds::PLAIN);
    }
    if node.downcast_ref::<NumberExec>().is_some() {
        return plain(kinds::NUMBER);
    }
    if let Some(guard) = node.downcast_ref::<ParquetGuard>() {
        return Some(guard.encode().map(|encoded| (kinds::PARQUET, encoded)));
    }
    if let Some(windows) = node.downcast_ref::<RunningWindowsExec>() {
        return Some(windows.encode().map(|encoded| (kinds::WINDOWS, encoded)));
    }
    if let Some(sort) = node.downcast_ref::<PartitionSortExec>() {
        return Some(sort.encode().map(|encoded| (kinds::SORT, encoded)));
    }
    if let Some(leg) = node.downcast_ref::<FixedSchemaExec>() {
        return Some(leg.encode().map(|encoded| (kinds::SCHEMA, encoded)));
    }
    let scan: &ScanExec = node.downcast_ref::<PlacedExec>()?.scan().downcast_ref()?;
    Some(encode_streams(scan, sent))
}

fn encode_streams(scan: &ScanExec, sent: &Sent) -> Result<(&'static str, Encoded)> {
    let (kind, source) = match (scan.source::<TextScans>(), scan.source::<RangeStream>()) {
        (Some(scans), _) => (kinds::FILES, encode_scan(scans, &sent.scans)?),
        (None, Some(range)) => (kinds::RANGE, range.encode()?),
        (None, None) => return internal_err!("a scan cannot be sent"),
    };
    let text = String::from_utf8(source.data).map_err(|e| DataFusionError::External(Box::new(e)))?;
    let streams = scan.streams();
    let data = StreamsData {
        projection: streams.projection().as_ref().map(|projection| projection.to_vec()),
        limit: streams.limit(),
        source: RawValue::from_string(text).map_err(|e| DataFusionError::External(Box::new(e)))?,
    };
    Ok((kind, Encoded::with(&data, source.expressions)?))
}

/// The schemas over which the expressions of an encoded node are, in order; the last one is that of all that follow.
///
/// # Errors
/// The data is damaged.
pub fn schemas_of(kind: &str, data: &Encoded, inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Vec<SchemaRef>> {
    if kind == kinds::FILES {
        let streams: StreamsData = data.data()?;
        let source = Encoded { data: streams.source.get().as_bytes().to_vec(), expressions: Vec::new() };
        return Ok(filter_columns(&source)?.iter().map(crate::types::TableSchema::plain).collect());
    }
    Ok(inputs.iter().map(|input| input.schema()).collect())
}

/// A node from its data.
///
/// # Errors
/// The data is damaged, or the file of a database for IP addresses cannot be read.
pub fn decode_node(
    kind: &str,
    encoded: Encoded,
    inputs: &[Arc<dyn ExecutionPlan>],
    received: &Received,
) -> Result<Arc<dyn ExecutionPlan>> {
    let Some(input) = inputs.first().cloned() else { return internal_err!("the node {kind} has no input") };
    Ok(match kind {
        kinds::SLICES => Arc::new(SlicesExec::new(input)),
        kinds::YIELDING => Arc::new(YieldingExec::new(input)),
        kinds::PLAIN => Arc::new(PlainExec::new(input)),
        kinds::NUMBER => match inputs.get(1) {
            Some(places) => Arc::new(NumberExec::placed(input, places.clone())),
            None => return internal_err!("the numbers of rows have no places"),
        },
        kinds::PARQUET => Arc::new(ParquetGuard::decode(&encoded, input)?),
        kinds::WINDOWS => Arc::new(RunningWindowsExec::decode(&encoded, input)?),
        kinds::SORT => Arc::new(PartitionSortExec::decode(&encoded, input)?),
        kinds::SCHEMA => Arc::new(FixedSchemaExec::decode(&encoded, input)?),
        kinds::FILES | kinds::RANGE => {
            let StreamsData { projection, limit, source } = encoded.data()?;
            let source = Encoded { data: source.get().as_bytes().to_vec(), expressions: encoded.expressions };
            let streams = |schema, partitions| {
                StreamingTableExec::try_new(schema, partitions, projection.as_ref(), None, false, limit)
            };
            let scan = if kind == kinds::FILES {
                let scans = Arc::new(decode_scan(source, &received.scans)?);
                ScanExec::new(streams(scans.schema(), scans.streams())?, scans)
            } else {
                let range = Arc::new(RangeStream::decode(&source)?);
                ScanExec::new(streams(range.schema_of_rows(), vec![range.clone()])?, range)
            };
            Arc::new(PlacedExec::new(Arc::new(scan), input))
        }
        _ => return internal_err!("the node {kind} is not known"),
    })
}

/// The scalar functions that are not in the registry.
mod scalars {
    pub(super) const CALL: &str = "call";
    pub(super) const BARRIER: &str = "barrier";
    pub(super) const ORDER_KEY: &str = "order_key";
    pub(super) const EXTRACT: &str = "extract";
    pub(super) const ITEMS: &str = "items";
    pub(super) const ITEM_COUNT: &str = "item_count";
    pub(super) const TOP_CANDIDATE: &str = "top_candidate";
}

/// A scalar function of the engine, and the name of its kind; `None` for a function of others.
pub fn encode_scalar(udf: &ScalarUDF, sent: &Sent) -> Option<Result<(&'static str, Encoded)>> {
    let inner = udf.inner();
    let named = |kind, encoded: Result<Encoded>| Some(encoded.map(|encoded| (kind, encoded)));
    if let Some(call) = inner.downcast_ref::<Udf>() {
        if function(call.function().name).is_none() {
            return Some(internal_err!("the function {} is in no list", call.function().name));
        }
        return Some(call.encode().map(|(encoded, notes)| {
            let mut known = sent.notes.lock().unwrap_or_else(PoisonError::into_inner);
            if let (Some(notes), true) = (notes, known.is_empty()) {
                known.push(notes.clone());
            }
            (scalars::CALL, encoded)
        }));
    }
    if inner.downcast_ref::<Barrier>().is_some() {
        return named(scalars::BARRIER, Ok(Encoded::default()));
    }
    if let Some(key) = inner.downcast_ref::<OrderKeyUdf>() {
        return named(scalars::ORDER_KEY, key.encode());
    }
    if let Some(extract) = inner.downcast_ref::<ExtractUdf>() {
        return named(scalars::EXTRACT, extract.encode());
    }
    if let Some(items) = inner.downcast_ref::<ExpandItems>() {
        return named(scalars::ITEMS, items.encode());
    }
    if let Some(count) = inner.downcast_ref::<ItemCount>() {
        return named(scalars::ITEM_COUNT, count.encode());
    }
    if inner.downcast_ref::<TopCandidate>().is_some() {
        return named(scalars::TOP_CANDIDATE, Ok(Encoded::default()));
    }
    encode_conversion(udf, &sent.scans).and_then(|encoded| named(FROM_FILE, encoded))
}

/// The function with a name, whether or not queries can call it by this name.
fn function(name: &str) -> Option<&'static ScalarFunction> {
    let internal = || functions::internal().chain(aggregates::internal_scalars()).chain(plugins::internal_scalars());
    let known = functions::scalar(name).or_else(|| functions::scalar_operator(name));
    known.or_else(|| internal().find(|function| function.name == name))
}

/// A scalar function from its data.
///
/// # Errors
/// The data is damaged, or names a function that this engine does not have.
pub fn decode_scalar(kind: &str, encoded: &Encoded, received: &Received) -> Result<ScalarUDF> {
    Ok(match kind {
        scalars::CALL => Udf::decode(encoded, function, &received.notes)?,
        scalars::BARRIER => ScalarUDF::new_from_impl(Barrier::new()),
        scalars::ORDER_KEY => ScalarUDF::new_from_impl(OrderKeyUdf::decode(encoded)?),
        scalars::EXTRACT => ScalarUDF::new_from_impl(ExtractUdf::decode(encoded, |kind, encoded| {
            Ok(match kind {
                pattern::KIND => Arc::new(pattern::decode(encoded)?),
                key_values::KIND => Arc::new(key_values::decode(encoded)?),
                bag_unpack::KIND => bag_unpack::decode(encoded)?,
                _ => return internal_err!("the extraction {kind} is not known"),
            })
        })?),
        scalars::ITEMS => ScalarUDF::new_from_impl(ExpandItems::decode(encoded)?),
        scalars::ITEM_COUNT => ScalarUDF::new_from_impl(ItemCount::decode(encoded)?),
        scalars::TOP_CANDIDATE => ScalarUDF::new_from_impl(TopCandidate::new()),
        FROM_FILE => decode_conversion(encoded, &received.scans)?,
        _ => return internal_err!("the function {kind} is not known"),
    })
}

/// An aggregate of the engine as data; `None` for an aggregate of others.
pub fn encode_aggregate(udaf: &AggregateUDF) -> Option<Result<Encoded>> {
    udaf.inner().downcast_ref::<Udaf>().map(Udaf::encode)
}

/// An aggregate from its data.
///
/// # Errors
/// The data is damaged, or names an aggregate that this engine does not have.
pub fn decode_aggregate(encoded: &Encoded) -> Result<AggregateUDF> {
    Udaf::decode(encoded)
}
