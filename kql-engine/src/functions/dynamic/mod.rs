//! Dynamic values.

mod array_length;
mod bag_pack;
mod pack_array;

pub use bag_pack::{BAG_PACK, PACK_NOT_EMPTY};

use crate::registry::ScalarFunction;

/// Every row.
pub static ALL: &[&ScalarFunction] =
    &[&array_length::ARRAY_LENGTH, &bag_pack::BAG_PACK, &bag_pack::PACK_NOT_EMPTY, &pack_array::PACK_ARRAY];
