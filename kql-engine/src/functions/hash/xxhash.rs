//! `hash()`, `hash_xxhash64()`

use crate::functions::conversion::Arg;
use crate::functions::kernel::{self, Longs};
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, NotDynamic},
    ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::Long;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use twox_hash::XxHash64;

static SIGNATURES: [Signature; 1] = [sig(&[p("source", NotDynamic), optional("mod", Is(Long))], Returns::Is(Long))];

pub static HASH: ScalarFunction = ScalarFunction {
    name: "hash",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "A hash of the value (xxHash64), optionally modulo a number.",
    page: "hash-function",
    eval: Eval::Kernel(run),
};

pub static HASH_XXHASH64: ScalarFunction = ScalarFunction {
    name: "hash_xxhash64",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "The xxHash64 of the value, optionally modulo a number.",
    page: "hash-xxhash64-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let modulus = if call.len() > 1 { Some(call.longs(1)?) } else { None };
    kernel::longs(call.rows, |i| {
        // a null has the hash of the empty text
        let hash = hash(&value, i).unwrap_or_else(|| XxHash64::oneshot(0, b""));
        match modulus.as_ref().map(|m: &Longs| m.get(i)) {
            None => Some(hash.cast_signed()),
            Some(modulus) => {
                let modulus = u64::try_from(modulus?).ok().filter(|m| *m > 0)?;
                i64::try_from(hash % modulus).ok()
            }
        }
    })
}

/// The hash of the bytes of the value in memory, the lowest first.
fn hash(value: &Arg, i: usize) -> Option<u64> {
    let of = |bytes: &[u8]| Some(XxHash64::oneshot(0, bytes));
    match value {
        Arg::Bool(v) => of(&[u8::from(v.get(i)?)]),
        Arg::Int(v) => of(&v.get(i)?.to_le_bytes()),
        Arg::Long(v) | Arg::Datetime(v) | Arg::Timespan(v) => of(&v.get(i)?.to_le_bytes()),
        Arg::Real(v) => of(&v.get(i)?.to_le_bytes()),
        Arg::Decimal(v) => of(&v.get(i)?.as_i128().to_le_bytes()),
        Arg::String(v) | Arg::Dynamic(v) => of(v.get(i).as_bytes()),
        Arg::Guid(v) => of(&uuid::Uuid::parse_str(v.option(i)?).ok()?.to_bytes_le()),
    }
}
