//! Tabular operators, which are separated by pipes.

use super::{
    ColumnDeclaration, Evaluate, Expr, Facet, Find, ForkBranch, GraphMatch, GraphOutput, MacroExpand, MakeGraph,
    MakeSeries, MvApply, Name, OperatorParameters, Parse, ParseKv, Partition, PartitionBy, Property, Reduce, Sample,
    SampleDistinct, Scan, Search, Serialize, TopHitters, TopNestedLevel, TypeOf,
};
use crate::Span;

/// A tabular operator with its position.
#[derive(Clone, PartialEq, Debug)]
pub struct Operator {
    /// What it is.
    pub kind: OperatorKind,
    /// From its name to its end.
    pub span: Span,
    /// Its name as written (`order`, `filter`).
    pub name_span: Span,
}

/// The tabular operators.
#[derive(Clone, PartialEq, Debug)]
pub enum OperatorKind {
    /// `where p`, `filter p`
    Where(Expr),
    /// `extend x = e, ...`
    Extend(Vec<Expr>),
    /// `project a, b = e`
    Project(Vec<Expr>),
    /// `project-away a, b*`
    ProjectAway(Vec<Expr>),
    /// `project-keep a, b*`
    ProjectKeep(Vec<Expr>),
    /// `project-rename new = old`
    ProjectRename(Vec<Expr>),
    /// `project-reorder a, b* asc`
    ProjectReorder(Vec<ReorderColumn>),
    /// `union kind=outer A, (B | take 1), C*`
    Union(Union),
    /// `sort by a asc nulls last`, `order by a`
    Sort(Sort),
    /// `top 5 by a desc`
    Top(Top),
    /// `take 5`, `limit 5`
    Take(Expr),
    /// `count`, `count as Name`
    Count(Option<Name>),
    /// `distinct a, b`, `distinct *`
    Distinct(Distinct),
    /// `summarize n = count() by a, bin(b, 1h)`
    Summarize(Summarize),
    /// `join kind=inner (T) on a, $left.b == $right.c`
    Join(Join),
    /// `lookup kind=inner (T) on a`
    Lookup(Join),
    /// `mv-expand kind=array a, b = c to typeof(long) limit 5`
    MvExpand(MvExpand),
    /// `as Name`
    As(As),
    /// `render timechart with (title = "x")`
    Render(Render),
    /// `print a = 1, 2`
    Print(Vec<Expr>),
    /// `range x from 1 to 5 step 1`
    Range(Box<Range>),
    /// `evaluate hint.distribution=single bag_unpack(x) : (*, a: long)`
    Evaluate(Evaluate),
    /// `parse kind=regex flags=U x with * 'a=' a: long *`
    Parse(Parse),
    /// `parse-where x with * 'a=' a: long *`: rows that do not match are dropped
    ParseWhere(Parse),
    /// `parse-kv x as (a: long, b: string) with (pair_delimiter=',')`
    ParseKv(ParseKv),
    /// `mv-apply a, b = c to typeof(long) limit 5 on (where a > 1 | summarize sum(b))`
    MvApply(MvApply),
    /// `make-series n = count() default=0 on t from a to b step 1h by c`
    MakeSeries(Box<MakeSeries>),
    /// `invoke f(x)`, `invoke database('d').f(x)`: an [`ExprKind::Call`](super::ExprKind::Call) or
    /// [`ExprKind::Method`](super::ExprKind::Method)
    Invoke(Expr),
    /// `search kind=case_sensitive in (A, B*) 'term' and x: 'y'`
    Search(Search),
    /// `find withsource=s in (A, B*) where x has 'a' project y, z: long, pack(*)`
    Find(Find),
    /// `serialize n = row_number()`
    Serialize(Serialize),
    /// `getschema`, `getschema kind=csl`
    GetSchema(Option<Property>),
    /// `scan with_match_id=m declare (a: long) with (step s: x > 1 => a = 5;)`
    Scan(Scan),
    /// `partition hint.strategy=native by x (top 1 by y)`, `partition by x { T | where z }`
    Partition(Partition),
    /// `__partitionby x (take 1)`, internal to Kusto
    PartitionBy(PartitionBy),
    /// `top-nested 3 of a with others = 'rest' by count(), top-nested of b by sum(c)`
    TopNested(Vec<TopNestedLevel>),
    /// `top-hitters 5 of a by b`
    TopHitters(TopHitters),
    /// `reduce kind=source by x with threshold=0.1, characters=' '`
    Reduce(Reduce),
    /// `sample 5`
    Sample(Sample),
    /// `sample-distinct 5 of x`
    SampleDistinct(SampleDistinct),
    /// `fork (where a) n = (where b | count)`
    Fork(Vec<ForkBranch>),
    /// `facet by a, b with (take 5)`
    Facet(Facet),
    /// `consume decodeblocks=true`
    Consume(OperatorParameters),
    /// `assert-schema (a: long, b: string)`
    AssertSchema(Vec<ColumnDeclaration>),
    /// `project-by-names 'a', dynamic(['b*'])`
    ProjectByNames(Vec<Expr>),
    /// `__executeAndCache`, internal to Kusto
    ExecuteAndCache,
    /// `macro-expand isfuzzy=true entity_group [A, B] as X (X.T | count)`
    MacroExpand(MacroExpand),
    /// `make-graph a --> b with nodes on id`
    MakeGraph(Box<MakeGraph>),
    /// `graph-match cycles=none (a)-[e*1..3]->(b) where a.x == 1 project b.y`
    GraphMatch(GraphMatch),
    /// `graph-shortest-paths output=all (a)-[e*1..3]->(b) where a.x == 1 project b.y`
    GraphShortestPaths(GraphMatch),
    /// `graph-to-table nodes as N with_node_id=i, edges as E`
    GraphToTable(Vec<GraphOutput>),
    /// `graph-mark-components kind=weak with_component_id=c`
    GraphMarkComponents(OperatorParameters),
    /// `graph-where-nodes p`
    GraphWhereNodes(Expr),
    /// `graph-where-edges p`
    GraphWhereEdges(Expr),
    /// No operator could be read here
    Error,
}

/// A column of `project-reorder`.
#[derive(Clone, PartialEq, Debug)]
pub struct ReorderColumn {
    /// A name or a wildcard.
    pub column: Expr,
    /// `asc`, `desc`, `granny-asc`, `granny-desc`
    pub order: Option<ReorderOrder>,
}

/// How `project-reorder` sorts the columns that a wildcard stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReorderOrder {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
    /// `granny-asc`: numbers in names count as numbers
    GrannyAsc,
    /// `granny-desc`
    GrannyDesc,
}

/// `union parameters tables`
#[derive(Clone, PartialEq, Debug)]
pub struct Union {
    /// `kind`, `withsource`, `isfuzzy`
    pub parameters: OperatorParameters,
    /// Names, wildcards, and pipelines in parentheses.
    pub tables: Vec<Expr>,
}

/// `sort by keys`
#[derive(Clone, PartialEq, Debug)]
pub struct Sort {
    /// `hint.*`
    pub parameters: OperatorParameters,
    /// Most significant first.
    pub keys: Vec<SortKey>,
}

/// `expression asc nulls first`
#[derive(Clone, PartialEq, Debug)]
pub struct SortKey {
    /// The sort key; in `top`, it can be named.
    pub expr: Expr,
    /// `asc` is true, `desc` is false; the default is `desc`.
    pub ascending: Option<bool>,
    /// `nulls first` is true.
    pub nulls_first: Option<bool>,
}

/// `top count by key`
#[derive(Clone, PartialEq, Debug)]
pub struct Top {
    /// `hint.*`
    pub parameters: OperatorParameters,
    /// The number of rows or values.
    pub count: Expr,
    /// Most significant first.
    pub keys: Vec<SortKey>,
}

/// `distinct columns`
#[derive(Clone, PartialEq, Debug)]
pub struct Distinct {
    /// `hint.*`
    pub parameters: OperatorParameters,
    /// Expressions, or one `*`.
    pub columns: Vec<Expr>,
}

/// `summarize aggregates by groups`
#[derive(Clone, PartialEq, Debug)]
pub struct Summarize {
    /// `hint.*`
    pub parameters: OperatorParameters,
    /// Before `by`.
    pub aggregates: Vec<Expr>,
    /// After `by`.
    pub by: Vec<Expr>,
    /// The position of `by`, if it is written.
    pub by_span: Option<Span>,
    /// `bin=1h` after the groups, an old notation of `bin(x, 1h)` for the last group.
    pub bin: Option<Expr>,
}

/// `join parameters right on conditions`, also `lookup`
#[derive(Clone, PartialEq, Debug)]
pub struct Join {
    /// `kind`, `hint.*`
    pub parameters: OperatorParameters,
    /// The right table.
    pub right: Expr,
    /// `on` or `where` conditions, comma separated.
    pub on: Vec<Expr>,
    /// The position of `on` or `where`.
    pub on_span: Option<Span>,
    /// Whether the keyword is `where`, which allows one condition.
    pub on_where: bool,
}

/// `mv-expand parameters columns limit n`
#[derive(Clone, PartialEq, Debug)]
pub struct MvExpand {
    /// `kind`, `bagexpansion`, `with_itemindex`
    pub parameters: OperatorParameters,
    /// Whether it is written `mvexpand`, which keeps at most 128 items.
    pub legacy: bool,
    /// The columns that are expanded together.
    pub columns: Vec<MvExpandColumn>,
    /// `limit n`
    pub limit: Option<Expr>,
}

/// `a = e to typeof(long)`
#[derive(Clone, PartialEq, Debug)]
pub struct MvExpandColumn {
    /// The expression, possibly named.
    pub expr: Expr,
    /// `to typeof(long)`
    pub to: Option<TypeOf>,
}

/// `as hint.materialized=true Name`
#[derive(Clone, PartialEq, Debug)]
pub struct As {
    /// `hint.materialized`
    pub parameters: OperatorParameters,
    /// The name.
    pub name: Name,
}

/// `render kind with (properties)`
#[derive(Clone, PartialEq, Debug)]
pub struct Render {
    /// `timechart`, `table` ...
    pub kind: Name,
    /// `title = "x"`, `kind = stacked`
    pub properties: Vec<Property>,
}

/// `range name from a to b step c`
#[derive(Clone, PartialEq, Debug)]
pub struct Range {
    /// The column.
    pub name: Name,
    /// First value.
    pub from: Expr,
    /// Last value, included if it is reached.
    pub to: Expr,
    /// Difference between values.
    pub step: Expr,
}

/// The columns of a schema in parentheses, and whether `*` is among them.
pub type Schema = (Vec<ColumnDeclaration>, bool);
