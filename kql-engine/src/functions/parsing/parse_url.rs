//! `parse_url()`, `parse_urlquery()`

use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Dynamic, String};

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
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = match rest.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, Some(rest)),
        _ => ("", rest.strip_prefix("//")),
    };
    let whole = url.split(['?', '#']).next().unwrap_or("");
    // without an authority everything is the path
    let (authority, path) = match rest {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", whole),
    };
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    // the colons of an IPv6 address stand in brackets
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

/// `k1=v1&k2=v2` as a bag; the last of several equal keys counts.
fn parameters(query: &str, out: &mut std::string::String) {
    let pairs: Vec<(&str, &str)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let last: std::collections::HashMap<&str, usize> =
        pairs.iter().enumerate().map(|(n, (key, _))| (*key, n)).collect();
    out.push('{');
    let start = out.len();
    for (n, (key, value)) in pairs.iter().enumerate() {
        if last.get(key) != Some(&n) {
            continue;
        }
        if out.len() > start {
            out.push(',');
        }
        write::string(key, out);
        out.push(':');
        write::string(value, out);
    }
    out.push('}');
}
