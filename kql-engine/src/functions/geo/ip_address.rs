//! `geo_info_from_ip_address()`
//!
//! Kusto looks addresses up in MaxMind's GeoLite2, which may not be handed on. Without such a database there is no answer:
//! a query that comes to an address stops, rather than going on as if nothing were known of it.

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Dynamic, String};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;
use std::net::IpAddr;

pub static GEO_INFO_FROM_IP_ADDRESS: ScalarFunction = ScalarFunction {
    name: "geo_info_from_ip_address",
    aliases: &[],
    signatures: &[sig(&[p("ip", Is(String))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "A bag of country, state, city, latitude and longitude of an IP address, from a database that does not come \
              with this engine.",
    page: "geo-info-from-ip-address-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let addresses = call.strings(0)?;
    if let Some(i) = (0..call.rows).find(|i| addresses.get(*i).parse::<IpAddr>().is_ok()) {
        return exec_err!(
            "geo_info_from_ip_address() cannot tell where '{}' is: there is no database of addresses here",
            addresses.get(i)
        );
    }
    kernel::texts(call.rows, |_, _| false)
}
