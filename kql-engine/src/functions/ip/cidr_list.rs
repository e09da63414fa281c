//! `ipv4_range_to_cidr_list()`

use super::address::V4;
use crate::functions::kernel;
use crate::registry::{Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Dynamic, String};
use std::fmt::Write;
use std::net::Ipv4Addr;

pub static IPV4_RANGE_TO_CIDR_LIST: ScalarFunction = ScalarFunction {
    name: "ipv4_range_to_cidr_list",
    aliases: &[],
    signatures: &[sig(&[p("start_ip", Is(String)), p("end_ip", Is(String))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "An array with the smallest set of networks that covers exactly the addresses from one to another.",
    page: "ipv4-range-to-cidr-list-function",
    eval: Eval::Kernel(|call| {
        let (start, end) = (call.strings(0)?, call.strings(1)?);
        kernel::texts(call.rows, |i, out| {
            let (Some(start), Some(end)) = (V4::parse(start.get(i)), V4::parse(end.get(i))) else { return false };
            networks(start.address, end.address, out);
            true
        })
    }),
};

fn networks(start: u32, end: u32, out: &mut std::string::String) {
    let (mut next, end) = (u64::from(start), u64::from(end));
    out.push('[');
    while next <= end {
        // the largest block that starts here and does not exceed the range
        let aligned = if next == 0 { 32 } else { next.trailing_zeros().min(32) };
        let fitting = (end - next + 1).ilog2();
        let bits = aligned.min(fitting);
        if out.len() > 1 {
            out.push(',');
        }
        let _ = write!(out, "\"{}/{}\"", Ipv4Addr::from_bits(next as u32), 32 - bits);
        next += 1 << bits;
    }
    out.push(']');
}
