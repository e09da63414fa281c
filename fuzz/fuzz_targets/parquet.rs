//! Parquet files.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    kql_fuzz::rows("T.parquet", bytes);
});
