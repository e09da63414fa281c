//! Tabular operators: what stands between pipes.

use super::{ColumnDeclaration, Expr, Name, OperatorParameters, Property, TypeOf};
use crate::Span;

/// A tabular operator with its place.
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
    /// A place where no operator could be read
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
    /// What is sorted by; in `top`, it may be named.
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
    /// How many.
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
    /// Whether `by` is written.
    pub by_span: Option<Span>,
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
}

/// `mv-expand parameters columns limit n`
#[derive(Clone, PartialEq, Debug)]
pub struct MvExpand {
    /// `kind`, `bagexpansion`, `with_itemindex`
    pub parameters: OperatorParameters,
    /// Whether it was written `mvexpand`, which keeps at most 128 items.
    pub legacy: bool,
    /// What is expanded, in step.
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
    /// Last value, included if hit.
    pub to: Expr,
    /// Distance.
    pub step: Expr,
}

/// The columns of a schema in parentheses, and whether `*` stands among them.
pub type Schema = (Vec<ColumnDeclaration>, bool);
