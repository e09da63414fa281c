//! Archives and compressed files: the first byte chooses the name.
#![no_main]

use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = ["T.zip", "T.tar", "T.tar.gz", "T.tar.zst", "T.csv.gz", "T.ndjson.zst"];

fuzz_target!(|bytes: &[u8]| {
    if let Some((first, rest)) = bytes.split_first()
        && let Some(name) = NAMES.get(usize::from(*first) % NAMES.len())
    {
        kql_fuzz::rows(name, rest);
    }
});
