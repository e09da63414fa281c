//! `format_ipv4()`, `format_ipv4_mask()`

use super::address::{V4, mask4};
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Scalar},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Long, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;
use std::net::Ipv4Addr;

pub static FORMAT_IPV4: ScalarFunction = ScalarFunction {
    name: "format_ipv4",
    aliases: &[],
    signatures: &[sig(&[p("ip", Scalar), optional("prefix", Is(Long))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "The network of an IPv4 address, given as text or number; empty if the address is not valid.",
    page: "format-ipv4-function",
    eval: Eval::Kernel(|call| run(call, Output::Address)),
};

pub static FORMAT_IPV4_MASK: ScalarFunction = ScalarFunction {
    name: "format_ipv4_mask",
    aliases: &[],
    signatures: &[sig(&[p("ip", Scalar), p("prefix", Is(Long))], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "The network of an IPv4 address, given as text or number, with its prefix length; empty if the \
              address is not valid.",
    page: "format-ipv4-mask-function",
    eval: Eval::Kernel(|call| run(call, Output::Range)),
};

/// Whether the prefix length is written after the address.
#[derive(Clone, Copy, PartialEq)]
enum Output {
    Address,
    Range,
}

fn run(call: &Call, output: Output) -> Result<ColumnarValue> {
    let (value, prefix) = (Arg::new(call, 0)?, call.longs_or(1, 32)?);
    let mut text = std::string::String::new();
    kernel::strings(call.rows, |i, out| {
        text.clear();
        value.text(i, &mut text);
        let number = || text.parse::<u32>().ok().map(|address| V4 { address, prefix: 32 });
        let prefix = prefix.get(i).and_then(|p| u8::try_from(p).ok()).filter(|p| *p <= 32);
        let (Some(ip), Some(prefix)) = (V4::parse(&text).or_else(number), prefix) else { return };
        let prefix = prefix.min(ip.prefix);
        let _ = write!(out, "{}", Ipv4Addr::from_bits(ip.address & mask4(prefix)));
        if output == Output::Range {
            let _ = write!(out, "/{prefix}");
        }
    })
}
