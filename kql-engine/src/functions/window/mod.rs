//! Functions that refer to other rows: the query must have ordered the rows.

mod neighbours;
mod row_cumsum;
mod row_number;
mod row_rank;
mod row_window_session;

use crate::registry::ScalarFunction;

/// All window functions.
pub static ALL: &[&ScalarFunction] = &[
    &neighbours::PREV,
    &neighbours::NEXT,
    &row_number::ROW_NUMBER,
    &row_cumsum::ROW_CUMSUM,
    &row_rank::ROW_RANK_DENSE,
    &row_rank::ROW_RANK_MIN,
    &row_rank::ROW_RANK,
    &row_window_session::ROW_WINDOW_SESSION,
];
