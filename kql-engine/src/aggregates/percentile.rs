//! `percentile()`, `percentiles()`, `percentiles_array()` and their weighted forms: the nearest rank, exactly.

use super::quantiles::{Form, Quantiles};
use crate::registry::{
    AggregateFunction, Outputs,
    ParameterType::{DynamicArray, Integer, Number, Summable},
    Reduce, ResultName, Returns, p, repeated, sig,
};
use crate::types::ScalarType::Dynamic;

macro_rules! percentile {
    ($row:ident, $name:literal, $page:literal, $outputs:expr, $form:expr, $signatures:expr, $summary:literal) => {
        percentile!($row, $name, $page, $outputs, $form, $signatures, $summary, ResultName::Percentage("percentile"));
    };
    ($row:ident, $name:literal, $page:literal, $outputs:expr, $form:expr, $signatures:expr, $summary:literal, $result:expr) => {
        pub static $row: AggregateFunction = AggregateFunction {
            name: $name,
            aliases: &[],
            signatures: $signatures,
            result_name: $result,
            outputs: $outputs,
            summary: $summary,
            page: $page,
            reduce: Reduce::Accumulator {
                make: |args| Quantiles::boxed(args, $form),
                state: Quantiles::<i64>::state_types,
                ordered: false,
            },
        };
    };
}

const EXPR: crate::registry::Parameter = p("expr", Summable);
const WEIGHT: crate::registry::Parameter = p("weight", Integer);
const MANY: crate::registry::Parameter = repeated("percentile", Number, 32767);

percentile!(
    PERCENTILE,
    "percentile",
    "percentiles-aggregation-function",
    Outputs::EachFrom(1),
    Form { weighted: false, array: false },
    &[sig(&[EXPR, p("percentile", Number)], Returns::Promoted(0))],
    "The value that the given percentage of the group's values does not exceed."
);
percentile!(
    PERCENTILES,
    "percentiles",
    "percentiles-aggregation-function",
    Outputs::EachFrom(1),
    Form { weighted: false, array: false },
    &[sig(&[EXPR, MANY], Returns::Promoted(0))],
    "For each given percentage, the value that this percentage of the group's values does not exceed; one column each."
);
percentile!(
    PERCENTILES_ARRAY,
    "percentiles_array",
    "percentiles-aggregation-function",
    Outputs::One,
    Form { weighted: false, array: true },
    &[sig(&[EXPR, MANY], Returns::Is(Dynamic)), sig(&[EXPR, p("percentiles", DynamicArray)], Returns::Is(Dynamic))],
    "For each given percentage, the value that this percentage of the group's values does not exceed; in one array.",
    ResultName::Prefix("percentiles")
);
percentile!(
    PERCENTILEW,
    "percentilew",
    "percentiles-aggregation-function",
    Outputs::EachFrom(2),
    Form { weighted: true, array: false },
    &[sig(&[EXPR, WEIGHT, p("percentile", Number)], Returns::Promoted(0))],
    "Like percentile(), but each value counts as often as its weight."
);
percentile!(
    PERCENTILESW,
    "percentilesw",
    "percentiles-aggregation-function",
    Outputs::EachFrom(2),
    Form { weighted: true, array: false },
    &[sig(&[EXPR, WEIGHT, MANY], Returns::Promoted(0))],
    "Like percentiles(), but each value counts as often as its weight."
);
percentile!(
    PERCENTILESW_ARRAY,
    "percentilesw_array",
    "percentiles-aggregation-function",
    Outputs::One,
    Form { weighted: true, array: true },
    &[
        sig(&[EXPR, WEIGHT, MANY], Returns::Is(Dynamic)),
        sig(&[EXPR, WEIGHT, p("percentiles", DynamicArray)], Returns::Is(Dynamic))
    ],
    "Like percentiles_array(), but each value counts as often as its weight.",
    ResultName::Prefix("percentiles")
);
