//! `prev()`, `next()`

use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, ParameterType::Is, ParameterType::Scalar, ResultName, Returns, ScalarFunction,
    Signature, Window, optional, p, sig,
};
use crate::types::ScalarType::{self, Long};
use crate::value::Value;
use arrow::array::{Array, ArrayRef};
use arrow::compute::{cast, concat};
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::ColumnarValue;
use std::collections::VecDeque;

static SIGNATURES: [Signature; 1] = [sig(
    &[
        p("column", Scalar),
        optional("offset", Is(Long)).kind(ArgumentKind::Constant),
        optional("default_value", Scalar).kind(ArgumentKind::Constant),
    ],
    Returns::Parameter(0),
)];

pub static PREV: ScalarFunction = ScalarFunction {
    name: "prev",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The value of a column in an earlier row; by default the row before.",
    page: "prev-function",
    eval: Eval::Window(|info| Ok(Box::new(Previous { shift: Shift::of(info)?, last: VecDeque::new(), rows: 0 }))),
};

pub static NEXT: ScalarFunction = ScalarFunction {
    name: "next",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The value of a column in a later row; by default the next row.",
    page: "next-function",
    eval: Eval::Window(|info| Ok(Box::new(Next(Shift::of(info)?)))),
};

/// How far a value comes from, and what rows without such a row have.
struct Shift {
    rows: usize,
    /// The default and its type.
    default: Option<(Value, ScalarType)>,
    ty: ScalarType,
}

impl Shift {
    fn of(info: &CallInfo) -> Result<Shift> {
        let offset = info.long(1).unwrap_or(1);
        let Some(rows) = usize::try_from(offset).ok().filter(|rows| *rows > 0) else {
            return exec_err!("The offset must be at least 1, not {offset}.");
        };
        let default =
            info.types.get(2).map(|ty| (info.constants.get(2).cloned().flatten().unwrap_or(Value::Null), *ty));
        Ok(Shift { rows, default, ty: info.returns })
    }

    /// That many rows with the default, which is converted to the type of the column.
    fn filler(&self, rows: usize) -> Result<ArrayRef> {
        match &self.default {
            None => Value::missing(self.ty).to_scalar(self.ty).to_array_of_size(rows),
            Some((value, ty)) => Ok(cast(&value.to_scalar(*ty).to_array_of_size(rows)?, &self.ty.arrow())?),
        }
    }
}

/// `prev()`: keeps the last rows.
struct Previous {
    shift: Shift,
    last: VecDeque<ArrayRef>,
    /// The number of rows in `last`.
    rows: usize,
}

impl Window for Previous {
    fn values(&mut self, call: &Call) -> Result<ColumnarValue> {
        self.last.push_back(call.array(0)?.slice(0, call.rows));
        self.rows += call.rows;
        let mut found = Vec::new();
        // the rows before the first one that is far enough away
        let missing = (self.shift.rows + call.rows).saturating_sub(self.rows).min(call.rows);
        if missing > 0 {
            found.push(self.shift.filler(missing)?);
        }
        let mut wanted = call.rows - missing;
        while wanted > 0 {
            let Some(first) = self.last.pop_front() else { return internal_err!("rows are missing") };
            let (taken, rest) = (wanted.min(first.len()), first.len().saturating_sub(wanted));
            found.push(first.slice(0, taken));
            if rest > 0 {
                self.last.push_front(first.slice(taken, rest));
            }
            self.rows -= taken;
            wanted -= taken;
        }
        Ok(ColumnarValue::Array(joined(&found)?))
    }
}

/// `next()`
struct Next(Shift);

impl Window for Next {
    fn ahead(&self) -> usize {
        self.0.rows
    }

    fn values(&mut self, call: &Call) -> Result<ColumnarValue> {
        let values = call.array(0)?;
        let known = values.len().saturating_sub(self.0.rows).min(call.rows);
        let mut found = Vec::new();
        if known > 0 {
            found.push(values.slice(self.0.rows, known));
        }
        if known < call.rows {
            found.push(self.0.filler(call.rows - known)?);
        }
        Ok(ColumnarValue::Array(joined(&found)?))
    }
}

fn joined(arrays: &[ArrayRef]) -> Result<ArrayRef> {
    match arrays {
        [one] => Ok(one.clone()),
        many => Ok(concat(&many.iter().map(AsRef::as_ref).collect::<Vec<_>>())?),
    }
}
