//! Dynamic values.

mod array_concat;
mod array_iff;
mod array_index_of;
mod array_length;
mod array_moves;
mod array_parts;
mod array_sort;
mod bag_edits;
mod bag_keys;
mod bag_merge;
mod bag_pack;
mod bag_zip;
mod dcount_hll;
mod dynamic_to_json;
mod merged_states;
mod null_as_value;
mod pack_array;
mod repeat;
mod sets;
mod tdigests;
mod treepath;

pub use bag_pack::{BAG_PACK, PACK_NOT_EMPTY};
pub use null_as_value::NULL_AS_VALUE;
pub use pack_array::PACK_ARRAY;

use crate::registry::ScalarFunction;

/// All functions for dynamic values.
pub static ALL: &[&ScalarFunction] = &[
    &array_length::ARRAY_LENGTH,
    &dcount_hll::DCOUNT_HLL,
    &merged_states::HLL_MERGE,
    &merged_states::TDIGEST_MERGE,
    &tdigests::PERCENTILE_TDIGEST,
    &tdigests::PERCENTILES_ARRAY_TDIGEST,
    &tdigests::RANK_TDIGEST,
    &tdigests::PERCENTRANK_TDIGEST,
    &array_concat::ARRAY_CONCAT,
    &array_iff::ARRAY_IFF,
    &array_index_of::ARRAY_INDEX_OF,
    &array_parts::ARRAY_SLICE,
    &array_parts::ARRAY_SPLIT,
    &array_moves::ARRAY_SHIFT_LEFT,
    &array_moves::ARRAY_SHIFT_RIGHT,
    &array_moves::ARRAY_ROTATE_LEFT,
    &array_moves::ARRAY_ROTATE_RIGHT,
    &array_moves::ARRAY_REVERSE,
    &array_sort::ARRAY_SORT_ASC,
    &array_sort::ARRAY_SORT_DESC,
    &BAG_PACK,
    &PACK_NOT_EMPTY,
    &bag_keys::BAG_KEYS,
    &bag_keys::BAG_HAS_KEY,
    &bag_merge::BAG_MERGE,
    &bag_edits::BAG_REMOVE_KEYS,
    &bag_edits::BAG_SET_KEY,
    &bag_zip::BAG_ZIP,
    &bag_zip::ZIP,
    &pack_array::PACK_ARRAY,
    &repeat::REPEAT,
    &repeat::RANGE,
    &sets::SET_UNION,
    &sets::SET_INTERSECT,
    &sets::SET_DIFFERENCE,
    &sets::SET_EQUALS,
    &sets::JACCARD_INDEX,
    &array_index_of::SET_HAS_ELEMENT,
    &treepath::TREEPATH,
    &dynamic_to_json::DYNAMIC_TO_JSON,
];
