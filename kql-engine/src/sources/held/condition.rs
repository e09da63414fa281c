//! The rows that the conditions of a query choose, tested on the different texts of a chunk.
//!
//! What is chosen can be too much, never too little: the plan tests its conditions again.

use super::chosen::Chosen;
use super::chunk::{Chunk, Loaded};
use super::memo::Memo;
use crate::functions::operators::{keeps_letters, required_texts};
use crate::registry::Udf;
use crate::types::ScalarType;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, RecordBatch, RecordBatchOptions, UInt32Array,
    new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take;
use arrow::datatypes::{ArrowDictionaryKeyType, DataType, Schema, SchemaRef, UInt8Type, UInt16Type};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::physical_plan::PhysicalExpr;
use std::any::Any;
use std::sync::{Arc, OnceLock};

/// The conditions of a scan; a row must fulfil all.
pub(super) struct Conditions<'a> {
    all: Vec<Condition<'a>>,
}

enum Condition<'a> {
    /// About one column.
    Leaf(Leaf<'a>),
    And(Box<[Condition<'a>; 2]>),
    Or(Box<[Condition<'a>; 2]>),
    /// About several columns, or none: the plan tests it.
    Other,
}

struct Leaf<'a> {
    e: &'a Expr,
    place: usize,
    /// A schema with the column alone.
    schema: SchemaRef,
    /// One of these is in every text that passes, whatever its case.
    required: Option<Vec<String>>,
    /// `None` if it cannot be tested alone.
    predicate: OnceLock<Option<Arc<dyn PhysicalExpr>>>,
}

impl<'a> Conditions<'a> {
    pub(super) fn new(filters: &'a [Expr], table: &SchemaRef, places: &[Option<usize>]) -> Conditions<'a> {
        let mut all: Vec<_> = filters.iter().map(|filter| Condition::of(filter, table, places)).collect();
        // those that look for texts leave few rows for the others to test
        all.sort_by_key(|condition| !condition.looks_for_texts());
        Conditions { all }
    }

    /// The rows of a chunk that fulfil them, and perhaps more.
    pub(super) fn choose(&self, at: usize, chunk: &Chunk, memo: &Memo, state: &dyn Session) -> Result<Chosen> {
        if self.all.iter().any(|condition| condition.is_never(chunk)) {
            return Ok(Chosen::None);
        }
        let mut chosen = Chosen::All;
        for condition in &self.all {
            let passes = condition.choose(at, chunk, memo, state, &chosen)?;
            chosen = chosen.and(passes);
            if matches!(chosen, Chosen::None) {
                break;
            }
        }
        Ok(chosen)
    }
}

impl<'a> Condition<'a> {
    fn of(e: &'a Expr, table: &SchemaRef, places: &[Option<usize>]) -> Condition<'a> {
        if let Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) = e {
            let both = Box::new([Condition::of(left, table, places), Condition::of(right, table, places)]);
            return if *op == Operator::And { Condition::And(both) } else { Condition::Or(both) };
        }
        let leaf = || {
            let used = e.column_refs();
            let (Some(column), 1, false) = (used.iter().next(), used.len(), e.is_volatile()) else { return None };
            let index = table.index_of(&column.name).ok()?;
            let place = places.get(index).copied().flatten()?;
            let schema = Arc::new(Schema::new(vec![table.field(index).clone()]));
            Some(Leaf { e, place, schema, required: required(e), predicate: OnceLock::new() })
        };
        leaf().map_or(Condition::Other, Condition::Leaf)
    }

    /// Whether what it looks for is known to be nowhere.
    fn is_never(&self, chunk: &Chunk) -> bool {
        match self {
            Condition::Other => false,
            Condition::Leaf(leaf) => leaf.candidates(chunk).is_some_and(|values| values.is_empty()),
            Condition::And(both) => both.iter().any(|condition| condition.is_never(chunk)),
            Condition::Or(both) => both.iter().all(|condition| condition.is_never(chunk)),
        }
    }

    /// Whether only some texts can pass, which are found without a test of each.
    fn looks_for_texts(&self) -> bool {
        match self {
            Condition::Other => false,
            Condition::Leaf(leaf) => leaf.required.is_some(),
            Condition::And(both) => both.iter().any(Condition::looks_for_texts),
            Condition::Or(both) => both.iter().all(Condition::looks_for_texts),
        }
    }

    /// The rows for which it is true, among those of `within`; of other rows nothing is known.
    fn choose(&self, at: usize, chunk: &Chunk, memo: &Memo, state: &dyn Session, within: &Chosen) -> Result<Chosen> {
        Ok(match self {
            Condition::Other => Chosen::All,
            Condition::Leaf(leaf) => leaf.choose(at, chunk, memo, state, within)?,
            Condition::And(both) => {
                let [left, right] = both.as_ref();
                let passes = left.choose(at, chunk, memo, state, within)?;
                match within.clone().and(passes) {
                    Chosen::None => Chosen::None,
                    chosen => {
                        let passes = right.choose(at, chunk, memo, state, &chosen)?;
                        chosen.and(passes)
                    }
                }
            }
            Condition::Or(both) => {
                let [left, right] = both.as_ref();
                match left.choose(at, chunk, memo, state, within)? {
                    Chosen::All => Chosen::All,
                    chosen => chosen.or(right.choose(at, chunk, memo, state, within)?),
                }
            }
        })
    }
}

impl Leaf<'_> {
    fn choose(&self, at: usize, chunk: &Chunk, memo: &Memo, state: &dyn Session, within: &Chosen) -> Result<Chosen> {
        if let Some(chosen) = self.by_range(chunk) {
            return Ok(chosen);
        }
        if let Some(chosen) = memo.get(self.e, at) {
            return Ok(chosen);
        }
        let candidates = self.candidates(chunk);
        if candidates.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Chosen::None);
        }
        let Some(predicate) = self.predicate.get_or_init(|| self.compile(state).ok()) else { return Ok(Chosen::All) };
        crate::budget::check()?;
        let column = chunk.column(self.place)?;
        let few = of_few_rows(&column, within, candidates.as_deref());
        let is_complete = few.is_none();
        // a value that only rows have which other conditions leave out can be too much for a function
        let chosen = tested(predicate, &self.schema, &column, few.or(candidates)).unwrap_or(Chosen::All);
        if is_complete {
            memo.put(self.e, at, &chosen);
        }
        Ok(chosen)
    }

    /// All rows or none, if the least and the greatest value show that.
    fn by_range(&self, chunk: &Chunk) -> Option<Chosen> {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = self.e else { return None };
        let (Expr::Column(_), Expr::Literal(ScalarValue::Int64(Some(bound)), _)) = (left.as_ref(), right.as_ref())
        else {
            return None;
        };
        let (least, greatest) = chunk.range(self.place)?;
        let (all, none) = match op {
            Operator::Lt => (greatest < *bound, least >= *bound),
            Operator::LtEq => (greatest <= *bound, least > *bound),
            Operator::Gt => (least > *bound, greatest <= *bound),
            Operator::GtEq => (least >= *bound, greatest < *bound),
            Operator::Eq => (least == *bound && greatest == *bound, *bound < least || *bound > greatest),
            _ => return None,
        };
        match (all, none) {
            (true, _) => Some(Chosen::All),
            (_, true) => Some(Chosen::None),
            _ => None,
        }
    }

    /// The values of a chunk that can pass, among its different ones; `None` if they are not known.
    fn candidates(&self, chunk: &Chunk) -> Option<Vec<u32>> {
        chunk.texts(self.place)?.values(self.required.as_ref()?)
    }

    fn compile(&self, state: &dyn Session) -> Result<Arc<dyn PhysicalExpr>> {
        let bare = self.e.clone().transform(|e| match e {
            Expr::Column(mut column) => {
                column.relation = None;
                Ok(Transformed::yes(Expr::Column(column)))
            }
            e => Ok(Transformed::no(e)),
        })?;
        state.create_physical_expr(bare.data, &DFSchema::try_from(self.schema.clone())?)
    }
}

/// Whether it is a column, or its text in lower or upper case.
fn is_column(e: &Expr) -> bool {
    match e {
        Expr::Column(_) => true,
        Expr::ScalarFunction(call) => {
            let udf: &dyn Any = call.func.inner().as_ref();
            udf.downcast_ref::<Udf>().is_some_and(|udf| {
                keeps_letters(udf.function()) && udf.info().types.first() == Some(&ScalarType::String)
            }) && matches!(call.args.as_slice(), [Expr::Column(_)])
        }
        _ => false,
    }
}

/// The texts of which one is in every text that passes a condition, whatever its case.
fn required(e: &Expr) -> Option<Vec<String>> {
    let text = |e: &Expr| match e {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    match e {
        Expr::ScalarFunction(call) => {
            let udf: &dyn Any = call.func.inner().as_ref();
            let udf = udf.downcast_ref::<Udf>()?;
            let is_whole = call.args.first().is_some_and(is_column)
                // the constants of a long list are not kept
                && call.args.iter().skip(1).all(|arg| text(arg).is_some());
            if is_whole { required_texts(udf.function(), udf.info()) } else { None }
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq | Operator::IsNotDistinctFrom, right }) => {
            match (left.as_ref(), right.as_ref()) {
                (column, other) | (other, column) if is_column(column) => Some(vec![text(other)?]),
                _ => None,
            }
        }
        Expr::InList(list) if !list.negated && is_column(&list.expr) => list.list.iter().map(text).collect(),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => required(left).or_else(|| required(right)),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let mut both = required(left)?;
            both.extend(required(right)?);
            Some(both)
        }
        _ => None,
    }
}

/// The rows for which the predicate is true; only the candidates among the different values can be.
fn tested(
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &SchemaRef,
    column: &Loaded,
    candidates: Option<Vec<u32>>,
) -> Result<Chosen> {
    let values = match column {
        Loaded::Constant(one) => {
            let passes = values_that_pass(predicate, schema, one)?;
            return Ok(if passes.value(0) { Chosen::All } else { Chosen::None });
        }
        Loaded::Values(values) => values,
    };
    match values.data_type() {
        DataType::Dictionary(key, ty) => {
            let Some(texts) = values.as_any_dictionary_opt() else { return Ok(Chosen::All) };
            let passes = among(predicate, schema, texts.values(), candidates)?;
            let null_passes =
                values.null_count() > 0 && values_that_pass(predicate, schema, &new_null_array(ty, 1))?.value(0);
            let count = passes.count_set_bits();
            if count == 0 && !null_passes {
                return Ok(Chosen::None);
            }
            if count == passes.len() && (values.null_count() == 0 || null_passes) {
                return Ok(Chosen::All);
            }
            let bits = match key.as_ref() {
                DataType::UInt8 => rows_with::<UInt8Type>(values, &passes, null_passes),
                _ => rows_with::<UInt16Type>(values, &passes, null_passes),
            };
            Ok(bits.map_or(Chosen::All, Chosen::of))
        }
        _ => Ok(Chosen::of(among(predicate, schema, values, candidates)?)),
    }
}

/// How many times fewer the values of some rows must be for a test of these alone, which other queries cannot use.
const FEWER: usize = 4;

/// Those of the candidates that the rows of `within` have, if they are few; without candidates, all values are.
fn of_few_rows(column: &Loaded, within: &Chosen, candidates: Option<&[u32]>) -> Option<Vec<u32>> {
    let (Chosen::Some(bits), Loaded::Values(values)) = (within, column) else { return None };
    let different = values.as_any_dictionary_opt().map_or(values.len(), |texts| texts.values().len());
    if bits.count_set_bits() > candidates.map_or(different, <[u32]>::len) / FEWER {
        return None;
    }
    let mut of_rows = match values.data_type() {
        DataType::Dictionary(key, _) if **key == DataType::UInt8 => numbers_of::<UInt8Type>(values, bits)?,
        DataType::Dictionary(..) => numbers_of::<UInt16Type>(values, bits)?,
        _ => bits.set_indices_u32().collect(),
    };
    of_rows.sort_unstable();
    of_rows.dedup();
    if let Some(candidates) = candidates {
        of_rows.retain(|number| candidates.binary_search(number).is_ok());
    }
    Some(of_rows)
}

/// The number of the text of each of these rows, without nulls.
fn numbers_of<K: ArrowDictionaryKeyType>(values: &ArrayRef, rows: &BooleanBuffer) -> Option<Vec<u32>>
where
    u32: TryFrom<K::Native>,
{
    let keys = values.as_dictionary_opt::<K>()?.keys();
    let of_row = |row| keys.is_valid(row).then(|| u32::try_from(keys.value(row)).ok()).flatten();
    Some(rows.set_indices().filter_map(of_row).collect())
}

/// The rows that may have one of the texts in a column; `None` if it cannot be read.
pub(super) fn rows_with_texts(chunk: &Chunk, place: usize, texts: &[String]) -> Option<Chosen> {
    let Some(numbers) = chunk.texts(place).and_then(|index| index.values(texts)) else { return Some(Chosen::All) };
    if numbers.is_empty() {
        return Some(Chosen::None);
    }
    let Loaded::Values(values) = chunk.column(place).ok()? else { return Some(Chosen::All) };
    let different = values.as_any_dictionary_opt().map_or(values.len(), |texts| texts.values().len());
    let mut passes = BooleanBufferBuilder::new(different);
    passes.append_n(different, false);
    numbers.iter().for_each(|number| passes.set_bit(*number as usize, true));
    let passes = passes.finish();
    let bits = match values.data_type() {
        DataType::Dictionary(key, _) if **key == DataType::UInt8 => rows_with::<UInt8Type>(&values, &passes, false)?,
        DataType::Dictionary(..) => rows_with::<UInt16Type>(&values, &passes, false)?,
        _ => passes,
    };
    Some(Chosen::of(bits))
}

/// For each value, whether the predicate is true; it is tested only for the candidates.
fn among(
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &SchemaRef,
    values: &ArrayRef,
    candidates: Option<Vec<u32>>,
) -> Result<BooleanBuffer> {
    let Some(candidates) = candidates else { return values_that_pass(predicate, schema, values) };
    let candidates = UInt32Array::from(candidates);
    let passes = values_that_pass(predicate, schema, &take(values, &candidates, None)?)?;
    let mut all = BooleanBufferBuilder::new(values.len());
    all.append_n(values.len(), false);
    for (candidate, passes) in candidates.values().iter().zip(&passes) {
        if passes {
            all.set_bit(*candidate as usize, true);
        }
    }
    Ok(all.finish())
}

/// The rows whose text is one of those that pass.
fn rows_with<K: ArrowDictionaryKeyType>(
    values: &ArrayRef,
    passes: &BooleanBuffer,
    null_passes: bool,
) -> Option<BooleanBuffer>
where
    usize: TryFrom<K::Native>,
{
    let keys = values.as_dictionary_opt::<K>()?.keys();
    let passing: Vec<bool> = passes.iter().collect();
    let numbers = keys.values();
    let is_in = |row: usize| {
        let number = numbers.get(row).and_then(|key| usize::try_from(*key).ok());
        number.and_then(|number| passing.get(number)).copied().unwrap_or(false)
    };
    Some(match keys.nulls() {
        None => BooleanBuffer::collect_bool(keys.len(), is_in),
        Some(nulls) => {
            BooleanBuffer::collect_bool(keys.len(), |row| if nulls.is_null(row) { null_passes } else { is_in(row) })
        }
    })
}

/// For each value, whether the predicate is true.
fn values_that_pass(predicate: &Arc<dyn PhysicalExpr>, schema: &SchemaRef, values: &ArrayRef) -> Result<BooleanBuffer> {
    let options = RecordBatchOptions::new().with_row_count(Some(values.len()));
    let batch = RecordBatch::try_new_with_options(nullable(schema), vec![values.clone()], &options)?;
    let passes = predicate.evaluate(&batch)?.into_array(values.len())?;
    let Some(passes) = passes.as_boolean_opt() else {
        return Ok(BooleanBuffer::new_set(values.len()));
    };
    Ok(true_values(passes))
}

fn nullable(schema: &SchemaRef) -> SchemaRef {
    let fields: Vec<_> = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    Arc::new(Schema::new(fields))
}

fn true_values(passes: &BooleanArray) -> BooleanBuffer {
    match passes.nulls() {
        None => passes.values().clone(),
        Some(nulls) => passes.values() & nulls.inner(),
    }
}
