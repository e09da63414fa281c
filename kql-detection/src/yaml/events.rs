//! Reads YAML: from the parser's events to nodes.

use super::node::{DEPTH, Kind, Node};
use super::places::Places;
use crate::problem::{Place, Problem, Source};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::{HashMap, HashSet};

/// How many bytes aliases can copy. A file of a few lines could otherwise stand for gigabytes.
const COPIED: usize = 16 << 20;

/// The documents of a YAML file.
pub fn read(source: &Source) -> Result<Vec<Node>, Problem> {
    // the parser takes a byte-order mark for a character of the first key
    let mark = if source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let text = source.text.get(mark..).unwrap_or("");
    let places = Places::new(text);
    let mut builder = Builder {
        source,
        mark,
        places,
        open: Vec::new(),
        documents: Vec::new(),
        anchors: HashMap::new(),
        room: COPIED,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            // what is missing at the end of the file is missing behind its last word
            let at = mark + builder.places.byte(error.marker().index());
            let at = if at == source.text.len() { source.text.trim_end().len() } else { at };
            let message = format!("not valid YAML: {}", error.info());
            source.problem(Place { start: at, end: at }, message, None)
        })?;
        builder.event(event, span)?;
    }
    Ok(builder.documents)
}

/// A list or a map that is not complete.
struct Open {
    place: Place,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<(Node, Node)>, key: Option<Node>, names: HashSet<String> },
}

struct Builder<'a> {
    source: &'a Source,
    /// The bytes of the byte-order mark.
    mark: usize,
    places: Places<'a>,
    open: Vec<Open>,
    documents: Vec<Node>,
    anchors: HashMap<usize, Node>,
    /// The bytes that aliases can still copy.
    room: usize,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let place = Place { start: self.places.byte(span.start.index()), end: self.places.byte(span.end.index()) };
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, _) => {
                let node = self.scalar(text.into_owned(), style, place);
                self.remember(anchor, &node)?;
                self.add(node)?;
            }
            Event::SequenceStart(anchor, _) => self.start(place, anchor, Content::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => {
                let content = Content::Map { entries: Vec::new(), key: None, names: HashSet::new() };
                self.start(place, anchor, content)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(place)?,
            Event::Alias(anchor) => {
                let place = self.moved(place);
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(self.source.problem(place, "the alias refers to a node that contains it", None));
                };
                let node = node.clone();
                self.pay(&node)?;
                self.add(node)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn moved(&self, place: Place) -> Place {
        Place { start: place.start + self.mark, end: place.end + self.mark }
    }

    fn scalar(&self, text: String, style: ScalarStyle, place: Place) -> Node {
        let plain = style == ScalarStyle::Plain;
        let mut lines = match style {
            ScalarStyle::Literal => self.places.block(&text, place.start),
            ScalarStyle::Folded => Vec::new(),
            _ => self.places.line(&text, place.start, !plain),
        };
        for line in &mut lines {
            *line += self.mark;
        }
        let end = self.places.trimmed(place.start, place.end);
        Node { kind: Kind::Scalar { text, plain, lines }, place: self.moved(Place { end, ..place }) }
    }

    fn start(&mut self, place: Place, anchor: usize, content: Content) -> Result<(), Problem> {
        let place = self.moved(place);
        if self.open.len() >= DEPTH {
            return Err(self.source.problem(place, format!("nested deeper than {DEPTH} levels"), None));
        }
        self.open.push(Open { place, anchor, content });
        Ok(())
    }

    fn end(&mut self, place: Place) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (kind, last) = match open.content {
            Content::List(items) => {
                let last = items.last().map(|item| item.place.end);
                (Kind::List(items), last)
            }
            Content::Map { entries, .. } => {
                let last = entries.last().map(|(key, value)| value.place.end.max(key.place.end));
                (Kind::Map(entries), last)
            }
        };
        // a block ends with what is in it: the parser sees its end only at what follows
        let bracket = self.source.text.get(open.place.start..).is_some_and(|t| t.starts_with(['{', '[']));
        let end = if bracket { self.moved(place).end } else { last.unwrap_or(open.place.end) };
        let node = Node { kind, place: Place { start: open.place.start, end: end.max(open.place.start) } };
        self.remember(open.anchor, &node)?;
        self.add(node)
    }

    /// Keeps a node for the aliases that refer to it.
    fn remember(&mut self, anchor: usize, node: &Node) -> Result<(), Problem> {
        if anchor > 0 {
            self.pay(node)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(())
    }

    /// Takes the bytes of a copy from what is left.
    fn pay(&mut self, node: &Node) -> Result<(), Problem> {
        match self.room.checked_sub(bytes(node)) {
            Some(room) => self.room = room,
            None => {
                let message = format!("aliases stand for more than {} MiB", COPIED >> 20);
                return Err(self.source.problem(node.place, message, None));
            }
        }
        Ok(())
    }

    /// Adds a complete node to the list or map that is open, or to the documents.
    fn add(&mut self, node: Node) -> Result<(), Problem> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.documents.push(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key, names }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    if let Some(name) = node.text().filter(|name| !names.insert((*name).to_owned())) {
                        return Err(self.source.twice(name, node.place));
                    }
                    *key = Some(node);
                }
            },
        }
        Ok(())
    }
}

/// Roughly the memory of a node and all in it.
fn bytes(node: &Node) -> usize {
    let own = size_of::<Node>();
    own + match &node.kind {
        Kind::Scalar { text, lines, .. } => text.len() + lines.len() * size_of::<usize>(),
        Kind::List(items) => items.iter().map(bytes).sum(),
        Kind::Map(entries) => entries.iter().map(|(key, value)| bytes(key) + bytes(value)).sum(),
    }
}
