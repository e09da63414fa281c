//! `row_rank_dense()`, `row_rank_min()`, and their predecessor `row_rank()`

use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, CallInfo, Eval, ParameterType::Is, ParameterType::NotDynamic, ResultName, Returns,
    ScalarFunction, Signature, Window, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Long};
use arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 1] = [sig(&[p("term", NotDynamic), optional("restart", Is(Bool))], Returns::Is(Long))];

pub static ROW_RANK_DENSE: ScalarFunction = ScalarFunction {
    name: "row_rank_dense",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The dense rank of the row: it increases by one with every new value of the term.",
    page: "row-rank-dense-function",
    eval: Eval::Window(|info| Ok(Box::new(Ranks::new(info, DENSE)?))),
};

pub static ROW_RANK_MIN: ScalarFunction = ScalarFunction {
    name: "row_rank_min",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The rank of the row: the number of the first row that has its value of the term.",
    page: "row-rank-min-function",
    eval: Eval::Window(|info| Ok(Box::new(Ranks::new(info, LEAST)?))),
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
    eval: Eval::Window(|info| Ok(Box::new(OfEitherKind(Ranks::new(info, DENSE)?, Ranks::new(info, LEAST)?)))),
};

/// The rank of a new value from the last rank and the number of the row.
type NextRank = fn(i64, i64) -> i64;

const DENSE: NextRank = |rank, _| rank + 1;
const LEAST: NextRank = |_, number| number;

/// Which kind of rank `row_rank()` returns by default is not documented, so it is supported only without ties.
struct OfEitherKind(Ranks, Ranks);

impl Window for OfEitherKind {
    fn values(&mut self, call: &Call) -> Result<ColumnarValue> {
        let values = Call { args: call.args.get(..1).unwrap_or(call.args), ..*call };
        let (dense, least) = (self.0.values(&values)?, self.1.values(&values)?);
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
}

struct Ranks {
    next: NextRank,
    converter: RowConverter,
    /// The value of the row before.
    last: Option<OwnedRow>,
    rank: i64,
    number: i64,
}

impl Ranks {
    fn new(info: &CallInfo, next: NextRank) -> Result<Ranks> {
        let Some(ty) = info.types.first() else { return internal_err!("a rank of nothing") };
        let converter = RowConverter::new(vec![SortField::new(ty.arrow())])?;
        Ok(Ranks { next, converter, last: None, rank: 0, number: 0 })
    }
}

impl Window for Ranks {
    fn values(&mut self, call: &Call) -> Result<ColumnarValue> {
        let restart = if call.args.len() > 1 { Some(call.bools(1)?) } else { None };
        let values = self.converter.convert_columns(&[call.array(0)?])?;
        let ranks = kernel::longs(call.rows, |i| {
            if restart.as_ref().is_some_and(|r| r.get(i) == Some(true)) {
                (self.rank, self.number) = (0, 0);
            }
            self.number += 1;
            let same = match (i.checked_sub(1), &self.last) {
                (Some(before), _) => values.row(i) == values.row(before),
                (None, Some(last)) => values.row(i) == last.row(),
                (None, None) => false,
            };
            if self.number == 1 || !same {
                self.rank = (self.next)(self.rank, self.number);
            }
            Some(self.rank)
        });
        self.last = call.rows.checked_sub(1).map(|last| values.row(last).owned());
        ranks
    }
}
