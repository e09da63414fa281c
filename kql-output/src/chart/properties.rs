//! The properties of `render`, as they are written in the query.

use super::kinds::Spacing;

/// The properties after `with`.
pub struct Properties<'a>(&'a [(String, String)]);

impl<'a> Properties<'a> {
    pub fn new(properties: &'a [(String, String)]) -> Properties<'a> {
        Properties(properties)
    }

    /// A property's text; `None` if it is not given or empty. If it is given several times, the last one counts.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The names in a property that lists several, separated by commas.
    pub fn names(&self, name: &str) -> Vec<&'a str> {
        let list = self.text(name).map(|text| text.split(',').map(str::trim).filter(|n| !n.is_empty()).collect());
        list.unwrap_or_default()
    }

    /// A property that is a number. For an axis of time it can be a datetime, so it is returned as text, which the axis
    /// parses.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok().filter(|n: &f64| n.is_finite())
    }

    /// How the values of an axis are spaced.
    pub fn spacing(&self, axis: &str) -> Spacing {
        match self.text(axis) {
            Some(scale) if scale.eq_ignore_ascii_case("log") => Spacing::Log,
            _ => Spacing::Linear,
        }
    }

    /// Whether there is a legend.
    pub fn legend(&self) -> bool {
        !self.text("legend").is_some_and(|legend| legend.eq_ignore_ascii_case("hidden"))
    }

    /// Whether the property is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}
