//! Scalar and tabular expressions. KQL has one grammar for both, and so does this tree.

use super::{
    ContextualDatatable, DataScope, Datatable, Externaldata, InlineExternalTable, Literal, MaterializedViewCombine,
    Name, Pipeline, TypeName,
};
use crate::Span;

/// An expression with its position.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its position in the text.
    pub span: Span,
}

impl From<Name> for Expr {
    fn from(name: Name) -> Self {
        Expr { span: name.span, kind: ExprKind::Name(name) }
    }
}

/// The forms of an expression.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// `5`, `'a'`, `dynamic([1])`
    Literal(Literal),
    /// `x`, `['a b']`, `$left`
    Name(Name),
    /// `Device*`, `*_s`: a name with wildcards, where these are allowed
    Wildcard(Name),
    /// `*`
    Star,
    /// `a.b`, `a.['b c']`; `database('d').T*`, where wildcards are allowed
    Path(Box<Expr>, Name),
    /// `a.f(x)`: `database('d').T`, `cluster('c').database('d')` and `workspace('w').T` are written with these and
    /// [`ExprKind::Path`]
    Method(Box<Expr>, Call),
    /// `a[0]`, `a['b']`
    Element(Box<Expr>, Box<Expr>),
    /// `f(x, y)`, `count()`
    Call(Call),
    /// `-x`, `+x`
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`, `a has b`
    Binary(Box<Binary>),
    /// `a in (1, 2)`, `a has_any (list)`, `a in~ ((T | project x))`
    In(Box<In>),
    /// `a between (1 .. 5)`
    Between(Box<Between>),
    /// `x = e` and `(a, b) = e`, where names are allowed
    Named(Box<Named>),
    /// `x : "term"`, in `search`; it binds like a string operator
    Match(Box<Expr>, Box<Expr>),
    /// `(e)`
    Parens(Box<Expr>),
    /// `T | where x`, also a pipeline that starts with `print`, `range`, `union`, `search`, `find`
    Pipeline(Box<Pipeline>),
    /// `datatable (a: long) [1, 2]`
    Datatable(Box<Datatable>),
    /// `externaldata (a: long) [@"file"] with (format = "csv")`
    Externaldata(Box<Externaldata>),
    /// `typeof(long)`. Calls whose argument is a pipeline, such as `toscalar(T | count)` and `materialize(T)`, are
    /// [`ExprKind::Call`]
    TypeOf(TypeOf),
    /// `toscalar kind=nooptimization (T)`, `totable kind=... (T)`: the call and its `kind`
    CallOfKind(Box<(Call, Property)>),
    /// `a, b`: the names in a property such as `ycolumns = a, b`
    Names(Vec<Name>),
    /// `{name}`: replaced by a workbook or a dashboard before the query runs
    Placeholder(Name),
    /// `T datascope=hotcache`
    DataScope(Box<(Expr, DataScope)>),
    /// `entity_group [cluster('c').database('d'), database('e')]`
    EntityGroup(Vec<Expr>),
    /// `inline_external_table (a: long) kind=storage dataformat=csv ('uri')`
    InlineExternalTable(Box<InlineExternalTable>),
    /// `__contextual_datatable id (a: long)`, internal to Kusto
    ContextualDatatable(Box<ContextualDatatable>),
    /// `materialized-view-combine (name) base (T) delta (T) aggregations (summarize count())`, internal to Kusto
    MaterializedViewCombine(Box<MaterializedViewCombine>),
    /// No expression could be read here; the reason is in the diagnostics
    Error,
}

/// `f(x, name = y)`
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// The arguments; a named one is an [`ExprKind::Named`].
    pub args: Vec<Expr>,
}

/// Prefix operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    /// `-x`
    Minus,
    /// `+x`
    Plus,
}

/// `left op right`. Chains are nested on the left and may be long: cloning, comparing and dropping a chain does not recurse.
#[derive(Debug)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// The position of the operator.
    pub op_span: Span,
    /// Left operand.
    pub left: Expr,
    /// Right operand.
    pub right: Expr,
}

/// Infix operators with an expression on both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[allow(missing_docs)] // named as in Microsoft's SyntaxKind; spelling in `BinaryOp::text`
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    EqualTilde,
    BangTilde,
    Has,
    NotHas,
    HasCs,
    NotHasCs,
    HasPrefix,
    NotHasPrefix,
    HasPrefixCs,
    NotHasPrefixCs,
    HasSuffix,
    NotHasSuffix,
    HasSuffixCs,
    NotHasSuffixCs,
    Contains,
    NotContains,
    ContainsCs,
    NotContainsCs,
    StartsWith,
    NotStartsWith,
    StartsWithCs,
    NotStartsWithCs,
    EndsWith,
    NotEndsWith,
    EndsWithCs,
    NotEndsWithCs,
    Like,
    NotLike,
    LikeCs,
    NotLikeCs,
    MatchesRegex,
}

/// `left in (items)`
#[derive(Clone, PartialEq, Debug)]
pub struct In {
    /// The operator.
    pub op: InOp,
    /// The position of the operator.
    pub op_span: Span,
    /// What is looked for.
    pub left: Expr,
    /// The items in the parentheses: scalars, or one pipeline.
    pub items: Vec<Expr>,
    /// The parentheses and everything between them.
    pub items_span: Span,
}

/// Infix operators with a list on the right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[allow(missing_docs)] // spelling in `InOp::text`
pub enum InOp {
    In,
    NotIn,
    InCs,
    NotInCs,
    HasAny,
    HasAll,
}

/// `value between (low .. high)`
#[derive(Clone, PartialEq, Debug)]
pub struct Between {
    /// `!between`
    pub negated: bool,
    /// The position of the operator.
    pub op_span: Span,
    /// The tested value.
    pub value: Expr,
    /// Lower bound, included.
    pub low: Expr,
    /// Upper bound, included.
    pub high: Expr,
}

/// `x = e`, `(a, b) = e`
#[derive(Clone, PartialEq, Debug)]
pub struct Named {
    /// One name, or several in parentheses.
    pub names: Vec<Name>,
    /// Whether the names are in parentheses.
    pub tuple: bool,
    /// The named expression.
    pub value: Expr,
}

/// `name: type`
#[derive(Clone, PartialEq, Debug)]
pub struct ColumnDeclaration {
    /// The column.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
}

/// `name = value`, in `with (...)`, `set`, and operator parameters such as `kind=inner`, `hint.strategy=shuffle`.
#[derive(Clone, PartialEq, Debug)]
pub struct Property {
    /// The name, dots included.
    pub name: Name,
    /// The value; a bare word is an [`ExprKind::Name`].
    pub value: Expr,
}

/// `typeof(long)`, `typeof(a: long, b: string)`
#[derive(Clone, PartialEq, Debug)]
pub enum TypeOf {
    /// `typeof(long)`
    Scalar(TypeName),
    /// `typeof(a: long, *)`: the columns, and whether `*` is among them
    Tabular(Vec<ColumnDeclaration>, bool),
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn text(self) -> &'static str {
        use BinaryOp::*;
        match self {
            Or => "or",
            And => "and",
            Equal => "==",
            NotEqual => "!=",
            LessThan => "<",
            LessThanOrEqual => "<=",
            GreaterThan => ">",
            GreaterThanOrEqual => ">=",
            Add => "+",
            Subtract => "-",
            Multiply => "*",
            Divide => "/",
            Modulo => "%",
            EqualTilde => "=~",
            BangTilde => "!~",
            Has => "has",
            NotHas => "!has",
            HasCs => "has_cs",
            NotHasCs => "!has_cs",
            HasPrefix => "hasprefix",
            NotHasPrefix => "!hasprefix",
            HasPrefixCs => "hasprefix_cs",
            NotHasPrefixCs => "!hasprefix_cs",
            HasSuffix => "hassuffix",
            NotHasSuffix => "!hassuffix",
            HasSuffixCs => "hassuffix_cs",
            NotHasSuffixCs => "!hassuffix_cs",
            Contains => "contains",
            NotContains => "!contains",
            ContainsCs => "contains_cs",
            NotContainsCs => "!contains_cs",
            StartsWith => "startswith",
            NotStartsWith => "!startswith",
            StartsWithCs => "startswith_cs",
            NotStartsWithCs => "!startswith_cs",
            EndsWith => "endswith",
            NotEndsWith => "!endswith",
            EndsWithCs => "endswith_cs",
            NotEndsWithCs => "!endswith_cs",
            Like => "like",
            NotLike => "notlike",
            LikeCs => "like_cs",
            NotLikeCs => "notlike_cs",
            MatchesRegex => "matches regex",
        }
    }
}

impl InOp {
    /// The operator as it is written.
    pub fn text(self) -> &'static str {
        match self {
            InOp::In => "in~",
            InOp::NotIn => "!in~",
            InOp::InCs => "in",
            InOp::NotInCs => "!in",
            InOp::HasAny => "has_any",
            InOp::HasAll => "has_all",
        }
    }
}

impl Binary {
    /// This operator and those to the left of it, outermost first.
    fn chain(&self) -> Vec<&Binary> {
        let mut chain = vec![self];
        let mut left = &self.left;
        while let ExprKind::Binary(binary) = &left.kind {
            chain.push(binary);
            left = &binary.left;
        }
        chain
    }
}

impl Clone for Binary {
    fn clone(&self) -> Self {
        let chain = self.chain();
        let mut left = chain.last().map_or(&self.left, |last| &last.left).clone();
        for (n, link) in chain.iter().enumerate().skip(1).rev() {
            let binary = Binary { op: link.op, op_span: link.op_span, left, right: link.right.clone() };
            let span = chain.get(n - 1).map_or(link.op_span, |outer| outer.left.span);
            left = Expr { kind: ExprKind::Binary(Box::new(binary)), span };
        }
        Binary { op: self.op, op_span: self.op_span, left, right: self.right.clone() }
    }
}

impl PartialEq for Binary {
    fn eq(&self, other: &Self) -> bool {
        let (mine, others) = (self.chain(), other.chain());
        let same = |(a, b): (&&Binary, &&Binary)| {
            a.op == b.op && a.op_span == b.op_span && a.right == b.right && a.left.span == b.left.span
        };
        let first_operands = match (mine.last(), others.last()) {
            (Some(a), Some(b)) => a.left.kind == b.left.kind,
            _ => false,
        };
        mine.len() == others.len() && first_operands && mine.iter().zip(&others).all(same)
    }
}

impl Drop for Binary {
    // a chain of many thousand operators must not be dropped recursively
    fn drop(&mut self) {
        let mut next = std::mem::replace(&mut self.left.kind, ExprKind::Error);
        while let ExprKind::Binary(mut binary) = next {
            next = std::mem::replace(&mut binary.left.kind, ExprKind::Error);
        }
    }
}
