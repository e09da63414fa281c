//! Parameters, return types and result names.

use crate::types::ScalarType;

/// One way to call a function.
#[derive(Debug)]
pub struct Signature {
    /// In order. Repeated ones form one group, which can occur any number of times.
    pub parameters: &'static [Parameter],
    /// The type of the result.
    pub returns: Returns,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name, which a named argument can use.
    pub name: &'static str,
    /// The types that it accepts.
    pub ty: ParameterType,
    /// The form that the argument must have.
    pub kind: ArgumentKind,
    /// Whether it can be omitted.
    pub optional: bool,
    /// The maximum number of occurrences; 1 for an ordinary parameter.
    pub max: u32,
    /// The texts that it accepts; `None` for all.
    pub values: Option<&'static Values>,
}

/// The texts that a parameter accepts.
#[derive(Debug)]
pub struct Values {
    /// In the order in which an error lists them.
    pub listed: &'static [&'static str],
    /// Older ones, which errors do not list.
    pub old: &'static [&'static str],
    /// Whether the texts are case-sensitive.
    pub cased: bool,
}

impl Values {
    /// Whether a text is one of them.
    pub fn accepts(&self, text: &str) -> bool {
        let same = |value: &&str| if self.cased { *value == text } else { value.eq_ignore_ascii_case(text) };
        self.listed.iter().chain(self.old).any(same)
    }

    /// All that are listed, for a message: `a, b or c`.
    pub fn list(&self) -> String {
        match self.listed {
            [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            all => all.concat(),
        }
    }
}

/// The types a parameter accepts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParameterType {
    /// Only this one (and types that convert implicitly: int to long to real to decimal, dynamic to string).
    Is(ScalarType),
    /// One of these.
    OneOf(&'static [ScalarType]),
    /// Any scalar.
    Scalar,
    /// int, long, real, decimal
    Number,
    /// int, long
    Integer,
    /// A number or a bool.
    NumberOrBool,
    /// A bool, or a number, which is true unless it is 0.
    Truth,
    /// A number, datetime or timespan.
    Summable,
    /// All except dynamic and guid.
    Orderable,
    /// All except bool.
    NotBool,
    /// All except dynamic.
    NotDynamic,
    /// string, dynamic
    StringOrDynamic,
    /// A dynamic that contains an array.
    DynamicArray,
    /// A dynamic that contains a property bag.
    DynamicBag,
    /// Any scalar; all such parameters must have the same type.
    CommonScalar,
    /// Any scalar; dynamic if the types differ.
    CommonScalarOrDynamic,
    /// All except dynamic and guid; all such parameters must have the same type.
    CommonOrderable,
    /// A type literal, `typeof(long)`.
    TypeLiteral,
}

/// The form an argument must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Any expression.
    Expression,
    /// A constant.
    Constant,
    /// A literal.
    Literal,
    /// A column.
    Column,
    /// An expression or `*`.
    StarAllowed,
}

/// The type of a call.
#[derive(Debug, Clone, Copy)]
pub enum Returns {
    /// This one.
    Is(ScalarType),
    /// The type of argument n.
    Parameter(usize),
    /// The type of argument n, with int widened to long.
    Promoted(usize),
    /// The widest numeric type of all arguments.
    Widest,
    /// The common type of the arguments for [`ParameterType::CommonScalar`] and similar parameters.
    Common,
    /// The common type; dynamic if one of several types is dynamic; a string and other types have none.
    CommonOrDynamic,
    /// The common type; dynamic if it is dynamic or does not exist; a dynamic argument gets the type of the others.
    CommonNonDynamic,
    /// The type named by the `typeof()` argument n.
    Literal(usize),
    /// A type that depends on the text of argument n, a literal.
    ByLiteral(usize, fn(&str) -> ScalarType),
    /// Several columns, depending on the number of arguments. The value is a dynamic array of them, or the only one.
    Columns(fn(usize) -> Vec<OutputColumn>),
}

/// One of several columns that a scalar function returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputColumn {
    /// If `None`, the column's name consists of the names of the function and the first argument, and the suffix:
    /// `series_stats_x_min`. Otherwise, it is the name of that argument (`array0` and so on if it has none) and the suffix:
    /// `x_sorted`.
    pub argument: Option<usize>,
    /// The end of its name.
    pub suffix: &'static str,
    /// Its type.
    pub ty: ScalarType,
}

impl OutputColumn {
    /// A column named after the function and its first argument.
    pub const fn new(suffix: &'static str, ty: ScalarType) -> OutputColumn {
        OutputColumn { argument: None, suffix, ty }
    }
}

/// The default name of a call's column.
#[derive(Debug, Clone, Copy)]
pub enum ResultName {
    /// `Column1`, `Column2`
    None,
    /// The name of the first argument: `tostring(x)` is `x`.
    FirstArgument,
    /// The name of the argument if there is only one, otherwise none.
    OnlyArgument,
    /// The function's name and that of the first argument: `strlen_x`.
    NameAndFirstArgument,
    /// A prefix and the name of the first argument: `list_x`.
    Prefix(&'static str),
    /// Only the prefix: `count_`.
    PrefixOnly(&'static str),
    /// The name of the first argument and an ending: `x_sorted`.
    Suffix(&'static str),
    /// The text of the first argument, if it is the name of a column.
    NamedColumn,
    /// The function's name and those of the first two arguments: `covariance_x_y`.
    NameAndTwoArguments,
    /// For several columns, each by its argument.
    Each(OutputName),
    /// A prefix, the name of the first argument, and the percentage in the last argument: `percentile_x_95`. If
    /// there are several percentages, one column for each.
    Percentage(&'static str),
}

/// Names the columns of an aggregate that has several: from the position, and the name of the argument.
pub type OutputName = fn(&OutputPlace, Option<String>) -> Option<String>;

/// The position of an aggregate's column.
pub struct OutputPlace<'n> {
    /// The index of its argument.
    pub at: usize,
    /// The number of arguments.
    pub of: usize,
    /// The name of the first argument, empty if it has none.
    pub first: &'n str,
}

impl ResultName {
    /// The name of a call with this number of arguments, from the function's name and those of the arguments. The binder
    /// handles the names that depend on the table or on a percentage.
    pub fn of(self, function: &str, arguments: usize, name: impl Fn(usize) -> Option<String>) -> Option<String> {
        let first = || name(0);
        match self {
            ResultName::None | ResultName::NamedColumn => None,
            ResultName::FirstArgument => first(),
            ResultName::OnlyArgument => first().filter(|_| arguments == 1),
            ResultName::NameAndFirstArgument | ResultName::Percentage(_) => {
                Some(format!("{function}_{}", first().unwrap_or_default()))
            }
            ResultName::NameAndTwoArguments => {
                Some(format!("{function}_{}_{}", first().unwrap_or_default(), name(1).unwrap_or_default()))
            }
            ResultName::Prefix(prefix) => Some(format!("{prefix}_{}", first().unwrap_or_default())),
            ResultName::PrefixOnly(prefix) => Some(prefix.to_owned()),
            ResultName::Suffix(suffix) => first().map(|name| format!("{name}{suffix}")),
            ResultName::Each(rule) => {
                let first = first();
                let place = OutputPlace { at: 0, of: arguments, first: first.as_deref().unwrap_or_default() };
                rule(&place, first.clone())
            }
        }
    }
}

/// A required parameter.
pub const fn p(name: &'static str, ty: ParameterType) -> Parameter {
    Parameter { name, ty, kind: ArgumentKind::Expression, optional: false, max: 1, values: None }
}

/// An optional parameter.
pub const fn optional(name: &'static str, ty: ParameterType) -> Parameter {
    Parameter { optional: true, ..p(name, ty) }
}

/// A parameter that can occur up to `max` times.
pub const fn repeated(name: &'static str, ty: ParameterType, max: u32) -> Parameter {
    Parameter { max, ..p(name, ty) }
}

/// A signature.
pub const fn sig(parameters: &'static [Parameter], returns: Returns) -> Signature {
    Signature { parameters, returns }
}

impl Parameter {
    /// Requires a form of the argument.
    pub const fn kind(self, kind: ArgumentKind) -> Parameter {
        Parameter { kind, ..self }
    }

    /// Requires a literal with one of these texts.
    pub const fn one_of(self, values: &'static Values) -> Parameter {
        Parameter { kind: ArgumentKind::Literal, values: Some(values), ..self }
    }
}

impl Signature {
    /// The minimum number of arguments.
    pub fn min(&self) -> usize {
        self.parameters.iter().filter(|p| !p.optional).count()
    }

    /// The maximum number of arguments.
    pub fn max(&self) -> usize {
        self.parameters.iter().map(|p| p.max as usize).fold(0, usize::saturating_add)
    }

    /// The parameter of argument `i` of `n`.
    pub fn parameter(&self, i: usize, n: usize) -> Option<&Parameter> {
        let Some(first) = self.parameters.iter().position(|p| p.max > 1) else { return self.parameters.get(i) };
        let group = self.parameters.iter().filter(|p| p.max > 1).count();
        let tail = self.parameters.len() - first - group;
        if i < first {
            self.parameters.get(i)
        } else if i + tail >= n {
            self.parameters.get(self.parameters.len() - (n - i))
        } else {
            self.parameters.get(first + (i - first) % group)
        }
    }

    /// Whether `n` arguments are valid; repeated groups must be complete.
    pub fn fits_count(&self, n: usize) -> bool {
        let group = self.parameters.iter().filter(|p| p.max > 1).count();
        n >= self.min() && n <= self.max() && (group < 2 || (n - (self.parameters.len() - group)).is_multiple_of(group))
    }
}

impl ParameterType {
    /// Whether a value of type `ty` is accepted, including implicit conversions.
    pub fn accepts(self, ty: ScalarType) -> bool {
        use ScalarType as T;
        if ty == T::Unknown {
            return true;
        }
        match self {
            ParameterType::Is(want) => converts(ty, want),
            ParameterType::OneOf(all) => all.iter().any(|want| converts(ty, *want)),
            ParameterType::Scalar | ParameterType::CommonScalar | ParameterType::CommonScalarOrDynamic => true,
            ParameterType::Number => ty.is_number(),
            ParameterType::Integer => ty.is_integer(),
            ParameterType::NumberOrBool | ParameterType::Truth => ty.is_number() || ty == T::Bool,
            ParameterType::Summable => ty.is_summable(),
            ParameterType::Orderable | ParameterType::CommonOrderable => !matches!(ty, T::Dynamic | T::Guid),
            ParameterType::NotBool => ty != T::Bool,
            ParameterType::NotDynamic => ty != T::Dynamic,
            ParameterType::StringOrDynamic => matches!(ty, T::String | T::Dynamic),
            ParameterType::DynamicArray | ParameterType::DynamicBag => ty == T::Dynamic,
            ParameterType::TypeLiteral => false,
        }
    }

    /// One of the accepted types: string if possible.
    pub fn one(self) -> ScalarType {
        let all = || ScalarType::ALL.into_iter();
        match self {
            ParameterType::Is(ty) => ty,
            ParameterType::OneOf(types) => {
                let string = types.iter().find(|ty| **ty == ScalarType::String);
                string.or(types.first()).copied().unwrap_or(ScalarType::String)
            }
            ParameterType::Number | ParameterType::NumberOrBool | ParameterType::Integer => ScalarType::Long,
            _ if self.accepts(ScalarType::String) => ScalarType::String,
            _ => all().find(|ty| self.accepts(*ty)).unwrap_or(ScalarType::String),
        }
    }

    /// How well `ty` fits, for choosing between signatures: 2 exactly, 1 by conversion, 0 not at all.
    pub fn score(self, ty: ScalarType) -> u32 {
        match self {
            _ if !self.accepts(ty) => 0,
            ParameterType::Is(want) if want != ty => 1,
            ParameterType::OneOf(all) if !all.contains(&ty) => 1,
            _ => 2,
        }
    }
}

/// Whether a value of type `from` is converted to `to` implicitly.
pub fn converts(from: ScalarType, to: ScalarType) -> bool {
    use ScalarType::*;
    from == to
        || from == Unknown
        || matches!(
            (from, to),
            (Int, Long | Real | Decimal) | (Long, Real | Decimal) | (Real, Decimal) | (Dynamic, String)
        )
}
