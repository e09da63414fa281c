//! `parse_user_agent()`
//!
//! The patterns are those of the ua-parser project, which Kusto uses too; they are loaded by the first call.

use crate::dynamic::{read, write};
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{Is, StringOrDynamic},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Dynamic, String as Text};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::ColumnarValue;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::LazyLock;
use ua_parser::{Extractor, Regexes};

pub static PARSE_USER_AGENT: ScalarFunction = ScalarFunction {
    name: "parse_user_agent",
    aliases: &[],
    signatures: &[sig(&[p("user_agent", Is(Text)), p("look_for", StringOrDynamic)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "A property bag of the browser, operating system and device that a user-agent string describes.",
    page: "parse-user-agent-function",
    eval: Eval::Compiled(compile),
};

static PATTERNS: LazyLock<Option<Extractor<'static>>> = LazyLock::new(|| {
    let patterns: Regexes = serde_json::from_str(include_str!("user_agents/regexes.json")).ok()?;
    Extractor::try_from(patterns).ok()
});

/// The requested parts.
#[derive(Clone, Copy, Default)]
struct Wanted {
    browser: bool,
    os: bool,
    device: bool,
}

/// One of the words, or an array of them; `None` for anything else.
fn wanted(text: &str) -> Option<Wanted> {
    let mut wanted = Wanted::default();
    let mut add = |word: &str| {
        match word {
            "browser" => wanted.browser = true,
            "os" => wanted.os = true,
            "device" => wanted.device = true,
            _ => return None,
        }
        Some(())
    };
    match read::array(text) {
        Some(items) if !items.is_empty() => items.iter().try_for_each(|item| add(&read::unquote(item)?))?,
        Some(_) => return None,
        None => add(&read::unquote(text).unwrap_or(text.into()))?,
    }
    Some(wanted)
}

fn compile(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    let constant = match info.text(1).map(wanted) {
        Some(None) => {
            return plan_err!("parse_user_agent() expects 'browser', 'os', 'device' or an array of these.");
        }
        Some(wanted) => wanted,
        None => None,
    };
    Ok(Box::new(move |call: &Call| -> Result<ColumnarValue> {
        let Some(patterns) = PATTERNS.as_ref() else {
            return internal_err!("the patterns of user agents cannot be read");
        };
        let (agents, looked_for) = (call.strings(0)?, call.strings(1)?);
        // the same few agents occur again and again
        let mut known: HashMap<(&str, &str), Option<String>> = HashMap::new();
        kernel::texts(call.rows, |i, out| {
            let (agent, look_for) = (agents.get(i), looked_for.get(i));
            let described = match known.entry((agent, look_for)) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let wanted = constant.or_else(|| wanted(look_for));
                    entry.insert(wanted.map(|wanted| describe(patterns, agent, wanted)))
                }
            };
            match described {
                Some(text) => {
                    out.push_str(text);
                    true
                }
                None => false,
            }
        })
    }))
}

/// The result if no pattern matches.
const OTHER: &str = "Other";

fn describe(patterns: &Extractor, agent: &str, wanted: Wanted) -> String {
    let mut parts = Vec::new();
    if wanted.browser {
        let found = patterns.ua.extract(agent).unwrap_or_default();
        let family = if found.family.is_empty() { OTHER } else { &found.family };
        let version = [("MajorVersion", found.major), ("MinorVersion", found.minor), ("Patch", found.patch)];
        let version = version.map(|(name, part)| (name, part.unwrap_or("")));
        parts.push(("Browser", [("Family", family)].into_iter().chain(version).map(pair).collect::<Vec<_>>()));
    }
    if wanted.os {
        let found = patterns.os.extract(agent).unwrap_or_default();
        let family = if found.os.is_empty() { OTHER } else { &found.os };
        let part = |part: &Option<std::borrow::Cow<'_, str>>| part.as_deref().unwrap_or("").to_owned();
        let version = [
            ("MajorVersion", part(&found.major)),
            ("MinorVersion", part(&found.minor)),
            ("Patch", part(&found.patch)),
            ("PatchMinor", part(&found.patch_minor)),
        ];
        let version = version.iter().map(|(name, part)| (*name, part.as_str()));
        parts.push(("OperatingSystem", std::iter::once(("Family", family)).chain(version).map(pair).collect()));
    }
    if wanted.device {
        let found = patterns.dev.extract(agent).unwrap_or_default();
        let family = if found.device.is_empty() { OTHER } else { &found.device };
        let (brand, model) = (found.brand.as_deref().unwrap_or(""), found.model.as_deref().unwrap_or(""));
        parts.push(("Device", [("Family", family), ("Brand", brand), ("Model", model)].map(pair).to_vec()));
    }
    let bags: Vec<(String, String)> = parts
        .into_iter()
        .map(|(name, properties)| {
            let mut bag = String::new();
            write::bag(properties.iter().map(|(name, value)| (name.as_str(), value.as_str())), &mut bag);
            (quoted(name), bag)
        })
        .collect();
    let mut out = String::new();
    write::bag(bags.iter().map(|(name, bag)| (name.as_str(), bag.as_str())), &mut out);
    out
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    write::string(text, &mut out);
    out
}

fn pair((name, value): (&str, &str)) -> (String, String) {
    (quoted(name), quoted(value))
}
