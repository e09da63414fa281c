//! Numbers that look like chance, the same in every run.

/// A sequence that its seed decides.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides.max(1)
    }

    /// One of these.
    pub fn pick<'v, T>(&mut self, from: &'v [T]) -> &'v T {
        &from[self.roll(from.len())]
    }
}
