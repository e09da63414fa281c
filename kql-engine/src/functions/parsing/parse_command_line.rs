//! `parse_command_line()`, with the rules of Windows' `CommandLineToArgvW`.

use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{Is, Scalar},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Dynamic, String};
use datafusion::common::{Result, plan_err};

pub static PARSE_COMMAND_LINE: ScalarFunction = ScalarFunction {
    name: "parse_command_line",
    aliases: &[],
    signatures: &[sig(&[p("command", Scalar), p("parser", Is(String))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "An array of the arguments of a command line, by the rules of Windows.",
    page: "parse-command-line-function",
    eval: Eval::Compiled(compile),
};

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    if let Some(parser) = info.text(1).filter(|p| !p.eq_ignore_ascii_case("windows")) {
        return plan_err!("'{parser}' is not a valid parser for parse_command_line(); use windows.");
    }
    Ok(Box::new(|call: &Call| {
        let (value, parsers) = (Arg::new(call, 0)?, call.strings(1)?);
        let mut text = std::string::String::new();
        kernel::texts(call.rows, |i, out| {
            text.clear();
            value.text(i, &mut text);
            if text.is_empty() || !parsers.get(i).eq_ignore_ascii_case("windows") {
                return false;
            }
            write::list(arguments(&text).iter(), out, |argument, out| {
                write::string(argument, out);
            });
            true
        })
    }))
}

fn arguments(line: &str) -> Vec<std::string::String> {
    let mut all = Vec::new();
    let mut chars = line.chars().peekable();
    let blank = |c: char| c == ' ' || c == '\t';
    // the program's name ends at a quote or a blank, and backslashes have no special meaning in it
    let mut name = std::string::String::new();
    if chars.next_if_eq(&'"').is_some() {
        for c in chars.by_ref() {
            if c == '"' {
                break;
            }
            name.push(c);
        }
    } else {
        while let Some(c) = chars.next_if(|c| !blank(*c)) {
            name.push(c);
        }
    }
    all.push(name);
    loop {
        while chars.next_if(|c| blank(*c)).is_some() {}
        if chars.peek().is_none() {
            return all;
        }
        let (mut argument, mut quoted) = (std::string::String::new(), false);
        loop {
            let mut slashes = 0;
            while chars.next_if_eq(&'\\').is_some() {
                slashes += 1;
            }
            if chars.peek() == Some(&'"') {
                // two backslashes before a quote are one; after an odd number, the quote is an ordinary character
                argument.extend(std::iter::repeat_n('\\', slashes / 2));
                chars.next();
                if slashes % 2 == 1 {
                    argument.push('"');
                } else if quoted && chars.next_if_eq(&'"').is_some() {
                    argument.push('"');
                    quoted = false;
                } else {
                    quoted = !quoted;
                }
                continue;
            }
            argument.extend(std::iter::repeat_n('\\', slashes));
            match chars.peek().copied() {
                None => break,
                Some(c) if blank(c) && !quoted => break,
                Some(c) => {
                    argument.push(c);
                    chars.next();
                }
            }
        }
        all.push(argument);
    }
}
