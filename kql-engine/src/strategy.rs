//! How joins, groups and first rows are found.

/// The operators that a plan prefers. The rows of a result are the same; their order can differ where the query does not
/// define it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Strategy {
    /// Hash tables and heaps, which are fast and have to fit into memory.
    #[default]
    InMemory,
    /// Sorting, which can use temporary files: for queries whose hash tables do not fit.
    Sorting,
}
