//! gzip and zlib, in Base64.
//!
//! Texts that would not get shorter are stored uncompressed. The compressed form of other texts depends on the compressor;
//! it decompresses to the same text everywhere.

use crate::budget::{MOST_IN_A_VALUE, Pace};
use crate::functions::kernel;
use crate::notes::Notes;
use crate::registry::{Call, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig};
use crate::types::ScalarType::String;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use flate2::Compression;
use flate2::read::{DeflateEncoder, GzDecoder, ZlibDecoder};
use std::io::Read;

static SIGNATURES: [Signature; 1] = [sig(&[p("string", Is(String))], Returns::Is(String))];

macro_rules! compression {
    ($row:ident, $name:literal, $page:literal, $summary:literal, $run:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &SIGNATURES,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: $run,
        };
    };
}

compression!(
    GZIP_COMPRESS,
    "gzip_compress_to_base64_string",
    "gzip-base64-compress",
    "The text compressed by gzip, in Base64.",
    Eval::Kernel(|call| compress(call, gzip))
);
compression!(
    ZLIB_COMPRESS,
    "zlib_compress_to_base64_string",
    "zlib-base64-compress-function",
    "The text compressed by zlib, in Base64.",
    Eval::Kernel(|call| compress(call, zlib))
);
compression!(
    GZIP_DECOMPRESS,
    "gzip_decompress_from_base64_string",
    "gzip-base64-decompress",
    "The text that gzip compressed, from Base64; empty where it is not valid.",
    Eval::Noting(|_, notes| Ok(decompressor(GZIP_DECOMPRESS.name, notes, |bytes| Box::new(GzDecoder::new(bytes)))))
);
compression!(
    ZLIB_DECOMPRESS,
    "zlib_decompress_from_base64_string",
    "zlib-base64-decompress-function",
    "The text that zlib compressed, from Base64; empty where it is not valid.",
    Eval::Noting(|_, notes| Ok(decompressor(ZLIB_DECOMPRESS.name, notes, |bytes| Box::new(ZlibDecoder::new(bytes)))))
);

fn compress(call: &Call, pack: fn(&[u8]) -> Vec<u8>) -> Result<ColumnarValue> {
    let texts = call.strings(0)?;
    kernel::strings(call.rows, |i, out| STANDARD.encode_string(pack(texts.get(i).as_bytes()), out))
}

/// Reads what was compressed.
type Open = for<'a> fn(&'a [u8]) -> Box<dyn Read + 'a>;

fn decompressor(name: &'static str, notes: Notes, open: Open) -> Box<dyn Kernel> {
    Box::new(move |call: &Call| {
        let texts = call.strings(0)?;
        let (mut packed, mut bytes) = (Vec::new(), Vec::new());
        kernel::strings(call.rows, |i, out| {
            packed.clear();
            bytes.clear();
            if STANDARD.decode_vec(texts.get(i), &mut packed).is_ok() {
                match unpack(open(&packed), &mut bytes)? {
                    Unpacked::All => out.push_str(std::str::from_utf8(&bytes).unwrap_or("")),
                    Unpacked::Invalid => {}
                    Unpacked::TooLong => notes.add(&format!(
                        "{name}(): a text of more than 256 MB was not decompressed; its result is empty."
                    )),
                }
            }
            Ok(())
        })
    })
}

enum Unpacked {
    All,
    Invalid,
    TooLong,
}

/// Decompresses all, unless it is longer than a value can be.
fn unpack(mut packed: Box<dyn Read + '_>, out: &mut Vec<u8>) -> Result<Unpacked> {
    const STEP: u64 = 1 << 16;
    let mut pace = Pace::default();
    loop {
        match packed.by_ref().take(STEP).read_to_end(out) {
            Ok(0) => return Ok(Unpacked::All),
            Ok(read) => pace.work(read)?,
            Err(_) => return Ok(Unpacked::Invalid),
        }
        if out.len() > MOST_IN_A_VALUE {
            return Ok(Unpacked::TooLong);
        }
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let done = DeflateEncoder::new(bytes, Compression::default()).read_to_end(&mut packed).is_ok();
    if done && packed.len() < bytes.len() {
        return packed;
    }
    // stored blocks: a flag, the length and its complement, the bytes
    packed.clear();
    let mut rest = bytes;
    loop {
        let (block, after) = rest.split_at(rest.len().min(0xffff));
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        packed.push(u8::from(after.is_empty()));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
        rest = after;
        if rest.is_empty() {
            return packed;
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(deflate(bytes));
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    out.extend(crc.sum().to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x9c];
    out.extend(deflate(bytes));
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend((b << 16 | a).to_be_bytes());
    out
}
