//! Encodings.

mod base64;
mod compression;
mod tohex;
mod url;

use crate::registry::ScalarFunction;

/// All encoding functions.
pub static ALL: &[&ScalarFunction] = &[
    &base64::BASE64_ENCODE_TOSTRING,
    &base64::BASE64_DECODE_TOSTRING,
    &base64::BASE64_DECODE_TOARRAY,
    &base64::BASE64_ENCODE_FROMARRAY,
    &base64::BASE64_DECODE_TOGUID,
    &base64::BASE64_ENCODE_FROMGUID,
    &compression::GZIP_COMPRESS,
    &compression::GZIP_DECOMPRESS,
    &compression::ZLIB_COMPRESS,
    &compression::ZLIB_DECOMPRESS,
    &url::URL_ENCODE,
    &url::URL_ENCODE_COMPONENT,
    &url::URL_DECODE,
    &tohex::TOHEX,
];
