//! Statements, which are separated by semicolons.

use super::{ColumnDeclaration, Expr, Name, Property, TypeName};
use crate::Span;

/// A whole query.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Query {
    /// In the order of the text.
    pub statements: Vec<Statement>,
}

/// A statement with its position.
#[derive(Clone, PartialEq, Debug)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Its position in the text, without the semicolon.
    pub span: Span,
}

/// The forms of a statement.
#[derive(Clone, PartialEq, Debug)]
pub enum StatementKind {
    /// `let x = ...`
    Let(Let),
    /// `set notruncation`, `set truncationmaxrecords = 5`
    Set(Name, Option<Expr>),
    /// `declare query_parameters(a: long = 5)`
    DeclareQueryParameters(Vec<Parameter>),
    /// `declare pattern p = (a: string)[b: string] { ('x').['y'] = { T }; }`
    DeclarePattern(Pattern),
    /// `alias database d = cluster('c').database('d')`
    Alias(Name, Expr),
    /// `restrict access to (A, B*, database('d').*)`
    Restrict(Restrict),
    /// `T | where x`, `print 1`, and a bare expression such as `T` or `f(x)`
    Expr(Expr),
    /// No statement could be read here
    Error,
}

/// `let name = value`
#[derive(Clone, PartialEq, Debug)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// The value it stands for.
    pub value: LetValue,
}

/// The right side of a `let`.
#[derive(Clone, PartialEq, Debug)]
pub enum LetValue {
    /// `let x = 5`, `let t = T | where y`
    Expr(Expr),
    /// `let f = (a: long) { a + 1 }`, `let v = view () { T }`
    Function(Function),
}

/// `view (parameters) { statements }`
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// `view`
    pub view: bool,
    /// In the order of the text.
    pub parameters: Vec<Parameter>,
    /// The statements in the braces; the last one is the result.
    pub body: Vec<Statement>,
    /// The position of the whole text.
    pub span: Span,
}

/// `a: long = 5`, `T: (x: long, *)`
#[derive(Clone, PartialEq, Debug)]
pub struct Parameter {
    /// The name.
    pub name: Name,
    /// Its type.
    pub ty: ParameterType,
    /// The default, a literal.
    pub default: Option<Expr>,
}

/// The type of a parameter.
#[derive(Clone, PartialEq, Debug)]
pub enum ParameterType {
    /// `long`
    Scalar(TypeName),
    /// `(x: long, *)`: the required columns, and whether others are allowed (`*`)
    Tabular(Vec<ColumnDeclaration>, bool),
}

/// `source | operator | operator`
#[derive(Clone, PartialEq, Debug)]
pub struct Pipeline {
    /// The source; `None` if the first operator is one (`print`, `range`, `union`, `search`, `find`).
    pub source: Option<Expr>,
    /// In the order of the text.
    pub operators: Vec<super::Operator>,
}

/// Parameters of an operator, in the order of the text: `kind=inner`, `hint.strategy=shuffle`.
pub type OperatorParameters = Vec<Property>;

/// `declare pattern name = (parameters)[path] { matches }`
#[derive(Clone, PartialEq, Debug)]
pub struct Pattern {
    /// The name.
    pub name: Name,
    /// `None` if the pattern is only announced.
    pub declaration: Option<PatternDeclaration>,
}

/// `(parameters)[path] { matches }`
#[derive(Clone, PartialEq, Debug)]
pub struct PatternDeclaration {
    /// In the order of the text.
    pub parameters: Vec<ColumnDeclaration>,
    /// `[b: string]`
    pub path: Option<ColumnDeclaration>,
    /// In the order of the text.
    pub matches: Vec<PatternMatch>,
}

/// `('x').['y'] = { T };`
#[derive(Clone, PartialEq, Debug)]
pub struct PatternMatch {
    /// The arguments that it matches.
    pub arguments: Vec<Expr>,
    /// The path that it matches.
    pub path: Option<Expr>,
    /// The statements in the braces; the last one is the result.
    pub body: Vec<Statement>,
    /// The position of the whole text.
    pub span: Span,
}

/// `restrict access to (entities) with (properties)`
#[derive(Clone, PartialEq, Debug)]
pub struct Restrict {
    /// Names, paths and wildcards.
    pub entities: Vec<Expr>,
    /// `AllowManagedIdentityAuthentication=true`
    pub properties: Vec<Property>,
}
