//! The shapes of drawings, how their series are stacked, and the units of their axes.

/// The shape of a drawing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Lines over x: `timechart` and `linechart`.
    Line,
    /// Upright bars.
    Column,
    /// Horizontal bars.
    Bar,
    /// Lines that are filled to the axis.
    Area,
    /// Points.
    Scatter,
}

/// How series are stacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stacking {
    /// Not stacked.
    Unstacked,
    /// One on top of the other.
    Stacked,
    /// One on top of the other, as percentages.
    Stacked100,
}

/// How the values of an axis are spaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spacing {
    /// By their differences.
    Linear,
    /// By their logarithms.
    Log,
}

impl Spacing {
    /// Whether the axis is logarithmic.
    pub fn is_log(self) -> bool {
        self == Spacing::Log
    }
}

/// The unit of the numbers along an axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Numbers.
    Number,
    /// Ticks of a timespan.
    Timespan,
    /// Ticks since this datetime, itself in ticks: a double holds differences exactly, but not ticks since year 1.
    Time(i64),
    /// Percentages.
    Percent,
}
