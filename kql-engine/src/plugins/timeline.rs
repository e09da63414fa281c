//! Shared by the plugins over a timeline: which id was active when, separately for each combination of the dimensions.

use super::error::{ConstantsError, PluginError};
use crate::bind::Binder;
use crate::plan::{Compiler, Expr, PlanColumn, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::row::{RowConverter, SortField};
use kql_parser::codes;
use kql_parser::{Diagnostic, ast};
use std::collections::HashMap;
use std::sync::Arc;

/// The meaning of a constant argument on a timeline.
#[derive(Clone, Copy, PartialEq)]
pub enum Axis {
    /// A position on it.
    Point,
    /// A length along it, greater than 0.
    Length,
    /// A number greater than 0.
    Count,
}

/// The arguments of a plugin that takes an id, a timeline, constants and dimensions.
pub struct Arguments {
    /// The column with the ids.
    pub id: PlanColumn,
    /// The column with the times.
    pub time: PlanColumn,
    /// The constants, as positions or lengths on the timeline.
    pub numbers: Vec<i64>,
    /// The columns by which the rows are grouped.
    pub dimensions: Vec<PlanColumn>,
}

/// Binds a plugin over `(id, timeline, constants.., dimensions..)` that returns the timeline, the dimensions and `added`.
/// `windows` contains the indices of the constants that are the start and the length of the windows.
pub fn bind(
    binder: &mut Binder,
    evaluate: &ast::Evaluate,
    input: Relation,
    axes: &[(&'static str, Axis)],
    added: &[(&'static str, ScalarType)],
    windows: Option<(usize, usize)>,
    function: impl FnOnce(&[i64]) -> Result<Counting, ConstantsError>,
) -> Relation {
    let Some(arguments) = arguments(binder, evaluate, &input, axes) else {
        return binder.empty_relation();
    };
    let counting = match function(&arguments.numbers) {
        Ok(counting) => counting,
        Err(error) => {
            binder.error(codes::UNSUPPORTED_ARGUMENT, evaluate.call_span, error.to_string());
            return binder.empty_relation();
        }
    };
    let Arguments { id, time, dimensions, numbers } = arguments;
    let at = |n: usize| numbers.get(n).copied().unwrap_or(0);
    let note = windows.and_then(|(start, step)| unaligned(&evaluate.call.name.text, at(start), at(step)));
    for column in dimensions.iter().chain([&id]) {
        crate::operators::not_dynamic(binder, &Expr::column(column, evaluate.call_span));
    }
    let mut columns = vec![binder.new_column(time.name.clone(), time.ty)];
    columns.extend(dimensions.iter().map(|d| binder.new_column(d.name.clone(), d.ty)));
    columns.extend(added.iter().map(|(name, ty)| binder.new_column(*name, *ty)));
    let activity = Activity {
        name: evaluate.call.name.text.clone(),
        types: columns.iter().map(|c| c.ty).collect(),
        counting,
        note,
    };
    let read: Vec<Expr> =
        [&time, &id].into_iter().chain(&dimensions).map(|c| Expr::column(c, evaluate.call_span)).collect();
    let rows = rows(binder, &input, read);
    binder.staged(rows, StageKind::Table(Some(Arc::new(activity))), Some(columns))
}

fn arguments(
    binder: &mut Binder,
    evaluate: &ast::Evaluate,
    input: &Relation,
    axes: &[(&'static str, Axis)],
) -> Option<Arguments> {
    let call = &evaluate.call;
    let Some(([id, time], constants, dimensions)) = call.args.split_first_chunk::<2>().and_then(|(first, rest)| {
        let (constants, dimensions) = rest.split_at_checked(axes.len())?;
        Some((first, constants, dimensions))
    }) else {
        too_few(binder, evaluate, axes.len() + 2);
        return None;
    };
    let id = super::column_of(binder, id, input)?;
    let time = time_column(binder, time, input)?;
    let mut numbers = Vec::with_capacity(axes.len());
    for (argument, (name, axis)) in constants.iter().zip(axes) {
        numbers.push(number(binder, argument, name, time.ty, *axis)?);
    }
    let dimensions = dimensions.iter().map(|d| super::column_of(binder, d, input)).collect::<Option<Vec<_>>>()?;
    Some(Arguments { id, time, numbers, dimensions })
}

/// Reports that arguments are missing.
pub fn too_few(binder: &mut Binder, evaluate: &ast::Evaluate, least: usize) {
    let name = &evaluate.call.name;
    let message = format!("The plugin '{}' expects at least {least} arguments.", name.text);
    binder.report(
        Diagnostic::error(codes::TOO_FEW_ARGUMENTS, name.span, message)
            .with_help(format!("see {} for its arguments", super::plugin(&name.text).map_or("", |p| p.page))),
    );
}

/// The time column.
pub fn time_column(binder: &mut Binder, argument: &ast::Expr, input: &Relation) -> Option<PlanColumn> {
    let column = super::column_of(binder, argument, input)?;
    match column.ty {
        ScalarType::Datetime | ScalarType::Timespan | ScalarType::Int | ScalarType::Long => Some(column),
        ScalarType::Real | ScalarType::Decimal => {
            binder.error(
                codes::UNSUPPORTED_ARGUMENT,
                argument.span,
                "A timeline of type real or decimal is not supported yet.",
            );
            None
        }
        ScalarType::Unknown => None,
        _ => {
            let message = "The argument value must be summable: a number, timespan or datetime.";
            binder.error(codes::SUMMABLE_EXPECTED, argument.span, message);
            None
        }
    }
}

/// A constant, as a position or length on a timeline of type `ty`.
pub fn number(binder: &mut Binder, argument: &ast::Expr, name: &str, ty: ScalarType, axis: Axis) -> Option<i64> {
    let value = binder.fixed(argument);
    if value.ty == ScalarType::Unknown {
        return None;
    }
    let fits = match (axis, ty) {
        (Axis::Count, _) | (_, ScalarType::Int | ScalarType::Long) => value.ty.is_integer(),
        (Axis::Length, ScalarType::Datetime) => value.ty == ScalarType::Timespan,
        _ => value.ty == ty,
    };
    if !fits {
        let wanted = match (axis, ty) {
            (Axis::Count, _) => "a whole number".to_owned(),
            (Axis::Length, ScalarType::Datetime) => "a timespan, because the timeline has the type datetime".to_owned(),
            _ => format!("of the type {ty}, like the timeline"),
        };
        binder.error(
            codes::TYPE_EXPECTED,
            argument.span,
            format!("{name} must be {wanted}, but has the type {}.", value.ty),
        );
        return None;
    }
    match value.as_constant().and_then(Value::as_long) {
        Some(number) if axis == Axis::Point || number > 0 => Some(number),
        Some(_) => {
            binder.error(codes::INVALID_ARGUMENT, argument.span, format!("{name} must be greater than 0."));
            None
        }
        // the result of a subquery is not known while a query is only checked
        None if over_subquery(&value) && !binder.evaluates() => Some(if axis == Axis::Point { 0 } else { 1 }),
        None => {
            binder.error(codes::CONSTANT_EXPECTED, argument.span, format!("{name} must be a constant."));
            None
        }
    }
}

fn over_subquery(e: &Expr) -> bool {
    let mut found = false;
    e.walk(&mut |e| found |= matches!(e.kind, crate::plan::ExprKind::Stage(_)));
    found
}

/// Only these expressions over the input, in this order.
pub fn rows(binder: &mut Binder, input: &Relation, values: Vec<Expr>) -> Relation {
    let columns: Vec<PlanColumn> = values.iter().map(|v| binder.new_column("", v.ty)).collect();
    let pairs = columns.iter().map(|c| c.id).zip(values).collect();
    let unordered = Relation { node: input.node.clone(), open: input.open, ..Relation::default() };
    Relation { node: crate::plan::project(&unordered, pairs), columns, ..unordered }
}

/// The start of the window of length `step` that contains `value`; one of the windows starts at `origin`.
pub fn window(value: i64, step: i64, origin: i64) -> Option<i64> {
    let (value, step, origin) = (i128::from(value), i128::from(step), i128::from(origin));
    let start = (value - origin).checked_div_euclid(step)?.checked_mul(step)?.checked_add(origin)?;
    i64::try_from(start).ok()
}

/// A notice if windows that start at `start` differ from those that start at 0: which ones Kusto uses is not
/// documented.
pub fn unaligned(plugin: &str, start: i64, step: i64) -> Option<String> {
    (start.checked_rem_euclid(step) != Some(0)).then(|| {
        format!(
            "{plugin}(): the windows begin at Start, which is not aligned to the window size; Kusto may align \
             them with bin(). Round Start with bin() to avoid a difference."
        )
    })
}

/// Combinations of values as numbers, in the order of their first occurrence.
#[derive(Default)]
pub struct Numbered {
    converter: Option<RowConverter>,
    numbers: HashMap<Box<[u8]>, u32>,
    combinations: Vec<Box<[u8]>>,
    /// The bytes of the combinations.
    bytes: usize,
}

impl Numbered {
    /// About how many bytes they take, or take while their table grows.
    pub fn size(&self) -> usize {
        let tables = self.numbers.capacity() * 2 * size_of::<(Box<[u8]>, u32)>();
        tables + self.combinations.capacity() * size_of::<Box<[u8]>>() + 2 * self.bytes
    }

    /// The numbers of the rows; rows without columns are all equal.
    pub fn add(&mut self, arrays: &[ArrayRef], rows: usize) -> Result<Vec<u32>, PluginError> {
        if arrays.is_empty() {
            return Ok(vec![0; rows]);
        }
        let converter = match &mut self.converter {
            Some(converter) => converter,
            None => {
                let fields = arrays.iter().map(|a| SortField::new(a.data_type().clone())).collect();
                self.converter.insert(RowConverter::new(fields)?)
            }
        };
        let converted = converter.convert_columns(arrays)?;
        let mut numbers = Vec::with_capacity(rows);
        for row in &converted {
            let number = match self.numbers.get(row.as_ref()) {
                Some(number) => *number,
                None => {
                    let number = u32::try_from(self.combinations.len()).map_err(PluginError::TooManyValues)?;
                    let bytes: Box<[u8]> = row.as_ref().into();
                    self.bytes += bytes.len();
                    self.numbers.insert(bytes.clone(), number);
                    self.combinations.push(bytes);
                    number
                }
            };
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// The position of each number in the order of the values.
    pub fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.combinations.len() as u32).collect();
        order.sort_unstable_by_key(|n| self.combinations.get(*n as usize));
        let mut ranks = vec![0; order.len()];
        for (rank, number) in order.into_iter().enumerate() {
            if let Some(slot) = ranks.get_mut(number as usize) {
                *slot = rank as u32;
            }
        }
        ranks
    }

    /// The values of these numbers, in columns.
    pub fn columns(&self, numbers: &[u32]) -> Result<Vec<ArrayRef>, PluginError> {
        let Some(converter) = &self.converter else { return Ok(Vec::new()) };
        let parser = converter.parser();
        let rows = numbers.iter().filter_map(|n| self.combinations.get(*n as usize)).map(|bytes| parser.parse(bytes));
        converter.convert_rows(rows).map_err(PluginError::from)
    }
}

/// One activity of an id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Event {
    /// The combination of the dimensions.
    pub group: u32,
    /// Its time.
    pub time: i64,
    /// The id; `None` if it is null: the event then counts as a row, but not as an id.
    pub id: Option<u32>,
}

/// A row of a result: the dimensions, the time, and the added columns.
pub struct Line {
    /// The combination of the dimensions.
    pub group: u32,
    /// The start of the window.
    pub time: i64,
    /// The added columns: whole numbers, or the bits of reals.
    pub counts: [i64; 4],
}

/// Computes the result of a plugin from the activity, whose rows have no order.
pub type Counting = Box<dyn Fn(Vec<Event>) -> Result<Vec<Line>, PluginError> + Send + Sync>;

/// Bytes for each event while all are collected and sorted, with its id.
pub const EACH: usize = 64;

/// Reads the activity, counts it, and writes the lines.
struct Activity {
    /// The plugin.
    name: String,
    types: Vec<ScalarType>,
    counting: Counting,
    note: Option<String>,
}

impl std::fmt::Debug for Activity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Activity").field("types", &self.types).finish_non_exhaustive()
    }
}

impl TableFunction for Activity {
    fn name(&self) -> &str {
        &self.name
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, compiler: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        if let Some(note) = &self.note {
            compiler.note(note);
        }
        let _held = input.reserve(input.rows().saturating_mul(EACH))?;
        let (mut ids, mut groups, mut events) = (Numbered::default(), Numbered::default(), Vec::new());
        for batch in input.batches()? {
            let batch = &batch?;
            let [time, id, dimensions @ ..] = batch.columns() else { continue };
            let times = longs(time)?;
            let numbers = ids.add(std::slice::from_ref(id), batch.num_rows())?;
            let places = groups.add(dimensions, batch.num_rows())?;
            for (row, (group, number)) in places.into_iter().zip(numbers).enumerate() {
                if times.is_valid(row) {
                    let id = id.is_valid(row).then_some(number);
                    events.push(Event { group, time: times.value(row), id });
                }
            }
        }
        let lines = (self.counting)(events)?;
        let numbers: Vec<u32> = lines.iter().map(|l| l.group).collect();
        let times: Int64Array = lines.iter().map(|l| l.time).collect();
        let mut arrays = vec![typed(Arc::new(times), self.types.first().copied())?];
        arrays.extend(groups.columns(&numbers)?);
        if arrays.len() == 1 && lines.is_empty() {
            // without rows, the types of the dimensions are not known
            return Ok(());
        }
        let dimensions = arrays.len();
        for (i, ty) in self.types.iter().skip(dimensions).enumerate() {
            let numbers = lines.iter().map(|l| l.counts.get(i).copied().unwrap_or(0));
            arrays.push(match ty {
                ScalarType::Real => {
                    Arc::new(arrow::array::Float64Array::from_iter_values(numbers.map(|n| f64::from_bits(n as u64))))
                }
                _ => Arc::new(Int64Array::from_iter_values(numbers)) as ArrayRef,
            });
        }
        Ok(out.extend(crate::plan::batch_of(self.types.iter().copied(), arrays))?)
    }
}

/// Whole numbers, datetimes or timespans as longs.
pub fn longs(array: &ArrayRef) -> Result<Int64Array, PluginError> {
    let array = cast(array, &DataType::Int64)?;
    array.as_primitive_opt::<Int64Type>().cloned().ok_or(PluginError::NotWhole)
}

/// Longs in the type of a column.
pub fn typed(array: ArrayRef, ty: Option<ScalarType>) -> Result<ArrayRef, PluginError> {
    cast(&array, &ty.unwrap_or(ScalarType::Long).arrow()).map_err(PluginError::from)
}
