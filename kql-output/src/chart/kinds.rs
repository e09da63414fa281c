//! The shapes of drawings, how their series stand, and what their axes count.

/// The shape of a drawing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Lines over x, of `timechart` and `linechart`.
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

/// How series stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stacking {
    /// Each for itself.
    Unstacked,
    /// One on the other.
    Stacked,
    /// One on the other, as parts of a hundred.
    Stacked100,
}

/// What numbers along an axis are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Numbers.
    Number,
    /// Ticks of a timespan.
    Timespan,
    /// Ticks since this datetime, itself in ticks: a double holds differences exactly, and no ticks since year 1.
    Time(i64),
    /// Parts of a hundred.
    Percent,
}
