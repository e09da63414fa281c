//! `geo_info_from_ip_address()` with a database of places: one is made here, in MaxMind's format.

use crate::made::folder::{place, shown};
use std::fmt::Write;
use std::net::IpAddr;

/// A value of the database.
enum Value {
    Text(&'static str),
    Real(f64),
    U16(u16),
    U32(u32),
    U64(u64),
    Map(Vec<(&'static str, Value)>),
    List(Vec<Value>),
}

impl Value {
    /// The type in three bits and the length in five; types from 8 on in a byte of their own.
    fn write(&self, out: &mut Vec<u8>) {
        let mut head = |ty: u8, length: usize| {
            let (short, more) = if length < 29 { (length as u8, None) } else { (29, Some((length - 29) as u8)) };
            out.push(if ty < 8 { ty << 5 | short } else { short });
            out.extend((ty >= 8).then_some(ty.wrapping_sub(7)));
            out.extend(more);
        };
        match self {
            Value::Text(text) => {
                head(2, text.len());
                out.extend(text.as_bytes());
            }
            Value::Real(number) => {
                head(3, 8);
                out.extend(number.to_be_bytes());
            }
            Value::U16(number) => {
                head(5, 2);
                out.extend(number.to_be_bytes());
            }
            Value::U32(number) => {
                head(6, 4);
                out.extend(number.to_be_bytes());
            }
            Value::U64(number) => {
                head(9, 8);
                out.extend(number.to_be_bytes());
            }
            Value::Map(entries) => {
                head(7, entries.len());
                for (key, value) in entries {
                    Value::Text(key).write(out);
                    value.write(out);
                }
            }
            Value::List(items) => {
                head(11, items.len());
                items.iter().for_each(|item| item.write(out));
            }
        }
    }
}

fn name(text: &'static str) -> Value {
    Value::Map(vec![("names", Value::Map(vec![("en", Value::Text(text)), ("de", Value::Text("anders"))]))])
}

/// A database of networks, none of which contains another.
fn database(kind: &'static str, networks: &[(&str, u32, Value)]) -> Vec<u8> {
    #[derive(Clone, Copy)]
    enum To {
        Nothing,
        Node(usize),
        Data(usize),
    }
    let mut nodes = vec![[To::Nothing; 2]];
    let mut data = Vec::new();
    for (address, length, value) in networks {
        let (bits, length) = match address.parse().expect("an address") {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), length + 96),
            IpAddr::V6(v6) => (u128::from(v6), *length),
        };
        let mut node = 0;
        for depth in 0..length {
            let bit = (bits >> (127 - depth) & 1) as usize;
            if depth + 1 == length {
                nodes[node][bit] = To::Data(data.len());
            } else if let To::Node(next) = nodes[node][bit] {
                node = next;
            } else {
                let next = nodes.len();
                nodes[node][bit] = To::Node(next);
                nodes.push([To::Nothing; 2]);
                node = next;
            }
        }
        value.write(&mut data);
    }
    let count = nodes.len();
    let mut out = Vec::new();
    for to in nodes.iter().flatten() {
        let record = match to {
            To::Nothing => count,
            To::Node(next) => *next,
            To::Data(at) => count + 16 + at,
        };
        out.extend(&(record as u32).to_be_bytes()[1..]);
    }
    out.extend([0; 16]);
    out.extend(data);
    out.extend(b"\xab\xcd\xefMaxMind.com");
    Value::Map(vec![
        ("binary_format_major_version", Value::U16(2)),
        ("binary_format_minor_version", Value::U16(0)),
        ("build_epoch", Value::U64(1_772_359_200)),
        ("database_type", Value::Text(kind)),
        ("description", Value::Map(Vec::new())),
        ("ip_version", Value::U16(6)),
        ("languages", Value::List(vec![Value::Text("en")])),
        ("node_count", Value::U32(count as u32)),
        ("record_size", Value::U16(24)),
    ])
    .write(&mut out);
    out
}

fn places() -> Vec<u8> {
    let location = |latitude, longitude| {
        Value::Map(vec![
            ("latitude", Value::Real(latitude)),
            ("longitude", Value::Real(longitude)),
            ("accuracy_radius", Value::U16(5)),
        ])
    };
    database(
        "Places-City",
        &[
            (
                "198.51.100.0",
                24,
                Value::Map(vec![
                    ("city", name("Sydney")),
                    ("country", name("Australia")),
                    ("subdivisions", Value::List(vec![name("New South Wales"), name("a part of it")])),
                    ("location", location(-33.8672, 151.1997)),
                ]),
            ),
            ("203.0.113.0", 25, Value::Map(vec![("country", name("Norway")), ("location", location(60.0, 8.5))])),
            ("192.0.2.0", 24, Value::Map(Vec::new())),
            ("2001:db8::", 32, Value::Map(vec![("country", name("Chile"))])),
            ("2001:db9::", 32, Value::Map(vec![("country", Value::Text("no map"))])),
        ],
    )
}

const ADDRESSES: &[u8] =
    b"{\"ip\":\"198.51.100.7\"}\n{\"ip\":\"203.0.113.5\"}\n{\"ip\":\"198.51.100.7\"}\n{\"ip\":\"\"}\n\
    {\"ip\":\"2001:db8::1\"}\n{\"ip\":\"::ffff:198.51.100.9\"}\n{\"ip\":\"10.0.0.1\"}\n{\"ip\":\"192.0.2.1\"}\n\
    {\"ip\":\"203.0.113.200\"}\n{\"ip\":\"no address\"}\n";

#[test]
fn places_of_addresses() {
    let place = place(&[("places.mmdb", &places()), ("t.ndjson", ADDRESSES)]);
    let run = |query: &str| shown(place.path(), &["run", "--geo-ip", "places.mmdb", "--data", "t.ndjson", "-q", query]);
    insta::assert_snapshot!(
        [
            run("t | extend place = geo_info_from_ip_address(ip)"),
            run("print a = geo_info_from_ip_address('198.51.100.7').city, \
                 b = isnull(geo_info_from_ip_address('10.0.0.1'))"),
            run("t | where geo_info_from_ip_address(ip).country == 'Australia' | count"),
        ]
        .join("\n")
    );
}

#[test]
fn without_a_database_or_with_a_wrong_one() {
    let asn = database("Numbers-ASN", &[]);
    let cut = &places()[..300];
    let place = place(&[
        ("places.mmdb", &places()),
        ("numbers.mmdb", &asn),
        ("cut.mmdb", cut),
        ("t.ndjson", b"{\"ip\":\"198.51.100.7\"}"),
    ]);
    let query = "t | extend place = geo_info_from_ip_address(ip)";
    let mut all = shown(place.path(), &["run", "--data", "t.ndjson", "-q", query]);
    for database in ["missing.mmdb", "numbers.mmdb", "cut.mmdb", "t.ndjson"] {
        let _ = write!(
            all,
            "\n# {database}\n{}",
            shown(place.path(), &["run", "--geo-ip", database, "--data", "t.ndjson", "-q", query])
        );
    }
    let damaged = "print geo_info_from_ip_address('2001:db9::1')";
    let _ = write!(all, "\n# damaged\n{}", shown(place.path(), &["run", "--geo-ip", "places.mmdb", "-q", damaged]));
    let check = "print place = geo_info_from_ip_address('198.51.100.7')";
    std::fs::write(place.path().join("q.kql"), check).expect("a file can be written");
    let _ = write!(all, "\n# check\n{}", shown(place.path(), &["check", "q.kql"]));
    insta::assert_snapshot!(all);
}
