//! How a needle must be contained in a value, and whether case matters.

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

/// Whether upper and lower case differ.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Case {
    /// `has_cs`, `contains_cs`, `==`, `in` …
    Sensitive,
    /// `has`, `contains`, `=~`, `in~` …
    Insensitive,
}
