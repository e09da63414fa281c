//! `has_ipv4()`, `has_any_ipv4()`, `has_ipv4_prefix()`, `has_any_ipv4_prefix()`: addresses in a text, between characters
//! that are not letters or digits.

use super::listed;
use crate::registry::{
    CallInfo, Eval, Kernel,
    ParameterType::{DynamicArray, Is, StringOrDynamic},
    ResultName, Returns, ScalarFunction, Signature, p, repeated, sig,
};
use crate::types::ScalarType::{Bool, String};
use kql_scan::text::terms::is_term;
use memchr::memmem;

static ONE: [Signature; 1] = [sig(&[p("source", StringOrDynamic), p("ip", Is(String))], Returns::Is(Bool))];
static ANY: [Signature; 2] = [
    sig(&[p("source", StringOrDynamic), repeated("ips", Is(String), 32767)], Returns::Is(Bool)),
    sig(&[p("source", StringOrDynamic), p("ips", DynamicArray)], Returns::Is(Bool)),
];

macro_rules! has {
    ($row:ident, $name:literal, $signatures:ident, $page:literal, $summary:literal, $wanted:ident) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &$signatures,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Compiled(|info| Ok(compile(info, Wanted::$wanted))),
        };
    };
}

has!(HAS_IPV4, "has_ipv4", ONE, "has-ipv4-function", "True where the text has an IPv4 address.", Address);
has!(
    HAS_ANY_IPV4,
    "has_any_ipv4",
    ANY,
    "has-any-ipv4-function",
    "True where the text has one of several IPv4 addresses.",
    Address
);
has!(
    HAS_IPV4_PREFIX,
    "has_ipv4_prefix",
    ONE,
    "has-ipv4-prefix-function",
    "True where the text has an IPv4 address that starts with a prefix such as 192.168.",
    Prefix
);
has!(
    HAS_ANY_IPV4_PREFIX,
    "has_any_ipv4_prefix",
    ANY,
    "has-any-ipv4-prefix-function",
    "True where the text has an IPv4 address that starts with one of several prefixes.",
    Prefix
);

/// What the argument is allowed to be.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Address,
    /// An address, or the start of one that ends with a dot.
    Prefix,
}

/// An address, or the start of one, to look for.
struct Needle {
    finder: memmem::Finder<'static>,
    /// Whether it is a whole address.
    whole: bool,
}

impl Needle {
    /// `None` if the text is neither an address nor a prefix that ends with a dot: no text contains it.
    fn new(text: &str, wanted: Wanted) -> Option<Needle> {
        let valid = match text.strip_suffix('.') {
            Some(start) if wanted == Wanted::Prefix => {
                let octets: Vec<&str> = start.split('.').collect();
                octets.len() <= 3 && octets.iter().all(|o| octet(o))
            }
            _ => address(text) == Some(text.len()),
        };
        valid.then(|| Needle { finder: memmem::Finder::new(text.as_bytes()).into_owned(), whole: !text.ends_with('.') })
    }

    fn is_in(&self, text: &str) -> bool {
        self.finder.find_iter(text.as_bytes()).any(|at| {
            let before = text.get(..at).unwrap_or("").chars().next_back();
            let rest = text.get(at..).unwrap_or("");
            let Some(length) = address(rest) else { return false };
            if self.whole && length != self.finder.needle().len() {
                return false;
            }
            let after = rest.get(length..).unwrap_or("").chars().next();
            !before.is_some_and(|c| is_term(c as u32)) && !after.is_some_and(|c| is_term(c as u32))
        })
    }
}

fn octet(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u8>().is_ok()
}

/// The length in bytes of the address at the start of the text; `None` if there is none.
fn address(text: &str) -> Option<usize> {
    let mut length = 0;
    for n in 0..4 {
        if n > 0 {
            text.get(length..)?.strip_prefix('.')?;
            length += 1;
        }
        let rest = text.get(length..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if !octet(rest.get(..digits)?) {
            return None;
        }
        length += digits;
    }
    Some(length)
}

fn compile(info: &CallInfo, wanted: Wanted) -> Box<dyn Kernel> {
    listed::compile(
        info,
        move |texts| texts.iter().filter_map(|text| Needle::new(text, wanted)).collect::<Vec<_>>(),
        |needles, text| Some(needles.iter().any(|n| n.is_in(text))),
    )
}
