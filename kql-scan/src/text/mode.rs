//! How a needle must be contained in a value.

/// How a needle must be contained in a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// `has`: between boundaries of terms
    Has,
    /// `hasprefix`: a term starts with it
    HasPrefix,
    /// `hassuffix`: a term ends with it
    HasSuffix,
    /// `contains`: anywhere
    Contains,
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `==`, `=~`, `in`, `in~`
    Equals,
}
