//! `row_rank_dense()`, `row_rank_min()`, and their predecessor `row_rank()`

use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, Eval, ParameterType::Is, ParameterType::NotDynamic, ResultName, Returns, ScalarFunction,
    Signature, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Long};
use arrow::row::{RowConverter, SortField};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 1] = [sig(&[p("term", NotDynamic), optional("restart", Is(Bool))], Returns::Is(Long))];

pub static ROW_RANK_DENSE: ScalarFunction = ScalarFunction {
    name: "row_rank_dense",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The dense rank of the row: it increases by one with every new value of the term.",
    page: "row-rank-dense-function",
    eval: Eval::Window(|call| ranks(call, |rank, _| rank + 1)),
};

pub static ROW_RANK_MIN: ScalarFunction = ScalarFunction {
    name: "row_rank_min",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The rank of the row: the number of the first row that has its value of the term.",
    page: "row-rank-min-function",
    eval: Eval::Window(|call| ranks(call, |_, number| number)),
};

pub static ROW_RANK: ScalarFunction = ScalarFunction {
    name: "row_rank",
    aliases: &[],
    signatures: &[sig(
        &[p("column", NotDynamic), optional("dense", Is(Bool)).kind(ArgumentKind::Constant)],
        Returns::Is(Long),
    )],
    result_name: ResultName::None,
    summary: "The rank of the row: that of row_rank_dense() if dense is true, that of row_rank_min() if it is \
              false.",
    page: "row-rank-dense-function",
    eval: Eval::Window(of_either_kind),
};

/// Which kind of rank `row_rank()` returns by default is not documented, so it is supported only without ties.
fn of_either_kind(call: &Call) -> Result<ColumnarValue> {
    let values = Call { args: call.args.get(..1).unwrap_or(call.args), ..*call };
    let (dense, least) = (ranks(&values, |rank, _| rank + 1)?, ranks(&values, |_, number| number)?);
    if call.args.len() > 1 {
        let wanted = call.bools(1)?.get(0);
        return Ok(if wanted == Some(true) { dense } else { least });
    }
    if dense.to_array(call.rows)? != least.to_array(call.rows)? {
        return exec_err!(
            "row_rank() of tied rows is not supported, because its kind of rank is not documented. Use \
             row_rank_dense() or row_rank_min()."
        );
    }
    Ok(dense)
}

/// `next` computes the rank of a new value from the last rank and the number of the row.
fn ranks(call: &Call, next: fn(i64, i64) -> i64) -> Result<ColumnarValue> {
    let term = call.array(0)?;
    let restart = if call.args.len() > 1 { Some(call.bools(1)?) } else { None };
    let converter = RowConverter::new(vec![SortField::new(term.data_type().clone())])?;
    let values = converter.convert_columns(&[term])?;
    let (mut rank, mut number) = (0, 0);
    kernel::longs(call.rows, |i| {
        if restart.as_ref().is_some_and(|r| r.get(i) == Some(true)) {
            (rank, number) = (0, 0);
        }
        number += 1;
        if number == 1 || values.row(i) != values.row(i - 1) {
            rank = next(rank, number);
        }
        Some(rank)
    })
}
