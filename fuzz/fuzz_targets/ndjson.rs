//! Lines of JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    kql_fuzz::rows("T.ndjson", bytes);
});
