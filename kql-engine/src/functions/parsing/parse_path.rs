//! `parse_path()`

use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Dynamic, String};

pub static PARSE_PATH: ScalarFunction = ScalarFunction {
    name: "parse_path",
    aliases: &[],
    signatures: &[sig(&[p("path", Is(String))], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "A bag of the parts of a file path: Scheme, RootPath, DirectoryPath, DirectoryName, Filename, Extension, \
              AlternateDataStreamName.",
    page: "parse-path-function",
    eval: Eval::Kernel(|call| {
        let paths = call.strings(0)?;
        kernel::texts(call.rows, |i, out| {
            parse(paths.get(i), out);
            true
        })
    }),
};

const SLASHES: [char; 2] = ['\\', '/'];

fn parse(path: &str, out: &mut std::string::String) {
    let (scheme, rest) = match path.split_once("://") {
        Some((scheme, rest)) if scheme.len() > 1 => (scheme, rest),
        _ => ("", path),
    };
    // a drive is a letter and a colon, also after \\?\
    let skipped = if rest.starts_with(r"\\?\") || rest.starts_with(r"\\.\") { 4 } else { 0 };
    let drive = rest.get(skipped..).is_some_and(|p| {
        let mut chars = p.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':')
    });
    let slash = drive && rest.get(skipped + 2..).is_some_and(|p| p.starts_with(SLASHES));
    let root = if drive { rest.get(..skipped + 2 + usize::from(slash)).unwrap_or("") } else { "" };
    let (directory, file) = match rest.rfind(SLASHES) {
        Some(at) => (rest.get(..at).unwrap_or(""), rest.get(at + 1..).unwrap_or("")),
        None if drive => ("", rest.get(skipped + 2..).unwrap_or("")),
        None => ("", rest),
    };
    let name = directory.rsplit(SLASHES).next().unwrap_or("");
    let (file, stream) = file.split_once(':').unwrap_or((file, ""));
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let parts = [
        ("Scheme", scheme),
        ("RootPath", root),
        ("DirectoryPath", directory),
        ("DirectoryName", name),
        ("Filename", file),
        ("Extension", extension),
        ("AlternateDataStreamName", stream),
    ];
    write::members(parts.iter(), out, |(key, text), out| {
        write::string(key, out);
        out.push(':');
        write::string(text, out);
    });
}
