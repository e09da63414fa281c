//! `parse_xml()`: elements, attributes and texts as JSON.

use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::StringOrDynamic, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

/// Longer texts return null, as in the service.
const MAX_SIZE: usize = 1 << 20;
/// So do texts with more deeply nested elements.
const MAX_DEPTH: usize = 256;

pub static PARSE_XML: ScalarFunction = ScalarFunction {
    name: "parse_xml",
    aliases: &[],
    signatures: &[sig(&[p("xml_text", StringOrDynamic)], Returns::Is(Dynamic))],
    result_name: ResultName::FirstArgument,
    summary: "Parses XML as a dynamic value: elements become properties, attributes properties prefixed with @, \
              and text next to them #text; null if the XML is not well-formed.",
    page: "parse-xml-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    let mut text = String::new();
    kernel::texts(call.rows, |i, out| {
        text.clear();
        value.text(i, &mut text);
        let Some(root) = parse(&text) else { return false };
        out.push('{');
        write::string(&root.name, out);
        out.push(':');
        root.write(out);
        out.push('}');
        true
    })
}

#[derive(Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn new(start: &BytesStart) -> Option<Element> {
        let name = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = unescape(std::str::from_utf8(&attribute.value).ok()?).ok()?.into_owned();
            attributes.push((name(attribute.key.as_ref())?, value));
        }
        Some(Element { name: name(start.name().as_ref())?, attributes, ..Element::default() })
    }

    fn write(&self, out: &mut String) {
        let text = self.text.trim();
        if self.attributes.is_empty() && self.children.is_empty() {
            return if text.is_empty() { out.push_str("null") } else { write::string(text, out) };
        }
        out.push('{');
        let start = out.len();
        let key = |name: &str, out: &mut String| {
            if out.len() > start {
                out.push(',');
            }
            write::string(name, out);
            out.push(':');
        };
        for (name, value) in &self.attributes {
            key(&format!("@{name}"), out);
            write::string(value, out);
        }
        if !text.is_empty() {
            key("#text", out);
            write::string(text, out);
        }
        // elements with the same name become an array at the position of the first
        let mut places: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
        let mut groups: Vec<(&str, Vec<&Element>)> = Vec::new();
        for child in &self.children {
            let at = *places.entry(&child.name).or_insert_with(|| {
                groups.push((&child.name, Vec::new()));
                groups.len() - 1
            });
            if let Some((_, group)) = groups.get_mut(at) {
                group.push(child);
            }
        }
        for (name, group) in groups {
            key(name, out);
            if let [only] = group[..] {
                only.write(out);
                continue;
            }
            write::list(group.iter(), out, |element, out| {
                element.write(out);
            });
        }
        out.push('}');
    }
}

/// The root element; `None` if the text is not well-formed.
fn parse(text: &str) -> Option<Element> {
    if text.len() > MAX_SIZE {
        return None;
    }
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut close = |open: &mut Vec<Element>, element: Element| match open.last_mut() {
        Some(parent) => {
            parent.children.push(element);
            Some(())
        }
        None if root.is_none() => {
            root = Some(element);
            Some(())
        }
        None => None,
    };
    let blank = |text: &str| text.chars().all(char::is_whitespace);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return None;
                }
                open.push(Element::new(&start)?);
            }
            Event::Empty(start) => close(&mut open, Element::new(&start)?)?,
            Event::End(_) => {
                let element = open.pop()?;
                close(&mut open, element)?;
            }
            Event::Text(text) => {
                let text = text.decode().ok()?;
                match open.last_mut() {
                    Some(element) => element.text.push_str(&text),
                    None if blank(&text) => {}
                    None => return None,
                }
            }
            Event::CData(data) => open.last_mut()?.text.push_str(&data.decode().ok()?),
            Event::GeneralRef(reference) => {
                let element = open.last_mut()?;
                match reference.resolve_char_ref().ok()? {
                    Some(c) => element.text.push(c),
                    None => element.text.push_str(resolve_predefined_entity(&reference.decode().ok()?)?),
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if open.is_empty() { root } else { None }
}
