//! `datetime_utc_to_local()`, `datetime_local_to_utc()`, `datetime_list_timezones()`

use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::time::{RANGE, local_to_utc, utc_to_local};
use crate::types::ScalarType::{Datetime, Dynamic, String};
use chrono_tz::{TZ_VARIANTS, Tz};
use datafusion::common::{Result, plan_err};

static SIGNATURES: [Signature; 1] = [sig(&[p("from", Is(Datetime)), p("timezone", Is(String))], Returns::Is(Datetime))];

pub static UTC_TO_LOCAL: ScalarFunction = ScalarFunction {
    name: "datetime_utc_to_local",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "Converts a UTC datetime to local time in a time zone.",
    page: "datetime-utc-to-local-function",
    eval: Eval::Compiled(|info| compile(info, utc_to_local)),
};

pub static LOCAL_TO_UTC: ScalarFunction = ScalarFunction {
    name: "datetime_local_to_utc",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "Converts local time in a time zone to UTC.",
    page: "datetime-local-to-utc-function",
    eval: Eval::Compiled(|info| compile(info, local_to_utc)),
};

pub static LIST: ScalarFunction = ScalarFunction {
    name: "datetime_list_timezones",
    aliases: &[],
    signatures: &[sig(&[], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "An array of the names of the time zones.",
    page: "datetime-list-timezones",
    eval: Eval::Kernel(|call| {
        let mut names: Vec<&str> = TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
        names.sort_unstable();
        kernel::texts(call.rows, |_, out| {
            write::list(names.iter(), out, |name, out| {
                write::string(name, out);
            });
            true
        })
    }),
};

fn compile(info: &CallInfo, convert: fn(i64, Tz) -> Option<i64>) -> Result<Box<dyn Kernel>> {
    let constant = match info.text(1) {
        Some(name) => match name.parse::<Tz>() {
            Ok(zone) => Some(zone),
            Err(_) => return plan_err!("'{name}' is not a known time zone; see datetime_list_timezones()."),
        },
        None => None,
    };
    Ok(Box::new(move |call: &Call| {
        let (times, names) = (call.longs(0)?, call.strings(1)?);
        let mut last: Option<(&str, Option<Tz>)> = None;
        kernel::longs(call.rows, |i| {
            let zone = match constant {
                Some(zone) => zone,
                None => {
                    let name = names.get(i);
                    if last.is_none_or(|(n, _)| n != name) {
                        last = Some((name, name.parse().ok()));
                    }
                    last?.1?
                }
            };
            convert(times.get(i)?, zone).filter(|t| RANGE.contains(t))
        })
    }))
}
