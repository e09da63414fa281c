//! `parse_ipv4()`, `parse_ipv4_mask()`, `parse_ipv6()`, `parse_ipv6_mask()`, `ipv4_netmask_suffix()`

use super::address::{V4, V6, mask4, mask6};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Long, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

pub static PARSE_IPV4: ScalarFunction = ScalarFunction {
    name: "parse_ipv4",
    aliases: &[],
    signatures: &[sig(&[p("ip", Is(String))], Returns::Is(Long))],
    result_name: ResultName::None,
    summary: "An IPv4 address as a number; null if the text is not a valid address.",
    page: "parse-ipv4-function",
    eval: Eval::Kernel(|call| {
        let ips = call.strings(0)?;
        kernel::longs(call.rows, |i| V4::parse(ips.get(i)).map(|ip| i64::from(ip.network())))
    }),
};

pub static PARSE_IPV4_MASK: ScalarFunction = ScalarFunction {
    name: "parse_ipv4_mask",
    aliases: &[],
    signatures: &[sig(&[p("ip", Is(String)), p("prefix", Is(Long))], Returns::Is(Long))],
    result_name: ResultName::None,
    summary: "The network of an IPv4 address as a number, by a prefix length.",
    page: "parse-ipv4-mask-function",
    eval: Eval::Kernel(|call| {
        let (ips, prefix) = (call.strings(0)?, call.longs(1)?);
        kernel::longs(call.rows, |i| {
            let prefix = u8::try_from(prefix.get(i)?).ok().filter(|p| *p <= 32)?;
            Some(i64::from(V4::parse(ips.get(i))?.network() & mask4(prefix)))
        })
    }),
};

pub static PARSE_IPV6: ScalarFunction = ScalarFunction {
    name: "parse_ipv6",
    aliases: &[],
    signatures: &[sig(&[p("ip", Is(String))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "An IPv6 or IPv4 address as an IPv6 address with all digits; empty if the text is not a valid address.",
    page: "parse-ipv6-function",
    eval: Eval::Kernel(|call| parse_ipv6(call, Prefix::OfAddress)),
};

pub static PARSE_IPV6_MASK: ScalarFunction = ScalarFunction {
    name: "parse_ipv6_mask",
    aliases: &[],
    signatures: &[sig(&[p("ip", Is(String)), p("prefix", Is(Long))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "The network of an IPv6 or IPv4 address, by a prefix length of up to 128, with all its digits.",
    page: "parse-ipv6-mask-function",
    eval: Eval::Kernel(|call| parse_ipv6(call, Prefix::OfArgument)),
};

pub static IPV4_NETMASK_SUFFIX: ScalarFunction = ScalarFunction {
    name: "ipv4_netmask_suffix",
    aliases: &[],
    signatures: &[sig(&[p("ip", Is(String))], Returns::Is(Long))],
    result_name: ResultName::None,
    summary: "The prefix length of an IPv4 address; 32 if it has none.",
    page: "ipv4-netmask-suffix-function",
    eval: Eval::Kernel(|call| {
        let ips = call.strings(0)?;
        kernel::longs(call.rows, |i| V4::parse(ips.get(i)).map(|ip| i64::from(ip.prefix)))
    }),
};

/// The length of the network part.
#[derive(Clone, Copy)]
enum Prefix {
    /// What follows the `/` of the address.
    OfAddress,
    /// The second argument, if it is shorter.
    OfArgument,
}

fn parse_ipv6(call: &Call, wanted: Prefix) -> Result<ColumnarValue> {
    let (ips, prefix) = (call.strings(0)?, call.longs_or(1, 128)?);
    kernel::strings(call.rows, |i, out| {
        let prefix = prefix.get(i).and_then(|p| u8::try_from(p).ok()).filter(|p| *p <= 128);
        let (Some(ip), Some(prefix)) = (V6::parse(ips.get(i)), prefix) else { return };
        let prefix = match wanted {
            Prefix::OfAddress => ip.prefix,
            Prefix::OfArgument => prefix.min(ip.prefix),
        };
        let address = ip.address & mask6(prefix);
        for n in (0..8).rev() {
            let _ = write!(out, "{:04x}", address >> (16 * n) & 0xffff);
            if n > 0 {
                out.push(':');
            }
        }
    })
}
