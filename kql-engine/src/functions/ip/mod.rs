//! IPv4 and IPv6 addresses.

mod address;
mod cidr_list;
mod compare;
mod format;
mod has_ipv4;
mod listed;
mod parse;
mod ranges;

use crate::registry::ScalarFunction;

/// All IP address functions.
pub static ALL: &[&ScalarFunction] = &[
    &parse::PARSE_IPV4,
    &parse::PARSE_IPV4_MASK,
    &parse::PARSE_IPV6,
    &parse::PARSE_IPV6_MASK,
    &parse::IPV4_NETMASK_SUFFIX,
    &format::FORMAT_IPV4,
    &format::FORMAT_IPV4_MASK,
    &compare::IPV4_COMPARE,
    &compare::IPV4_IS_MATCH,
    &compare::IPV6_COMPARE,
    &compare::IPV6_IS_MATCH,
    &ranges::IPV4_IS_IN_RANGE,
    &ranges::IPV4_IS_IN_ANY_RANGE,
    &ranges::IPV6_IS_IN_RANGE,
    &ranges::IPV6_IS_IN_ANY_RANGE,
    &ranges::IPV4_IS_PRIVATE,
    &cidr_list::IPV4_RANGE_TO_CIDR_LIST,
    &has_ipv4::HAS_IPV4,
    &has_ipv4::HAS_ANY_IPV4,
    &has_ipv4::HAS_IPV4_PREFIX,
    &has_ipv4::HAS_ANY_IPV4_PREFIX,
];
