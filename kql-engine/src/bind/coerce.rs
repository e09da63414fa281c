//! Implicit conversions.

use crate::functions::operators;
use crate::plan::Expr;
use crate::registry::{ParameterType, Returns, ScalarFunction, Signature};
use crate::types::ScalarType;
use ScalarType as T;

/// Operands converted to the types that the operator's kernel expects, and the type of its result.
pub struct Operands {
    /// The converted operands.
    pub args: Vec<Expr>,
    /// The type of the result.
    pub returns: ScalarType,
}

/// The wider of two numeric types, in the order int, long, real, decimal.
pub fn widest(a: T, b: T) -> Option<T> {
    match (a, b) {
        (T::Unknown, x) | (x, T::Unknown) => Some(x),
        (a, b) if a == b => Some(a),
        (a, b) if a.is_number() && b.is_number() => Some(a.max(b)), // declared in the order of width
        _ => None,
    }
}

/// Whether an operator computes with numbers or times.
pub fn computes(function: &ScalarFunction) -> bool {
    use operators::{ADD, DIVIDE, MODULO, MULTIPLY, SUBTRACT};
    [&ADD, &SUBTRACT, &MULTIPLY, &DIVIDE, &MODULO].contains(&function)
}

/// Converts operands of unknown type to the type of the others, or to one that the operator accepts.
pub fn typed(function: &'static ScalarFunction, args: Vec<Expr>) -> Vec<Expr> {
    if !args.iter().any(Expr::is_untyped) {
        return args;
    }
    let other = args.iter().map(|a| a.ty).find(|ty| *ty != T::Unknown);
    let accepts = |ty: T| function.signatures.iter().any(|s| s.parameters.iter().any(|p| p.ty.accepts(ty)));
    let first = || T::ALL.into_iter().find(|ty| accepts(*ty)).unwrap_or(T::String);
    let own = || if accepts(T::String) { T::String } else { first() };
    let to = other.filter(|ty| *ty != T::Dynamic).unwrap_or_else(own);
    args.into_iter().map(|a| a.convert_unknown(to)).collect()
}

/// Converts the operands of an operator by its signatures. `None` if it is not defined for them.
pub fn operands(function: &'static ScalarFunction, args: Vec<Expr>) -> Option<Operands> {
    let args = dynamic_beside(function, args);
    let types: Vec<T> = args.iter().map(|a| a.ty).collect();
    let signature = best(function.signatures, &types)?;
    if types.len() == 2 && signature.parameters.iter().all(|p| p.ty == ParameterType::Scalar) {
        // equality accepts any two scalars
        let to = comparable(&args[0], &args[1])?;
        return Some(Operands { args: args.into_iter().map(|a| a.convert(to)).collect(), returns: T::Bool });
    }
    let returns = returns(signature, &args, &[])?;
    Some(Operands { args: arguments(signature, args, returns), returns })
}

/// Converts a dynamic operand if the other one is a number: to a real for comparing, so that nothing is truncated, and to
/// the other's type for computing.
fn dynamic_beside(function: &'static ScalarFunction, args: Vec<Expr>) -> Vec<Expr> {
    use operators::{GREATER, GREATER_OR_EQUAL, LESS, LESS_OR_EQUAL};
    let compares = [&LESS, &LESS_OR_EQUAL, &GREATER, &GREATER_OR_EQUAL].contains(&function);
    let computes = computes(function);
    if !compares && !computes {
        return args;
    }
    match <[Expr; 2]>::try_from(args) {
        Ok([left, right]) => {
            let (l, r) = (left.ty, right.ty);
            let target = |other: T| if compares && other.is_integer() { T::Real } else { other };
            match (l, r) {
                (T::Dynamic, other) if other.is_number() => vec![left.convert(target(other)), right],
                (other, T::Dynamic) if other.is_number() => vec![left, right.convert(target(other))],
                _ => vec![left, right],
            }
        }
        Err(args) => args,
    }
}

/// The type in which two scalars are compared by `==`.
fn comparable(left: &Expr, right: &Expr) -> Option<T> {
    let (l, r) = (left.ty, right.ty);
    if (l, r) == (T::Dynamic, T::Dynamic) {
        return None;
    }
    if let Some(number) = widest(l, r) {
        return Some(number);
    }
    Some(match (l, r) {
        (T::Dynamic, other) | (other, T::Dynamic) => other,
        // a number and a bool are compared as numbers
        (T::Bool, n) | (n, T::Bool) if n.is_number() => n,
        // a string and another type: the constant is converted to the column's type, so that "4624" finds 4624 and 0
        // finds "0"
        (T::String, _) if right.as_constant().is_some() && left.as_constant().is_none() => T::String,
        (_, T::String) if left.as_constant().is_some() && right.as_constant().is_none() => T::String,
        (T::String, other) | (other, T::String) => other,
        _ => return None,
    })
}

/// The items of `in` in the type of the left side; a dynamic among them is a list and is not converted.
pub fn membership(args: Vec<Expr>, text_only: bool) -> Vec<Expr> {
    let mut args = args.into_iter();
    let Some(left) = args.next() else { return Vec::new() };
    let items: Vec<Expr> = args.collect();
    let mut to = left.ty;
    if left.is_untyped() {
        let known = items.iter().map(|i| i.ty).find(|ty| !matches!(ty, T::Unknown | T::Dynamic));
        to = known.filter(|_| !text_only).unwrap_or(T::String);
    }
    if to.is_number() {
        to = items.iter().filter(|i| i.ty.is_number()).fold(to, |to, i| widest(to, i.ty).unwrap_or(to));
    }
    let left = left.convert(to);
    let items = items.into_iter().map(|i| if i.ty == T::Dynamic { i } else { i.convert(to) });
    std::iter::once(left).chain(items).collect()
}

/// Value and bounds of `between` in one type. A timespan as upper bound of a datetime is a distance from the lower bound.
pub fn between(args: Vec<Expr>) -> Result<Vec<Expr>, ()> {
    let types: Vec<T> = args.iter().map(|a| a.ty).collect();
    let [value, low, high] = types[..] else { return Err(()) };
    let to = match (value, low, high) {
        _ if args.iter().any(Expr::is_error) => return Ok(args),
        (T::Unknown, ..) | (_, T::Unknown, _) | (.., T::Unknown) => {
            // a column of an unknown type gets the type of the others
            let ty = types.iter().copied().find(|ty| *ty != T::Unknown).unwrap_or(T::Datetime);
            return between(args.into_iter().map(|a| a.convert_unknown(ty)).collect());
        }
        (T::Datetime, T::Datetime, T::Datetime) => T::Datetime,
        (T::Datetime, T::Datetime, T::Timespan) => {
            let Ok([value, low, high]) = <[Expr; 3]>::try_from(args) else { return Err(()) };
            let span = high.span;
            let add = crate::functions::operators::binary(kql_parser::ast::BinaryOp::Add);
            let high = Expr::call(add, vec![low.clone(), high], T::Datetime, span);
            return Ok(vec![value, low, high]);
        }
        (T::Timespan, T::Timespan, T::Timespan) => T::Timespan,
        (T::Bool, T::Bool, T::Bool) => T::Bool,
        (T::Dynamic, low, high) if low.is_summable() => widest(low, high).or((low == high).then_some(low)).ok_or(())?,
        (value, low, high) if value.is_number() && low.is_number() && high.is_number() => {
            widest(value, low).and_then(|t| widest(t, high)).ok_or(())?
        }
        _ => return Err(()),
    };
    Ok(args.into_iter().map(|a| a.convert(to)).collect())
}

/// The signature that fits the types best; `None` if none fits.
pub fn best<'s>(signatures: &'s [Signature], types: &[T]) -> Option<&'s Signature> {
    let mut found: Option<(u32, &Signature)> = None;
    for signature in signatures.iter().filter(|s| s.fits_count(types.len())) {
        let mut score = 0;
        let fits = types.iter().enumerate().all(|(i, ty)| {
            let s = signature.parameter(i, types.len()).map_or(0, |p| p.ty.score(*ty));
            score += s;
            s > 0
        });
        if fits && found.is_none_or(|(best, _)| score > best) {
            found = Some((score, signature));
        }
    }
    found.map(|(_, s)| s)
}

/// Converts arguments of unknown type to types that the parameters accept.
pub fn known_arguments(signature: &Signature, args: Vec<Expr>) -> Vec<Expr> {
    if !args.iter().any(Expr::is_untyped) {
        return args;
    }
    let n = args.len();
    let common = |ty: ParameterType| {
        matches!(
            ty,
            ParameterType::CommonScalar | ParameterType::CommonScalarOrDynamic | ParameterType::CommonOrderable
        )
    };
    let others = args.iter().enumerate().filter(|(i, _)| signature.parameter(*i, n).is_some_and(|p| common(p.ty)));
    let other = others.map(|(_, a)| a.ty).find(|ty| *ty != T::Unknown);
    let wanted: Vec<T> = (0..n)
        .map(|i| match signature.parameter(i, n) {
            Some(p) if common(p.ty) => other.unwrap_or(T::String),
            Some(p) => p.ty.one(),
            None => T::String,
        })
        .collect();
    args.into_iter().zip(wanted).map(|(a, ty)| a.convert_unknown(ty)).collect()
}

/// The type of a call; `None` if the arguments need a common type and have none.
pub fn returns(signature: &Signature, args: &[Expr], literals: &[Option<T>]) -> Option<T> {
    let types: &[T] = &args.iter().map(|a| a.ty).collect::<Vec<_>>();
    let common = |kind: &[ParameterType]| {
        let types: Vec<T> = types
            .iter()
            .enumerate()
            .filter(|(i, _)| signature.parameter(*i, types.len()).is_some_and(|p| kind.contains(&p.ty)))
            .map(|(_, t)| *t)
            .collect();
        types
    };
    Some(match signature.returns {
        Returns::Is(ty) => ty,
        Returns::Parameter(n) => *types.get(n)?,
        Returns::Promoted(n) => match *types.get(n)? {
            T::Int => T::Long,
            ty => ty,
        },
        Returns::Widest => match types.iter().copied().try_fold(T::Unknown, widest)? {
            T::Int => T::Long,
            ty => ty,
        },
        Returns::Common => common(&[ParameterType::CommonScalar, ParameterType::CommonOrderable])
            .into_iter()
            .try_fold(T::Unknown, widest)?,
        Returns::CommonOrDynamic => {
            let types = common(&[ParameterType::CommonScalar]);
            match types.iter().copied().try_fold(T::Unknown, widest) {
                Some(ty) => ty,
                None if types.contains(&T::Dynamic) && !types.contains(&T::String) => T::Dynamic,
                None => return None,
            }
        }
        Returns::CommonNonDynamic => {
            let types = common(&[ParameterType::CommonScalarOrDynamic]);
            let others = types.iter().copied().filter(|t| *t != T::Dynamic);
            match others.clone().try_fold(T::Unknown, widest) {
                Some(T::Unknown) if types.contains(&T::Unknown) => T::Unknown,
                Some(T::Unknown) => T::Dynamic,
                Some(ty) => ty,
                None => T::Dynamic,
            }
        }
        Returns::Literal(n) => (*literals.get(n)?)?,
        Returns::Columns(_) => T::Dynamic,
        Returns::ByLiteral(n, of) => {
            of(args.get(n).and_then(Expr::as_constant).and_then(crate::value::Value::as_text).unwrap_or(""))
        }
    })
}

/// Converts the arguments to the types of the parameters.
pub fn arguments(signature: &Signature, args: Vec<Expr>, returns: T) -> Vec<Expr> {
    let n = args.len();
    let widest_number = args.iter().map(|a| a.ty).filter(|t| t.is_number()).max();
    let numeric = matches!(signature.returns, Returns::Widest);
    args.into_iter()
        .enumerate()
        .map(|(i, arg)| {
            let Some(parameter) = signature.parameter(i, n) else { return arg };
            match parameter.ty {
                ParameterType::Is(to) => arg.convert(to),
                ParameterType::Truth => arg.convert(T::Bool),
                ParameterType::OneOf(all) if !all.contains(&arg.ty) => {
                    match all.iter().find(|to| crate::registry::converts_to(arg.ty, **to)) {
                        Some(to) => arg.convert(*to),
                        None => arg,
                    }
                }
                ParameterType::CommonScalar | ParameterType::CommonScalarOrDynamic | ParameterType::CommonOrderable => {
                    arg.convert(returns)
                }
                ParameterType::Number if numeric => arg.convert(returns),
                // numbers are compared in the wider type
                ParameterType::Number | ParameterType::NumberOrBool if returns == T::Bool => {
                    let to = widest_number.unwrap_or(T::Long);
                    arg.convert(to)
                }
                _ => arg,
            }
        })
        .collect()
}

/// Advice about operands that do not fit.
pub fn advice(operator: &str, types: &[T]) -> Option<String> {
    if operator == "+" && types.contains(&T::String) {
        return Some("use strcat() to join strings".to_owned());
    }
    if types.contains(&T::Dynamic) && types.len() == 2 {
        return Some(
            "convert the dynamic value first, for example with tostring(), tolong() or todatetime()".to_owned(),
        );
    }
    if matches!(operator, "<" | "<=" | ">" | ">=" | "between") && types.contains(&T::String) {
        return Some("use strcmp() to compare strings, or convert them with todatetime() or tolong()".to_owned());
    }
    None
}
