//! Signatures as people read them.

use super::{Parameter, ParameterType, Returns, Signature};

impl Signature {
    /// `abs(number: long) -> long`
    pub fn text(&self, name: &str) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(parameter).collect();
        format!("{name}({}) -> {}", parameters.join(", "), returns(self.returns))
    }
}

fn parameter(p: &Parameter) -> String {
    let ty = match p.ty {
        ParameterType::Is(ty) => ty.name().to_owned(),
        ParameterType::OneOf(all) => all.iter().map(|t| t.name()).collect::<Vec<_>>().join(" or "),
        ParameterType::Scalar => "scalar".to_owned(),
        ParameterType::Number => "number".to_owned(),
        ParameterType::Integer => "int or long".to_owned(),
        ParameterType::NumberOrBool => "number or bool".to_owned(),
        ParameterType::Truth => "bool or number".to_owned(),
        ParameterType::Summable => "number, datetime or timespan".to_owned(),
        ParameterType::Orderable | ParameterType::CommonOrderable => "anything but dynamic and guid".to_owned(),
        ParameterType::NotBool => "anything but bool".to_owned(),
        ParameterType::NotDynamic => "anything but dynamic".to_owned(),
        ParameterType::StringOrDynamic => "string or dynamic".to_owned(),
        ParameterType::DynamicArray => "dynamic array".to_owned(),
        ParameterType::DynamicBag => "dynamic bag".to_owned(),
        ParameterType::CommonScalar | ParameterType::CommonScalarOrDynamic => "scalar of a common type".to_owned(),
        ParameterType::TypeLiteral => "typeof()".to_owned(),
    };
    let text = format!("{}: {ty}", p.name);
    let text = if p.max > 1 { format!("{text}, ...") } else { text };
    if p.optional { format!("[{text}]") } else { text }
}

fn returns(returns: Returns) -> String {
    match returns {
        Returns::Is(ty) => ty.name().to_owned(),
        Returns::Parameter(n) | Returns::Promoted(n) => format!("the type of argument {}", n + 1),
        Returns::Widest => "the widest number".to_owned(),
        Returns::Common | Returns::CommonOrDynamic | Returns::CommonNonDynamic => "the common type".to_owned(),
        Returns::Literal(n) => format!("the type that argument {} names", n + 1),
        Returns::ByLiteral(n, _) => format!("a type that depends on argument {}", n + 1),
        Returns::Columns(of) => {
            let columns: Vec<String> = of(2).iter().map(|c| format!("{}: {}", c.suffix, c.ty.name())).collect();
            format!("({})", columns.join(", "))
        }
    }
}
