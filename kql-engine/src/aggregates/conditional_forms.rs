//! The forms with a predicate: `sumif()`, `make_set_if()` and so on. Each is the plain aggregate over the rows for which
//! the predicate is true.

use crate::registry::{
    AggregateFunction, Alias, Outputs,
    ParameterType::{DynamicBag, Integer, Is, NotBool, NotDynamic, Orderable, Scalar, Summable},
    Reduce, ResultName, Returns, Signature, alias, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Datetime, Decimal, Dynamic, Long, Real, Timespan};

const PREDICATE: crate::registry::Parameter = p("predicate", Is(Bool));

macro_rules! conditional {
    ($row:ident, $name:literal, $inner:expr, $at:literal, $result:expr, $signatures:expr) => {
        pub static $row: AggregateFunction = AggregateFunction {
            name: $name,
            aliases: &[],
            signatures: $signatures,
            result_name: $result,
            outputs: Outputs::One,
            summary: concat!("`", $name, "` is its plain form over the rows for which the predicate is true."),
            page: concat!($name, "-aggregation-function"),
            reduce: Reduce::If(&$inner, $at),
        };
    };
}

static SUMS: [Signature; 1] = [sig(&[p("expr", Summable), PREDICATE], Returns::Promoted(0))];
static EXTREMES: [Signature; 1] = [sig(&[p("expr", Orderable), PREDICATE], Returns::Parameter(0))];
static MEANS: [Signature; 5] = [
    sig(&[p("expr", Integer), PREDICATE], Returns::Is(Real)),
    sig(&[p("expr", Is(Real)), PREDICATE], Returns::Is(Real)),
    sig(&[p("expr", Is(Decimal)), PREDICATE], Returns::Is(Decimal)),
    sig(&[p("expr", Is(Timespan)), PREDICATE], Returns::Is(Timespan)),
    sig(&[p("expr", Is(Datetime)), PREDICATE], Returns::Is(Datetime)),
];
static LISTS: [Signature; 1] =
    [sig(&[p("expr", Scalar), PREDICATE, optional("maxSize", Integer)], Returns::Is(Dynamic))];
static BAGS: [Signature; 1] =
    [sig(&[p("expr", DynamicBag), PREDICATE, optional("maxSize", Integer)], Returns::Is(Dynamic))];
static SPREADS: [Signature; 1] = [sig(&[p("expr", Summable), PREDICATE], Returns::Is(Real))];
static PAIRS: [Signature; 1] = [sig(&[p("expr1", Summable), p("expr2", Summable), PREDICATE], Returns::Is(Real))];

const NAMED: ResultName = ResultName::NameAndFirstArgument;
const OF_TWO: ResultName = ResultName::NameAndTwoArguments;

conditional!(SUMIF, "sumif", super::SUM, 1, NAMED, &SUMS);
conditional!(MINIF, "minif", super::min::MIN, 1, NAMED, &EXTREMES);
conditional!(MAXIF, "maxif", super::max::MAX, 1, NAMED, &EXTREMES);
conditional!(AVGIF, "avgif", super::avg::AVG, 1, NAMED, &MEANS);
conditional!(
    DCOUNTIF,
    "dcountif",
    super::dcount::DCOUNT,
    1,
    NAMED,
    &[sig(&[p("expr", Scalar), PREDICATE, optional("accuracy", NotDynamic)], Returns::Is(Long))]
);
conditional!(
    COUNT_DISTINCTIF,
    "count_distinctif",
    super::dcount::COUNT_DISTINCT,
    1,
    NAMED,
    &[sig(&[p("expr", NotDynamic), PREDICATE], Returns::Is(Long))]
);
conditional!(
    HLL_IF,
    "hll_if",
    super::hll::HLL,
    1,
    NAMED,
    &[sig(&[p("expr", NotBool), PREDICATE, optional("accuracy", Integer)], Returns::Is(Dynamic))]
);
conditional!(MAKE_LIST_IF, "make_list_if", super::make_list::MAKE_LIST, 1, ResultName::Prefix("list"), &LISTS);
conditional!(MAKE_SET_IF, "make_set_if", super::make_list::MAKE_SET, 1, ResultName::Prefix("set"), &LISTS);
conditional!(MAKE_BAG_IF, "make_bag_if", super::make_bag::MAKE_BAG, 1, ResultName::Prefix("bag"), &BAGS);
conditional!(STDEVIF, "stdevif", super::spread::STDEV, 1, NAMED, &SPREADS);
conditional!(VARIANCEIF, "varianceif", super::spread::VARIANCE, 1, NAMED, &SPREADS);
conditional!(VARIANCEPIF, "variancepif", super::spread::VARIANCEP, 1, NAMED, &SPREADS);
conditional!(COVARIANCEIF, "covarianceif", super::spread::COVARIANCE, 2, OF_TWO, &PAIRS);
conditional!(COVARIANCEPIF, "covariancepif", super::spread::COVARIANCEP, 2, OF_TWO, &PAIRS);

pub static TAKE_ANYIF: AggregateFunction = AggregateFunction {
    name: "take_anyif",
    aliases: &[Alias {
        result_name: Some(ResultName::Each(|_, name| Some(format!("anyif_{}", name.unwrap_or_default())))),
        ..alias("anyif")
    }],
    signatures: &[sig(&[p("expr", Scalar), PREDICATE], Returns::Parameter(0))],
    result_name: ResultName::Each(|_, name| name),
    outputs: Outputs::EachArgument,
    summary: "A value from a row of the group for which the predicate is true, preferably one that is not null.",
    page: "take-anyif-aggregation-function",
    reduce: Reduce::If(&super::TAKE_ANY, 1),
};
