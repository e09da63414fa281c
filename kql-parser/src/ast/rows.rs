//! Operators over ordered or grouped rows: `scan`, `make-series`, `serialize`, `top-nested`, `sample` and others.

use super::{Call, ColumnDeclaration, Expr, Name, OperatorParameters, Parameter, SortKey};
use crate::Span;

/// `evaluate parameters plugin(arguments) : schema`
#[derive(Clone, PartialEq, Debug)]
pub struct Evaluate {
    /// `hint.distribution=single`
    pub parameters: OperatorParameters,
    /// The plugin and its arguments.
    pub call: Call,
    /// The position of the call.
    pub call_span: Span,
    /// `: (*, a: long)`
    pub schema: Option<EvaluateSchema>,
}

/// `(*, a: long, b: string)`: the columns that a plugin returns
#[derive(Clone, PartialEq, Debug)]
pub struct EvaluateSchema {
    /// Whether the columns of the input come first.
    pub star: bool,
    /// The declared columns.
    pub columns: Vec<ColumnDeclaration>,
    /// The parentheses and everything between them.
    pub span: Span,
}

/// `serialize columns`
#[derive(Clone, PartialEq, Debug)]
pub struct Serialize {
    /// `hint.*`
    pub parameters: OperatorParameters,
    /// As in `extend`; can be empty.
    pub columns: Vec<Expr>,
}

/// `make-series parameters aggregates on axis range by groups`
#[derive(Clone, PartialEq, Debug)]
pub struct MakeSeries {
    /// `kind=nonempty`, `hint.shufflekey=a`
    pub parameters: OperatorParameters,
    /// The aggregates whose values form the series.
    pub aggregates: Vec<MakeSeriesAggregate>,
    /// The axis, possibly named.
    pub on: Expr,
    /// The points of the axis.
    pub range: MakeSeriesRange,
    /// After `by`.
    pub by: Vec<Expr>,
}

/// `n = count() default=0`
#[derive(Clone, PartialEq, Debug)]
pub struct MakeSeriesAggregate {
    /// The aggregate, possibly named.
    pub expr: Expr,
    /// The value if there are no rows.
    pub default: Option<Expr>,
}

/// The points of an axis.
#[derive(Clone, PartialEq, Debug)]
#[allow(clippy::large_enum_variant)] // an operator has one
pub enum MakeSeriesRange {
    /// `from a to b step c`
    Steps {
        /// The first point.
        from: Option<Expr>,
        /// The end, not included.
        to: Option<Expr>,
        /// The distance.
        step: Expr,
    },
    /// `in range(a, b, c)`, the older form; the end is included
    InRange(Vec<Expr>, Span),
}

/// `scan parameters order by keys partition by groups declare (columns) with (steps)`
#[derive(Clone, PartialEq, Debug)]
pub struct Scan {
    /// `with_match_id=name`, `kind=partial`
    pub parameters: OperatorParameters,
    /// `order by a asc`
    pub order: Vec<SortKey>,
    /// `partition by a`
    pub partition: Vec<Expr>,
    /// `declare (a: long = 0)`
    pub declare: Vec<Parameter>,
    /// In the order of the text.
    pub steps: Vec<ScanStep>,
}

/// `step name optional output=all: condition => assignments;`
#[derive(Clone, PartialEq, Debug)]
pub struct ScanStep {
    /// Its name.
    pub name: Name,
    /// `optional`
    pub optional: bool,
    /// `output=last`
    pub output: Option<ScanOutput>,
    /// The condition for a row to match the step.
    pub condition: Expr,
    /// After `=>`.
    pub assignments: Vec<ScanAssignment>,
    /// From `step` to the semicolon.
    pub span: Span,
}

/// Which rows of a step are returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScanOutput {
    /// `output=all`
    All,
    /// `output=last`
    Last,
    /// `output=none`
    None,
}

/// `name = value`
#[derive(Clone, PartialEq, Debug)]
pub struct ScanAssignment {
    /// A declared column.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// `top-nested count of value with others = rest by key`
#[derive(Clone, PartialEq, Debug)]
pub struct TopNestedLevel {
    /// The number of values; without it, all.
    pub count: Option<Expr>,
    /// The group key, possibly named.
    pub of: Expr,
    /// The value that stands for all other values.
    pub others: Option<Expr>,
    /// The sort key.
    pub by: SortKey,
    /// From `top-nested` to the end.
    pub span: Span,
}

/// `top-hitters count of value by weight`
#[derive(Clone, PartialEq, Debug)]
pub struct TopHitters {
    /// The number of rows or values.
    pub count: Expr,
    /// The counted expression.
    pub of: Expr,
    /// The summed expression; without it, rows are counted.
    pub by: Option<Expr>,
}

/// `sample count`
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// `hint.*`
    pub parameters: OperatorParameters,
    /// The number of rows or values.
    pub count: Expr,
}

/// `sample-distinct count of value`
#[derive(Clone, PartialEq, Debug)]
pub struct SampleDistinct {
    /// `hint.*`
    pub parameters: OperatorParameters,
    /// The number of rows or values.
    pub count: Expr,
    /// The sampled expression.
    pub of: Expr,
}
