//! Texts within literals, parsed with nom's combinators: integers, guids, and escape sequences.

use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while, take_while_m_n};
use nom::character::complete::{anychar, char, hex_digit1, one_of, satisfy, u64 as magnitude};
use nom::combinator::{all_consuming, map_opt, map_res, opt, recognize};
use nom::multi::fold_many_m_n;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// The result of a parser of texts. It has no reason for a failure: the message shows the whole literal.
pub type Read<'a, T> = IResult<&'a str, T, ()>;

/// The result of a parser for a whole text.
pub fn whole<'a, T>(parser: impl Parser<&'a str, Output = T, Error = ()>, text: &'a str) -> Option<T> {
    all_consuming(parser).parse(text).ok().map(|(_, value)| value)
}

/// White space, if any.
pub fn blank(i: &str) -> Read<'_, &str> {
    take_while(char::is_whitespace).parse(i)
}

/// `5`, `+5`, `- 5`, `0x1F`: a hexadecimal number can include the sign bit.
pub fn integer(i: &str) -> Read<'_, i64> {
    let bits = || preceded(tag_no_case("0x"), map_res(hex_digit1, |digits| u64::from_str_radix(digits, 16)));
    let negative = alt((
        bits().map(|bits| bits.cast_signed().wrapping_neg()),
        map_opt(magnitude, |n| 0i64.checked_sub_unsigned(n)),
    ));
    let positive =
        alt((bits().map(u64::cast_signed), map_opt(preceded(opt(char('+')), magnitude), |n| i64::try_from(n).ok())));
    alt((preceded((char('-'), blank), negative), positive)).parse(i)
}

/// `74be27de-1e4e-49d9-b579-fe0b331d3642`, the form in which guids are printed.
pub fn hyphenated_guid(i: &str) -> Read<'_, &str> {
    let digits = |n| take_while_m_n(n, n, |c: char| c.is_ascii_hexdigit());
    let part = |n| preceded(char('-'), digits(n));
    recognize((digits(8), part(4), part(4), part(4), part(12))).parse(i)
}

/// A guid with hyphens anywhere or nowhere, and with or without braces around it.
pub fn guid(i: &str) -> Read<'_, u128> {
    let any = |c: char| take_while(move |found| found == c);
    let digit = map_opt(satisfy(|c| c.is_ascii_hexdigit()), |c| c.to_digit(16));
    let digits = fold_many_m_n(32, 32, preceded(any('-'), digit), || 0, |value, d| value << 4 | u128::from(d));
    delimited(any('{'), digits, (any('-'), any('}'))).parse(i)
}

/// What follows a backslash, and its character; `None` for a code that is not a character.
pub fn escape(i: &str) -> Read<'_, Option<char>> {
    let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let hex = |letter, n| {
        let digits = take_while_m_n(n, n, |c: char| c.is_ascii_hexdigit());
        preceded(char(letter), digits).map(move |digits| code(digits, 16))
    };
    // three octal digits if the code is less than 256
    let octal = |n| take_while_m_n(0, n, |c: char| c.is_digit(8));
    let octal = recognize(alt(((one_of("0123"), octal(2)), (one_of("4567"), octal(1)))));
    let letter = map_opt(anychar, |c| {
        Some(match c {
            '\\' | '\'' | '"' => c,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            _ => return None,
        })
    });
    alt((letter.map(Some), hex('u', 4), hex('U', 8), hex('x', 2), octal.map(|digits| code(digits, 8)))).parse(i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (text, want) in [
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("0xFFFFFFFFFFFFFFFF", Some(-1)),
            ("-0X1f", Some(-31)),
            ("- 5", Some(-5)),
            ("0x", None),
            ("5x", None),
        ] {
            assert_eq!(whole(integer, text), want, "{text}");
        }
    }

    #[test]
    fn escapes() {
        for (text, want) in [
            ("n", Some(Some('\n'))),
            ("u00e9", Some(Some('é'))),
            ("U0001F600", Some(Some('😀'))),
            ("x41", Some(Some('A'))),
            ("101", Some(Some('A'))),
            ("47", Some(Some('\''))),
            ("ud800", Some(None)),
            ("u12", None),
            ("q", None),
        ] {
            assert_eq!(whole(escape, text), want, "{text}");
        }
        assert_eq!(escape("1012"), Ok(("2", Some('A'))));
        assert_eq!(escape("477"), Ok(("7", Some('\''))));
    }
}
