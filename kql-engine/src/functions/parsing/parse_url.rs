//! `parse_url()`, `parse_urlquery()`

use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Dynamic, String};
use std::collections::BTreeMap;

pub static PARSE_URL: ScalarFunction = ScalarFunction {
    name: "parse_url",
    aliases: &["parseurl"],
    signatures: &[sig(&[p("url", Is(String))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "A bag of the parts of an absolute URL: Scheme, Host, Port, Path, Username, Password, Query Parameters, Fragment.",
    page: "parse-url-function",
    eval: Eval::Kernel(|call| {
        let urls = call.strings(0)?;
        kernel::texts(call.rows, |i, out| {
            parse(urls.get(i), out);
            true
        })
    }),
};

pub static PARSE_URLQUERY: ScalarFunction = ScalarFunction {
    name: "parse_urlquery",
    aliases: &["parseurlquery"],
    signatures: &[sig(&[p("query", Is(String))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "A bag whose property 'Query Parameters' holds the parameters of the query part of a URL.",
    page: "parse-url-query-function",
    eval: Eval::Kernel(|call| {
        let queries = call.strings(0)?;
        kernel::texts(call.rows, |i, out| {
            let query = queries.get(i);
            out.push_str("{\"Query Parameters\":");
            parameters(query.strip_prefix('?').unwrap_or(query), out);
            out.push('}');
            true
        })
    }),
};

fn parse(url: &str, out: &mut std::string::String) {
    // a text that is not an absolute URL has no parts
    let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| is_scheme(scheme)).unwrap_or(("", ""));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // a slash at the end of the URL is not a path
    let path = if path == "/" && url.ends_with('/') && query.is_empty() && fragment.is_empty() { "" } else { path };
    // a user without a password is part of the host
    let (user, host) = authority.rsplit_once('@').filter(|(user, _)| user.contains(':')).unwrap_or(("", authority));
    let (username, password) = user.split_once(':').unwrap_or(("", ""));
    // the colons of an IPv6 address are in brackets
    let after = host.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match host.get(after..).and_then(|end| end.find(':')) {
        Some(at) => (host.get(..after + at).unwrap_or(""), host.get(after + at + 1..).unwrap_or("")),
        None => (host, ""),
    };
    let texts = [
        ("Scheme", scheme),
        ("Host", host),
        ("Port", port),
        ("Path", path),
        ("Username", username),
        ("Password", password),
    ];
    out.push('{');
    for (key, text) in texts {
        write::string(key, out);
        out.push(':');
        write::string(text, out);
        out.push(',');
    }
    out.push_str("\"Query Parameters\":");
    parameters(query, out);
    out.push_str(",\"Fragment\":");
    write::string(fragment, out);
    out.push('}');
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// `k1=v1&k2=v2` as a bag, in the order of the keys. The values of a repeated key are an array; empty keys and
/// values are ignored.
fn parameters(query: &str, out: &mut std::string::String) {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if !key.is_empty() && !value.is_empty() {
            values.entry(key).or_default().push(value);
        }
    }
    out.push('{');
    for (n, (key, values)) in values.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write::string(key, out);
        out.push(':');
        if let [value] = values.as_slice() {
            write::string(value, out);
            continue;
        }
        for (n, value) in values.iter().enumerate() {
            out.push(if n == 0 { '[' } else { ',' });
            write::string(value, out);
        }
        out.push(']');
    }
    out.push('}');
}
