//! Hashes.

mod digests;
mod xxhash;

use crate::registry::ScalarFunction;

/// All hash functions.
pub static ALL: &[&ScalarFunction] =
    &[&xxhash::HASH, &xxhash::HASH_XXHASH64, &digests::HASH_MD5, &digests::HASH_SHA1, &digests::HASH_SHA256];
