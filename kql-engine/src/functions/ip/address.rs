//! Addresses with an optional prefix length: `192.168.1.1/24`, `fe80::1/120`.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An IPv4 address and its prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct V4 {
    /// The address.
    pub address: u32,
    /// 0 to 32.
    pub prefix: u8,
}

impl V4 {
    /// Parses an address; `None` if the text is not an IPv4 address.
    pub fn parse(text: &str) -> Option<V4> {
        let (address, prefix) = split(text, 32)?;
        Some(V4 { address: address.parse::<Ipv4Addr>().ok()?.to_bits(), prefix })
    }

    /// The address without the bits after the prefix.
    pub fn network(self) -> u32 {
        self.address & mask4(self.prefix)
    }

    /// The first and the last address of the network.
    pub fn range(self) -> (u32, u32) {
        (self.network(), self.network() | !mask4(self.prefix))
    }
}

/// The bits that a prefix length keeps.
pub fn mask4(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0)
}

/// The bits that a prefix length keeps.
pub fn mask6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0)
}

/// The notation of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// As an IPv4 address; the address is in `::ffff:0:0/96`.
    V4,
    /// With an IPv4 address at its end: `::192.168.1.1`.
    Mixed,
    /// As an IPv6 address.
    V6,
}

/// An IPv6 address and its prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct V6 {
    /// The address.
    pub address: u128,
    /// 0 to 128.
    pub prefix: u8,
    /// How it was written.
    pub written: Written,
}

impl V6 {
    /// Parses an address of either kind; `None` if the text is not an address. The prefix length of an address with dots
    /// counts the bits of the IPv4 address.
    pub fn parse(text: &str) -> Option<V6> {
        if let Some(v4) = V4::parse(text) {
            let address = Ipv4Addr::from_bits(v4.address).to_ipv6_mapped().to_bits();
            return Some(V6 { address, prefix: v4.prefix + 96, written: Written::V4 });
        }
        let mixed = text.contains('.');
        let (address, prefix) = split(text, if mixed { 32 } else { 128 })?;
        // the zone of a link-local address, `fe80::1%eth0`, is ignored
        let address = address.split_once('%').map_or(address, |(address, _)| address);
        let address = address.parse::<Ipv6Addr>().ok()?.to_bits();
        let (prefix, written) = if mixed { (prefix + 96, Written::Mixed) } else { (prefix, Written::V6) };
        Some(V6 { address, prefix, written })
    }

    /// The address for comparisons, in which `::192.168.1.1` is an IPv4 address.
    pub fn comparable(self) -> V6 {
        let compatible = self.written == Written::Mixed && self.address >> 32 == 0;
        if compatible { V6 { address: self.address | 0xffff_0000_0000, ..self } } else { self }
    }

    /// The first and the last address of the network.
    pub fn range(self) -> (u128, u128) {
        let mask = mask6(self.prefix);
        (self.address & mask, self.address | !mask)
    }
}

/// Address and prefix length; without a prefix length, it is the number of all bits.
fn split(text: &str, bits: u8) -> Option<(&str, u8)> {
    let text = text.trim();
    match text.split_once('/') {
        None => Some((text, bits)),
        Some((address, prefix)) if prefix.bytes().all(|b| b.is_ascii_digit()) => {
            Some((address, prefix.parse().ok().filter(|p| *p <= bits)?))
        }
        Some(_) => None,
    }
}

/// Ranges of addresses, sorted and merged, so that a look-up is one binary search.
#[derive(Debug)]
pub struct Ranges<T>(Vec<(T, T)>);

impl<T: Copy + Ord> Ranges<T> {
    /// Of first and last addresses.
    pub fn new(mut ranges: Vec<(T, T)>) -> Ranges<T> {
        ranges.sort_unstable();
        let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        Ranges(merged)
    }

    /// Whether an address is in one of them.
    pub fn contains(&self, address: T) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= address);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, last)| address <= *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        assert_eq!(V4::parse("10.1.2.3/8").map(V4::network), Some(0x0a00_0000));
        assert_eq!(V4::parse("10.1.2.3/0").map(V4::range), Some((0, u32::MAX)));
        assert_eq!(V4::parse("10.1.2.3/33"), None);
        assert_eq!(V4::parse("10.1.2"), None);
        assert_eq!(V6::parse("::192.168.1.1/24").map(|v| v.prefix), Some(120));
        assert_eq!(V6::parse("fe80::/129"), None);
    }

    #[test]
    fn ranges_merge() {
        let ranges = Ranges::new(vec![(5u32, 9), (1, 3), (8, 12), (20, 20)]);
        let inside: Vec<u32> = (0..25).filter(|n| ranges.contains(*n)).collect();
        assert_eq!(inside, [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 20]);
    }
}
