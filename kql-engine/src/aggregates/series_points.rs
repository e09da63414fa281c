//! The aggregate of `make-series`: converts the bins of a group to an array with a value for every point of the axis.
//! Queries cannot call it by name.
//!
//! Arguments: bin, value, first point and end (null if the group's own bins determine them), step, and the value of
//! points without a bin.

use super::{accumulator, list_state};
use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel::Texts;
use crate::registry::{AggregateArgs, AggregateFunction, Call, Outputs, Reduce, ResultName, Returns, sig};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Builder, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, EmitTo, GroupsAccumulator};
use std::collections::HashMap;

pub static SERIES_POINTS: AggregateFunction = AggregateFunction {
    name: "series_points",
    aliases: &[],
    signatures: &[sig(&[], Returns::Is(ScalarType::Dynamic))],
    result_name: ResultName::None,
    outputs: Outputs::One,
    summary: "An array with a value for every point of an axis.",
    page: "make-series-operator",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(Points::new(args)?)),
        state: |_| Points::state_types(),
        ordered: false,
    },
};

/// The maximum number of points of a series.
const MAX_POINTS: i64 = 1_048_576;

struct Points {
    axis: ScalarType,
    value: ScalarType,
    first: Option<f64>,
    end: Option<f64>,
    step: f64,
    /// Exact forms of first point, end and step, for axes of whole numbers and ticks.
    whole: Option<Whole>,
    default: String,
    groups: Vec<Vec<(i64, Box<str>)>>,
    bytes: usize,
}

#[derive(Clone, Copy)]
struct Whole {
    first: Option<i64>,
    end: Option<i64>,
    step: i64,
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(i) => Some(f64::from(*i)),
        Value::Long(i) => Some(*i as f64),
        Value::Real(r) => Some(*r),
        Value::Decimal(d) => Some(crate::decimal::to_real(*d)),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(i) => Some(i64::from(*i)),
        Value::Long(i) => Some(*i),
        _ => None,
    }
}

impl Points {
    fn new(args: &AggregateArgs) -> Result<Points> {
        let ty = |n: usize| args.info.types.get(n).copied().unwrap_or(ScalarType::Long);
        let constant = |n: usize| args.info.constants.get(n).and_then(Option::as_ref).filter(|v| **v != Value::Null);
        let axis = ty(0);
        let exact = !matches!(axis, ScalarType::Real | ScalarType::Decimal);
        let Some(step) = constant(4).and_then(number).filter(|s| *s > 0.0) else {
            return plan_err!("The step of make-series must be a constant greater than 0.");
        };
        let whole = if exact {
            let Some(step) = constant(4).and_then(whole) else {
                return plan_err!("The step of make-series must have the type of its axis.");
            };
            Some(Whole { first: constant(2).and_then(self::whole), end: constant(3).and_then(self::whole), step })
        } else {
            None
        };
        let mut default = String::new();
        match constant(5) {
            Some(value) => write::value(value, ty(5), &mut default),
            None => default.push_str("null"),
        }
        Ok(Points {
            axis,
            value: ty(1),
            first: constant(2).and_then(number),
            end: constant(3).and_then(number),
            step,
            whole,
            default,
            groups: Vec::new(),
            bytes: 0,
        })
    }

    /// Bins as bits, and values as JSON.
    fn state_types() -> Vec<DataType> {
        list_state::types(DataType::Int64, DataType::Utf8)
    }

    /// The bins of an argument: whole numbers unchanged, others as their bits.
    fn bins(&self, array: &ArrayRef) -> Result<Vec<Option<i64>>> {
        if self.whole.is_some() {
            let array = cast(array, &DataType::Int64)?;
            return Ok(array.as_primitive::<Int64Type>().iter().collect());
        }
        let array = cast(array, &DataType::Float64)?;
        Ok(array.as_primitive::<Float64Type>().iter().map(|v| v.map(|v| v.to_bits() as i64)).collect())
    }

    fn series(&self, items: &[(i64, Box<str>)], out: &mut String) -> Result<()> {
        out.push('[');
        let mut points = Vec::new();
        if let Some(Whole { first, end, step }) = self.whole {
            let Some(from) = first.or_else(|| items.iter().map(|(b, _)| *b).min()) else {
                out.push(']');
                return Ok(());
            };
            let last = items.iter().map(|(b, _)| *b).max();
            let end = end.or_else(|| last.map(|l| l.saturating_add(1))).unwrap_or(from);
            let count = (i128::from(end) - i128::from(from) + i128::from(step) - 1) / i128::from(step);
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            if count > MAX_POINTS {
                return plan_err!("make-series would produce {count} points; the limit is {MAX_POINTS}.");
            }
            points.extend((0..count).map(|i| from + i * step));
        } else {
            let real = |bits: i64| f64::from_bits(bits as u64);
            let Some(from) = self.first.or_else(|| items.iter().map(|(b, _)| real(*b)).reduce(f64::min)) else {
                out.push(']');
                return Ok(());
            };
            let last = items.iter().map(|(b, _)| real(*b)).reduce(f64::max);
            let count = match (self.end, last) {
                (Some(end), _) => ((end - from) / self.step - 1e-9).ceil(),
                (None, Some(last)) => ((last - from) / self.step + 1e-9).floor() + 1.0,
                (None, None) => 0.0,
            };
            if count > MAX_POINTS as f64 {
                return plan_err!("make-series would produce {count} points; the limit is {MAX_POINTS}.");
            }
            points.extend((0..count.max(0.0) as i64).map(|i| (from + i as f64 * self.step).to_bits() as i64));
        }
        let by_bin: HashMap<i64, &str> =
            items.iter().map(|(bin, json)| (self.nearest(*bin, &points), &**json)).collect();
        write::commas(&points, out, |point, out| {
            match (self.value, by_bin.get(point)) {
                // the axis itself
                (ScalarType::Unknown, _) => {
                    let value = if self.whole.is_some() {
                        Value::Long(*point)
                    } else {
                        Value::Real(f64::from_bits(*point as u64))
                    };
                    let ty = match self.axis {
                        ScalarType::Decimal => ScalarType::Real,
                        ScalarType::Int => ScalarType::Long,
                        ty => ty,
                    };
                    write::value(&value, ty, out);
                }
                (_, Some(json)) => out.push_str(json),
                (_, None) => out.push_str(&self.default),
            }
        });
        out.push(']');
        Ok(())
    }

    /// The point that a bin belongs to; reals are rounded.
    fn nearest(&self, bin: i64, points: &[i64]) -> i64 {
        if self.whole.is_some() {
            return bin;
        }
        let Some(first) = points.first() else { return bin };
        let offset = (f64::from_bits(bin as u64) - f64::from_bits(*first as u64)) / self.step;
        points.get(offset.round().max(0.0) as usize).copied().unwrap_or(bin)
    }

    /// The groups to emit.
    fn taken(&mut self, emit_to: EmitTo) -> Vec<Vec<(i64, Box<str>)>> {
        let groups = emit_to.take_needed(&mut self.groups);
        self.bytes -= groups.iter().flatten().map(bytes).sum::<usize>();
        groups
    }
}

/// The memory of a bin and its value.
fn bytes((_, json): &(i64, Box<str>)) -> usize {
    json.len() + size_of::<(i64, Box<str>)>()
}

impl GroupsAccumulator for Points {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.groups.resize_with(total, Vec::new);
        let [bins, value, ..] = values else { return internal_err!("a bin and a value are expected") };
        let bins = self.bins(bins)?;
        let args = [ColumnarValue::Array(value.clone())];
        let types = [if self.value == ScalarType::Unknown { ScalarType::Long } else { self.value }];
        let call = Call { args: &args, rows: value.len(), types: &types, returns: ScalarType::Dynamic };
        let value = if self.value == ScalarType::Unknown { None } else { Some(Arg::new(&call, 0)?) };
        let mut json = String::new();
        for (row, (bin, group)) in bins.into_iter().zip(group_indices).enumerate() {
            if !accumulator::passes(filter, row) {
                continue;
            }
            let (Some(bin), Some(group)) = (bin, self.groups.get_mut(*group)) else { continue };
            json.clear();
            if !value.as_ref().is_some_and(|v| v.json(row, &mut json)) {
                json.push_str("null");
            }
            let point = (bin, json.as_str().into());
            self.bytes += bytes(&point);
            group.push(point);
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut groups = self.taken(emit_to);
        if groups.is_empty() {
            groups.push(Vec::new());
        }
        let mut texts = Texts::new(groups.len());
        let mut text = String::new();
        for group in &groups {
            text.clear();
            self.series(group, &mut text)?;
            texts.push(Some(&text))?;
        }
        Ok(texts.finish())
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.taken(emit_to);
        list_state::written(&groups, Int64Builder::new(), StringBuilder::new(), |group, bins, values| {
            group.iter().try_for_each(|(bin, json)| {
                bins.append_value(*bin);
                list_state::text(values, json)
            })
        })
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total: usize) -> Result<()> {
        self.groups.resize_with(total, Vec::new);
        list_state::each(states, group_indices, |group, bins, values| {
            let (bins, values) = (bins.as_primitive::<Int64Type>(), values.as_string::<i32>());
            let Some(group) = self.groups.get_mut(group) else { return Ok(()) };
            let points = (0..bins.len()).map(|i| (bins.value(i), values.value(i).into()));
            group.extend(points.inspect(|point| self.bytes += bytes(point)));
            Ok(())
        })
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        accumulator::state_of_each_row(
            Points { groups: Vec::new(), default: String::new(), bytes: 0, ..*self },
            values,
            filter,
        )
    }

    fn size(&self) -> usize {
        self.bytes
    }
}
