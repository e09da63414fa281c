//! What stands for a name.

use super::identity::{Identity, Kind};
use super::known::{Owned, owned};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What stands for the identity with this number where it is written so; `None` if it says nothing about anybody.
pub(super) fn stand_in(identity: &Identity, number: usize, written: &str) -> Option<String> {
    Some(match identity.kind {
        // alice_gmail.com is how the name of a guest has her address
        Kind::Mail if !written.contains('@') && !written.contains("%40") => format!("user{number}_example.com"),
        Kind::Mail => format!("user{number}@example.com"),
        Kind::User => format!("user{number}"),
        Kind::Host => format!("host{number}"),
        Kind::Domain => match owned(written) {
            Some(Owned::Tenant(_, suffix)) => format!("domain{number}{suffix}"),
            Some(_) => format!("domain{number}.example.com"),
            None => format!("domain{number}"),
        },
        Kind::Guid => respelled(written, &format!("00000000000040008000{number:012x}")),
        Kind::Mac => respelled(written, &format!("00005e00{:04x}", number % 0x1_0000)),
        Kind::Sid => sid(number, written),
        Kind::Ipv6 => {
            let address: Ipv6Addr = written.parse().ok()?;
            if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
                return None;
            }
            let start = if (address.segments()[0] & 0xffc0) == 0xfe80 { "fe80" } else { "2001:db8" };
            format!("{start}::{number:x}")
        }
        Kind::Ipv4 => match written.parse::<Ipv6Addr>() {
            Ok(mapped) => format!("::ffff:{}", ipv4(mapped.to_ipv4_mapped()?, number)?),
            Err(_) => ipv4(written.parse().ok()?, number)?.to_string(),
        },
    })
}

/// Other digits in the same spelling.
fn respelled(written: &str, digits: &str) -> String {
    let mut digits = digits.chars();
    written.chars().map(|c| if c.is_ascii_hexdigit() { digits.next().unwrap_or('0') } else { c }).collect()
}

fn sid(number: usize, written: &str) -> String {
    let own = number.saturating_add(1000);
    if written.starts_with("s-1-12-1-") {
        return format!("s-1-12-1-1-2-3-{own}");
    }
    // the last part of an account that every domain has says what it is
    let last = written.rsplit('-').next().and_then(|last| last.parse::<usize>().ok()).filter(|last| *last < 1000);
    format!("s-1-5-21-1-2-3-{}", last.unwrap_or(own))
}

/// An address of the same class.
fn ipv4(address: Ipv4Addr, number: usize) -> Option<Ipv4Addr> {
    let is_metadata = address == Ipv4Addr::new(169, 254, 169, 254);
    if address.is_loopback()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || is_metadata
    {
        return None;
    }
    let [third, fourth] =
        [(number - 1) / 250 % 256, (number - 1) % 250 + 1].map(|part| u8::try_from(part).unwrap_or(0));
    let [first, second] = match address.octets() {
        [10, ..] => [10, 0],
        [192, 168, ..] => [192, 168],
        [172, 16..=31, ..] => [172, 16],
        [169, 254, ..] => [169, 254],
        // addresses for documentation, then those for measurements
        _ => match third {
            0 => return Some(Ipv4Addr::new(203, 0, 113, fourth)),
            1 => return Some(Ipv4Addr::new(198, 51, 100, fourth)),
            2 => return Some(Ipv4Addr::new(192, 0, 2, fourth)),
            _ => [198, 18],
        },
    };
    Some(Ipv4Addr::new(first, second, third, fourth))
}
