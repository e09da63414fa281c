//! Whether a host can be reached at all. A client would try for a minute before it says that a name is misspelt.

use super::problem::Problem;
use super::settings::variable;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;
use url::Url;

const TIME: Duration = Duration::from_secs(5);

/// Connects once to the host of a URL. Behind a proxy, only the proxy can tell.
pub(super) fn check(url: &str) -> Result<(), Problem> {
    let proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];
    if proxies.iter().any(|name| variable(name).is_some()) {
        return Ok(());
    }
    let Ok(url) = Url::parse(url) else { return Err(Problem::other("the address of the store is not a valid URL")) };
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return Ok(()) };
    let unknown = || Problem::other(format!("the host {host} is not known; check the name, and the network"));
    // an IPv6 address has brackets in a URL
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<_> = (name, port).to_socket_addrs().map_err(|_| unknown())?.collect();
    let mut failed = None;
    for address in &addresses {
        match TcpStream::connect_timeout(address, TIME) {
            Ok(_) => return Ok(()),
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        None => Err(unknown()),
        Some(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            Err(Problem::other(format!("{host}:{port} refuses connections; is the store running there?")))
        }
        Some(_) => Err(Problem::other(format!("{host}:{port} does not answer; check the network"))),
    }
}

/// Whether this computer is one of a cloud, whose metadata have credentials.
pub(super) fn is_in_a_cloud() -> bool {
    let metadata = std::net::SocketAddr::from(([169, 254, 169, 254], 80));
    TcpStream::connect_timeout(&metadata, Duration::from_millis(300)).is_ok()
}
