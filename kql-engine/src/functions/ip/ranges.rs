//! `ipv4_is_in_range()`, `ipv4_is_in_any_range()`, the same for IPv6, and `ipv4_is_private()`
//!
//! Constant ranges are sorted and merged once; a range that is not valid is ignored.

use super::address::{Ranges, V4, V6};
use super::listed;
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{DynamicArray, Is, StringOrDynamic},
    ResultName, Returns, ScalarFunction, Signature, p, repeated, sig,
};
use crate::types::ScalarType::{Bool, String};
use datafusion::common::Result;

static ONE: [Signature; 1] = [sig(&[p("ip", Is(String)), p("ip_range", Is(String))], Returns::Is(Bool))];
static ANY: [Signature; 2] = [
    sig(&[p("ip", StringOrDynamic), repeated("ranges", Is(String), 32767)], Returns::Is(Bool)),
    sig(&[p("ip", StringOrDynamic), p("ranges", DynamicArray)], Returns::Is(Bool)),
];

macro_rules! in_range {
    ($row:ident, $name:literal, $signatures:ident, $page:literal, $summary:literal, $compile:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &$signatures,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Compiled($compile),
        };
    };
}

in_range!(
    IPV4_IS_IN_RANGE,
    "ipv4_is_in_range",
    ONE,
    "ipv4-is-in-range-function",
    "True where an IPv4 address is in a network such as 10.0.0.0/8; null where one of them is none.",
    |info| one(info, v4)
);
in_range!(
    IPV6_IS_IN_RANGE,
    "ipv6_is_in_range",
    ONE,
    "ipv6-is-in-range-function",
    "True where an IPv6 or IPv4 address is in a network such as fe80::/10; null where one of them is none.",
    |info| one(info, v6)
);
in_range!(
    IPV4_IS_IN_ANY_RANGE,
    "ipv4_is_in_any_range",
    ANY,
    "ipv4-is-in-any-range-function",
    "True where an IPv4 address is in one of several networks; null where it is none.",
    |info| any(info, v4)
);
in_range!(
    IPV6_IS_IN_ANY_RANGE,
    "ipv6_is_in_any_range",
    ANY,
    "ipv6-is-in-any-range-function",
    "True where an IPv6 or IPv4 address is in one of several networks; null where it is none.",
    |info| any(info, v6)
);

pub static IPV4_IS_PRIVATE: ScalarFunction = ScalarFunction {
    name: "ipv4_is_private",
    aliases: &[],
    signatures: &[sig(&[p("ip", Is(String))], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if an IPv4 address is in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16; null if the text is not \
              a valid address.",
    page: "ipv4-is-private-function",
    eval: Eval::Kernel(|call| {
        let ips = call.strings(0)?;
        kernel::bools(call.rows, |i| {
            let address = V4::parse(ips.get(i))?.network();
            Some(matches!(address >> 24, 10) || matches!(address >> 20, 0xac1) || matches!(address >> 16, 0xc0a8))
        })
    }),
};

/// First and last address of a network; a single address is a network of one.
type Read<T> = fn(&str) -> Option<(T, T)>;

fn v4(text: &str) -> Option<(u32, u32)> {
    V4::parse(text).map(V4::range)
}

fn v6(text: &str) -> Option<(u128, u128)> {
    V6::parse(text).map(|ip| ip.comparable().range())
}

/// An address is in a network if its own network starts in it.
fn one<T: Copy + Ord + Send + Sync + 'static>(info: &CallInfo, read: Read<T>) -> Result<Box<dyn Kernel>> {
    let constant = info.text(1).map(read);
    Ok(Box::new(move |call: &Call| {
        let (ips, ranges) = (call.strings(0)?, call.strings(1)?);
        kernel::bools(call.rows, |i| {
            let (address, _) = read(ips.get(i))?;
            let (first, last) = match constant {
                Some(range) => range?,
                None => read(ranges.get(i))?,
            };
            Some((first..=last).contains(&address))
        })
    }))
}

fn any<T: Copy + Ord + Send + Sync + 'static>(info: &CallInfo, read: Read<T>) -> Result<Box<dyn Kernel>> {
    Ok(listed::compile(
        info,
        move |texts| Ranges::new(texts.iter().filter_map(|text| read(text)).collect()),
        move |ranges: &Ranges<T>, text| Some(ranges.contains(read(text)?.0)),
    ))
}
