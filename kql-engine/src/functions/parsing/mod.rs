//! Parsing of texts in known formats.

mod parse_command_line;
mod parse_csv;
mod parse_path;
mod parse_url;
mod parse_user_agent;
mod parse_version;
mod parse_xml;

use crate::registry::ScalarFunction;

/// All parsing functions.
pub static ALL: &[&ScalarFunction] = &[
    &parse_csv::PARSE_CSV,
    &parse_url::PARSE_URL,
    &parse_url::PARSE_URLQUERY,
    &parse_path::PARSE_PATH,
    &parse_command_line::PARSE_COMMAND_LINE,
    &parse_version::PARSE_VERSION,
    &parse_xml::PARSE_XML,
    &parse_user_agent::PARSE_USER_AGENT,
];
