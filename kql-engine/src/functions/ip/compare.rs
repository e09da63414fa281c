//! `ipv4_compare()`, `ipv4_is_match()`, `ipv6_compare()`, `ipv6_is_match()`: compare the bits of the shortest prefix length.

use super::address::{V4, V6, Written, mask4, mask6};
use crate::functions::kernel::{self, Longs};
use crate::registry::{
    Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Long, String};
use datafusion::common::Result;
use std::cmp::Ordering;

static COMPARE: [Signature; 1] =
    [sig(&[p("ip1", Is(String)), p("ip2", Is(String)), optional("prefix", Is(Long))], Returns::Is(Long))];
static MATCH: [Signature; 1] =
    [sig(&[p("ip1", Is(String)), p("ip2", Is(String)), optional("prefix", Is(Long))], Returns::Is(Bool))];

macro_rules! comparison {
    ($row:ident, $name:literal, $signatures:ident, $page:literal, $summary:literal, $run:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &$signatures,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel($run),
        };
    };
}

comparison!(
    IPV4_COMPARE,
    "ipv4_compare",
    COMPARE,
    "ipv4-compare-function",
    "-1, 0 or 1 as the network of an IPv4 address comes before, is or comes after another; null where one is none.",
    |call| {
        let order = v4(call)?;
        kernel::longs(call.rows, |i| order(i).map(|o| o as i64))
    }
);
comparison!(
    IPV4_IS_MATCH,
    "ipv4_is_match",
    MATCH,
    "ipv4-is-match-function",
    "True where two IPv4 addresses are in the same network; null where one is none.",
    |call| {
        let order = v4(call)?;
        kernel::bools(call.rows, |i| order(i).map(Ordering::is_eq))
    }
);
comparison!(
    IPV6_COMPARE,
    "ipv6_compare",
    COMPARE,
    "ipv6-compare-function",
    "-1, 0 or 1 as the network of an IPv6 or IPv4 address comes before, is or comes after another; null where one is none.",
    |call| {
        let order = v6(call)?;
        kernel::longs(call.rows, |i| order(i).map(|o| o as i64))
    }
);
comparison!(
    IPV6_IS_MATCH,
    "ipv6_is_match",
    MATCH,
    "ipv6-is-match-function",
    "True where two IPv6 or IPv4 addresses are in the same network; null where one is none.",
    |call| {
        let order = v6(call)?;
        kernel::bools(call.rows, |i| order(i).map(Ordering::is_eq))
    }
);

/// The prefix length of row `i`; `None` if it is out of range.
fn prefix(lengths: &Option<Longs>, i: usize, max: u8) -> Option<u8> {
    match lengths {
        None => Some(max),
        Some(lengths) => u8::try_from(lengths.get(i)?).ok().filter(|p| *p <= max),
    }
}

fn v4<'a>(call: &Call<'a>) -> Result<impl Fn(usize) -> Option<Ordering> + use<'a>> {
    let (left, right) = (call.strings(0)?, call.strings(1)?);
    let lengths = if call.len() > 2 { Some(call.longs(2)?) } else { None };
    Ok(move |i| {
        let (left, right) = (V4::parse(left.get(i))?, V4::parse(right.get(i))?);
        let mask = mask4(prefix(&lengths, i, 32)?.min(left.prefix).min(right.prefix));
        Some((left.address & mask).cmp(&(right.address & mask)))
    })
}

fn v6<'a>(call: &Call<'a>) -> Result<impl Fn(usize) -> Option<Ordering> + use<'a>> {
    let (left, right) = (call.strings(0)?, call.strings(1)?);
    let lengths = if call.len() > 2 { Some(call.longs(2)?) } else { None };
    Ok(move |i| {
        let (left, right) = (V6::parse(left.get(i))?.comparable(), V6::parse(right.get(i))?.comparable());
        let length = prefix(&lengths, i, 128)?;
        // for two IPv4 addresses, a prefix length counts the bits of the IPv4 address
        let plain = left.written == Written::V4 && right.written == Written::V4;
        let length = if plain && length <= 32 { length + 96 } else { length };
        let mask = mask6(length.min(left.prefix).min(right.prefix));
        Some((left.address & mask).cmp(&(right.address & mask)))
    })
}
