//! `geo_info_from_ip_address()`
//!
//! Kusto looks addresses up in MaxMind's GeoLite2, which must not be redistributed: the user provides a database. Without
//! one, a query that evaluates an address fails, since an empty result would be wrong.

use crate::functions::kernel;
use crate::geo_ip::GeoIp;
use crate::registry::{Call, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Dynamic, String};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

pub static GEO_INFO_FROM_IP_ADDRESS: ScalarFunction = ScalarFunction {
    name: "geo_info_from_ip_address",
    aliases: &[],
    signatures: &[sig(&[p("ip", Is(String))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "A bag of country, state, city, latitude and longitude of an IP address, from the MaxMind database that \
              `--geo-ip` names.",
    page: "geo-info-from-ip-address-function",
    eval: Eval::GeoLookup(|database| Box::new(Lookup(database))),
};

struct Lookup(Option<Arc<GeoIp>>);

impl Kernel for Lookup {
    fn run(&self, call: &Call) -> Result<ColumnarValue> {
        let addresses = call.strings(0)?;
        let mut texts = kernel::Texts::new(call.rows);
        // logs repeat their addresses
        let mut seen: HashMap<&str, Option<Arc<str>>> = HashMap::new();
        for row in 0..call.rows {
            let text = addresses.get(row);
            let place = match seen.get(text) {
                Some(place) => place,
                None => {
                    let place = self.place(text)?;
                    seen.entry(text).or_insert(place)
                }
            };
            texts.push(place.as_deref())?;
        }
        Ok(ColumnarValue::Array(texts.finish()))
    }
}

impl Lookup {
    fn place(&self, text: &str) -> Result<Option<Arc<str>>> {
        let Ok(address) = text.trim().parse::<IpAddr>() else { return Ok(None) };
        match &self.0 {
            Some(database) => {
                database.place(address).or_else(|reason| exec_err!("geo_info_from_ip_address(): {reason}"))
            }
            None => exec_err!(
                "geo_info_from_ip_address() needs a database of addresses to look up '{text}'; pass one in \
                 MaxMind's format, such as GeoLite2-City.mmdb, with --geo-ip FILE."
            ),
        }
    }
}
