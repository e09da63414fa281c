//! The name under which a client reaches the server. A page of another site that makes its own name point to this computer
//! (DNS rebinding) is recognised by that name.

use crate::state::AppState;
use axum::extract::Request;
use axum::http::header;
use std::net::{IpAddr, Ipv6Addr};

/// The host and port of a request: of its target if that is a whole URL, else of its header. `None` if there is not exactly one.
pub fn of(request: &Request) -> Option<String> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.as_str().to_ascii_lowercase());
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    (hosts.next().is_none() && !host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Whether a host is a name of this server.
pub fn is_own(host: &str, state: &AppState) -> bool {
    let name = without_port(host);
    let own = state.address.ip();
    let is_loopback = |ip: IpAddr| ip.is_loopback();
    match address(name) {
        // a name of another site resolves to an address, but is never written as one
        Some(ip) => ip == own || is_loopback(ip) || !own.is_loopback(),
        None => name == "localhost" || state.settings.hosts.iter().any(|host| host.eq_ignore_ascii_case(name)),
    }
}

fn address(name: &str) -> Option<IpAddr> {
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => name.parse().ok(),
    }
}

/// A host without its port.
fn without_port(host: &str) -> &str {
    if host.starts_with('[') {
        return host.find(']').and_then(|end| host.get(..=end)).unwrap_or(host);
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_no_part_of_a_name() {
        assert_eq!(without_port("localhost:80"), "localhost");
        assert_eq!(without_port("[::1]:80"), "[::1]");
        assert_eq!(address("[::1]"), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        assert_eq!(address("127.0.0.1.evil.example"), None);
    }
}
