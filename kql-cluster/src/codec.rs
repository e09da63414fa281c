//! Plans as bytes: DataFusion's protocol, with the nodes and functions of the engine and of Ballista.

use crate::task::Task;
use crate::version::{Refused, Version};
use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::TaskContext;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::functions::all_default_functions;
use datafusion::functions_aggregate::all_default_aggregate_functions;
use datafusion::functions_window::all_default_window_functions;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{
    AsExecutionPlan, PhysicalExtensionCodec, PhysicalPlanDecodeContext, PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::{PhysicalExprNode, PhysicalPlanNode};
use kql_engine::Encoded;
use kql_engine::codec::{self, Received, Sent};
use prost::Message;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

/// A node or a function of the engine or of Ballista.
#[derive(Clone, PartialEq, Message)]
struct Frame {
    #[prost(uint64, tag = "1")]
    fingerprint: u64,
    #[prost(string, tag = "2")]
    version: String,
    /// Its kind; empty for Ballista's own nodes.
    #[prost(string, tag = "3")]
    kind: String,
    #[prost(bytes = "vec", tag = "4")]
    data: Vec<u8>,
    #[prost(message, repeated, tag = "5")]
    expressions: Vec<PhysicalExprNode>,
}

impl Frame {
    fn new(kind: &str, data: Vec<u8>, expressions: Vec<PhysicalExprNode>) -> Frame {
        let Version { number, fingerprint } = Version::own();
        Frame { fingerprint, version: number, kind: kind.to_owned(), data, expressions }
    }

    /// A frame of a process with the same functions.
    fn read(bytes: &[u8]) -> Result<Frame> {
        let frame = Frame::decode(bytes).map_err(|e| DataFusionError::Internal(format!("a plan is damaged: {e}")))?;
        let theirs = Version { number: frame.version.clone(), fingerprint: frame.fingerprint };
        theirs.check().map_err(|refused: Refused| DataFusionError::External(Box::new(refused)))?;
        Ok(frame)
    }

    fn write(&self, buffer: &mut Vec<u8>) -> Result<()> {
        self.encode(buffer).map_err(|e| DataFusionError::Internal(format!("a plan cannot be written: {e}")))
    }
}

/// Answers a greeting: a plan that is not run.
pub(crate) type Answer = dyn Fn(&Version) -> String + Send + Sync;

/// The kind of a greeting. Its answer is the error of decoding it, since a scheduler answers nothing else about itself.
pub(crate) const GREETING: &str = "greeting";

/// Encodes and decodes plans.
pub(crate) struct Codec {
    ballista: BallistaPhysicalExtensionCodec,
    sent: Arc<Sent>,
    /// What answers greetings, on a scheduler.
    answer: Option<Arc<Answer>>,
    /// The memory of what is decoded.
    environment: Arc<RuntimeEnv>,
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

impl Codec {
    /// For the sender of a plan, who receives reports.
    pub(crate) fn of_sender(sent: Arc<Sent>) -> Codec {
        let ballista = BallistaPhysicalExtensionCodec::default();
        Codec { ballista, sent, answer: None, environment: Arc::default() }
    }

    /// For a process that runs plans with this memory.
    pub(crate) fn of_executor(environment: Arc<RuntimeEnv>) -> Codec {
        Codec { environment, ..Codec::of_sender(Arc::default()) }
    }

    /// For a process that passes plans on.
    pub(crate) fn of_scheduler(answer: Arc<Answer>) -> Codec {
        Codec { answer: Some(answer), ..Codec::of_sender(Arc::default()) }
    }
}

thread_local! {
    /// The task whose plan the thread decodes. The decoder calls the codec for the inputs of a node before the node, and for
    /// the writer of a stage last.
    static DECODED: RefCell<Option<Arc<Task>>> = const { RefCell::new(None) };
}

impl Codec {
    fn new_task(&self) -> Arc<Task> {
        Task::new(&self.environment)
    }

    /// Calls `decode` with what the plan collects that the thread decodes.
    fn within<T>(&self, decode: impl FnOnce(&Received) -> Result<T>) -> Result<T> {
        // what is passed on collects nothing
        let task = match self.answer {
            Some(_) => self.new_task(),
            None => DECODED.with_borrow_mut(|task| task.get_or_insert_with(|| self.new_task()).clone()),
        };
        let _entered = task.enter();
        decode(&task.received)
    }

    /// The task of a plan that was decoded as a whole.
    fn taken(&self) -> Arc<Task> {
        DECODED.with_borrow_mut(Option::take).unwrap_or_else(|| self.new_task())
    }
}

/// A plan as bytes.
pub(crate) fn encode(plan: &Arc<dyn ExecutionPlan>, codec: &Codec) -> Result<Vec<u8>> {
    let node = PhysicalPlanNode::try_from_physical_plan(plan.clone(), codec)?;
    Ok(node.encode_to_vec())
}

/// A plan from its bytes, and what it collects. For tests, and for plans that run where they are.
pub(crate) fn decode(
    bytes: &[u8],
    codec: &Codec,
    context: &TaskContext,
) -> Result<(Arc<dyn ExecutionPlan>, Arc<Task>)> {
    let _ = codec.taken();
    let node = PhysicalPlanNode::decode(bytes).map_err(|e| DataFusionError::External(Box::new(e)))?;
    let plan = node.try_into_physical_plan(context, codec)?;
    Ok((plan, codec.taken()))
}

/// A plan that is not run, but answered.
pub(crate) fn greeting() -> Vec<u8> {
    use datafusion_proto::protobuf::PhysicalExtensionNode;
    use datafusion_proto::protobuf::physical_plan_node::PhysicalPlanType;
    let node = Frame::new(GREETING, Vec::new(), Vec::new()).encode_to_vec();
    let extension = PhysicalExtensionNode { node, inputs: Vec::new() };
    PhysicalPlanNode { physical_plan_type: Some(PhysicalPlanType::Extension(extension)) }.encode_to_vec()
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if let (Some(answer), Ok(frame)) = (&self.answer, Frame::decode(buf))
            && frame.kind == GREETING
        {
            let theirs = Version { number: frame.version, fingerprint: frame.fingerprint };
            return Err(DataFusionError::Execution(answer(&theirs)));
        }
        let Frame { kind, data, expressions, .. } = Frame::read(buf)?;
        if kind.is_empty() {
            return self.decode_ballista(&data, inputs, ctx, converter);
        }
        let mut encoded = Encoded { data, expressions: Vec::new() };
        let schemas = codec::schemas_of(&kind, &encoded, inputs)?;
        let context = PhysicalPlanDecodeContext::new(ctx, self);
        for (i, expression) in expressions.iter().enumerate() {
            let Some(schema) = schemas.get(i).or(schemas.last()) else { return internal_err!("a schema is missing") };
            encoded.expressions.push(converter.proto_to_physical_expr(expression, schema, &context)?);
        }
        self.within(|received| codec::decode_node(&kind, encoded, inputs, received))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some(encoded) = codec::encode_node(&node, &self.sent) else {
            let mut data = Vec::new();
            self.ballista.try_encode(node.clone(), &mut data, converter).map_err(|error| {
                DataFusionError::Internal(format!("the node {} cannot be sent to a cluster: {error}", node.name()))
            })?;
            return Frame::new("", data, Vec::new()).write(buf);
        };
        let (kind, Encoded { data, expressions }) = encoded?;
        let expressions = expressions.iter().map(|e| converter.physical_expr_to_proto(e, self));
        Frame::new(kind, data, expressions.collect::<Result<_>>()?).write(buf)
    }

    fn try_decode_udf(&self, name: &str, buf: &[u8]) -> Result<Arc<ScalarUDF>> {
        if buf.is_empty() {
            static KNOWN: LazyLock<HashMap<String, Arc<ScalarUDF>>> =
                LazyLock::new(|| named(all_default_functions(), |f| f.name().to_owned()));
            return known(&KNOWN, name);
        }
        let Frame { kind, data, .. } = Frame::read(buf)?;
        self.within(|received| {
            codec::decode_scalar(&kind, &Encoded { data, expressions: Vec::new() }, received).map(Arc::new)
        })
    }

    fn try_encode_udf(&self, node: &ScalarUDF, buf: &mut Vec<u8>) -> Result<()> {
        let Some(encoded) = codec::encode_scalar(node, &self.sent) else { return Ok(()) };
        let (kind, encoded) = encoded?;
        Frame::new(kind, encoded.data, Vec::new()).write(buf)
    }

    fn try_decode_udaf(&self, name: &str, buf: &[u8]) -> Result<Arc<AggregateUDF>> {
        if buf.is_empty() {
            static KNOWN: LazyLock<HashMap<String, Arc<AggregateUDF>>> =
                LazyLock::new(|| named(all_default_aggregate_functions(), |f| f.name().to_owned()));
            return known(&KNOWN, name);
        }
        let Frame { data, .. } = Frame::read(buf)?;
        self.within(|_| codec::decode_aggregate(&Encoded { data, expressions: Vec::new() }).map(Arc::new))
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, buf: &mut Vec<u8>) -> Result<()> {
        let Some(encoded) = codec::encode_aggregate(node) else { return Ok(()) };
        Frame::new("aggregate", encoded?.data, Vec::new()).write(buf)
    }

    fn try_decode_udwf(&self, name: &str, _: &[u8]) -> Result<Arc<WindowUDF>> {
        static KNOWN: LazyLock<HashMap<String, Arc<WindowUDF>>> =
            LazyLock::new(|| named(all_default_window_functions(), |f| f.name().to_owned()));
        known(&KNOWN, name)
    }
}

impl Codec {
    /// A node of Ballista. Above the writer of a stage there is nothing: the plan is complete.
    fn decode_ballista(
        &self,
        data: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let node = self.ballista.try_decode(data, inputs, ctx, converter)?;
        if !crate::task::is_writer(&node) {
            return Ok(node);
        }
        crate::task::of_stage(node, self.taken())
    }
}

fn named<T>(functions: Vec<Arc<T>>, name: impl Fn(&T) -> String) -> HashMap<String, Arc<T>> {
    functions.into_iter().map(|function| (name(&function), function)).collect()
}

fn known<T>(functions: &HashMap<String, Arc<T>>, name: &str) -> Result<Arc<T>> {
    match functions.get(name) {
        Some(function) => Ok(function.clone()),
        None => internal_err!("the function {name} is not known"),
    }
}
