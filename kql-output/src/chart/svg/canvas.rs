//! Elements of SVG. All texts are escaped here, and nowhere else.

use std::fmt::Write;

/// Which part of a text is at its position.
#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

const STYLE: &str = "text{font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif;font-size:12px;fill:#333}\
.title{font-size:18px;font-weight:600;fill:#111}.axis{font-size:13px;fill:#555}.tick,.legend{fill:#444}\
.context{font-size:11px;fill:#777}.empty{font-size:20px;fill:#888}.value{font-weight:600;fill:#1b4f86}\
.grid{stroke:#e4e4e4;stroke-width:1}.zero{stroke:#8a8a8a;stroke-width:1}.slice{font-size:12px;fill:#fff}";

/// An `<svg>` element that is being written.
pub struct Canvas {
    out: String,
    number: usize,
}

impl Canvas {
    pub fn new(width: f64, height: f64, number: usize) -> Canvas {
        let mut out = String::new();
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
             role=\"img\" class=\"chart\">\n<style>{STYLE}</style>\n<rect width=\"{w}\" height=\"{h}\" fill=\"#fff\"/>\n",
            w = at(width),
            h = at(height)
        );
        Canvas { out, number }
    }

    pub fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }

    pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (x, y, text) = (at(x), at(y), escape(text));
        let _ = writeln!(self.out, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\"{anchor}>{text}</text>");
    }

    /// A text with a tooltip that shows the whole text.
    pub fn titled_text(&mut self, x: f64, y: f64, class: &str, text: &str, whole: &str) {
        self.titled(x, y, class, "", text, whole);
    }

    /// A large text centred at its position.
    pub fn figure(&mut self, x: f64, y: f64, size: f64, text: &str, whole: &str) {
        let style = format!(" text-anchor=\"middle\" style=\"font-size:{}px\"", at(size));
        self.titled(x, y, "value", &style, text, whole);
    }

    fn titled(&mut self, x: f64, y: f64, class: &str, attributes: &str, text: &str, whole: &str) {
        let title = if text == whole { String::new() } else { title(whole) };
        let (x, y, text) = (at(x), at(y), escape(text));
        let _ = writeln!(self.out, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\"{attributes}>{text}{title}</text>");
    }

    /// A vertical text, read upwards.
    pub fn upright(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let (x, y, text) = (at(x), at(y), escape(text));
        let _ = writeln!(
            self.out,
            "<text transform=\"translate({x} {y}) rotate(-90)\" class=\"{class}\" text-anchor=\"middle\">{text}</text>"
        );
    }

    /// A text that rises towards its end.
    pub fn turned(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let (x, y, text) = (at(x), at(y), escape(text));
        let _ = writeln!(
            self.out,
            "<text transform=\"translate({x} {y}) rotate(-40)\" class=\"{class}\" text-anchor=\"end\">{text}</text>"
        );
    }

    pub fn line(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, class: &str) {
        let _ = writeln!(
            self.out,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{class}\"/>",
            at(x1),
            at(y1),
            at(x2),
            at(y2)
        );
    }

    /// A path with attributes, which are not escaped, and an optional tooltip.
    pub fn path(&mut self, path: &str, attributes: &str, tip: Option<&str>) {
        match tip {
            Some(tip) => _ = writeln!(self.out, "<path d=\"{path}\" {attributes}>{}</path>", title(tip)),
            None => _ = writeln!(self.out, "<path d=\"{path}\" {attributes}/>"),
        }
    }

    pub fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str, tip: Option<&str>) {
        let (x, y, w, h) = (at(x), at(y), at(width), at(height));
        let _ = write!(self.out, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{fill}\"");
        self.close("rect", tip);
    }

    pub fn circle(&mut self, x: f64, y: f64, radius: f64, attributes: &str, tip: Option<&str>) {
        let _ = write!(self.out, "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {attributes}", at(x), at(y), at(radius));
        self.close("circle", tip);
    }

    fn close(&mut self, element: &str, tip: Option<&str>) {
        match tip {
            Some(tip) => _ = writeln!(self.out, ">{}</{element}>", title(tip)),
            None => self.out.push_str("/>\n"),
        }
    }

    /// The colour sample of a legend line.
    pub fn swatch(&mut self, x: f64, y: f64, fill: &str, dashed: bool) {
        self.rectangle(x, y, if dashed { 5.0 } else { 12.0 }, 12.0, fill, None);
        if dashed {
            self.rectangle(x + 8.0, y, 4.0, 12.0, fill, None);
        }
    }

    /// Clips what follows at this rectangle.
    pub fn open_clip(&mut self, x: f64, y: f64, width: f64, height: f64) {
        let (n, x, y, w, h) = (self.number, at(x), at(y), at(width), at(height));
        let _ = writeln!(
            self.out,
            "<clipPath id=\"plot{n}\"><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/></clipPath>\n\
             <g clip-path=\"url(#plot{n})\">"
        );
    }

    pub fn close_clip(&mut self) {
        self.out.push_str("</g>\n");
    }
}

fn title(text: &str) -> String {
    format!("<title>{}</title>", escape(text))
}

/// A coordinate, to a tenth of a pixel.
pub fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// Text for SVG and HTML, in elements and in attributes. Characters that XML cannot hold are replaced.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The approximate width in pixels of a text of 12 pixels: there is no font to measure with.
pub fn width_of(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            'i' | 'l' | 'j' | 't' | 'f' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' => 3.9,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 10.2,
            c if c.is_ascii_uppercase() => 8.0,
            c if c.is_ascii() => 6.8,
            c if ('\u{1100}'..='\u{ffdc}').contains(&c) && c > '\u{2e7f}' => 12.5,
            c if c > '\u{1f000}' => 13.0,
            _ => 7.2,
        })
        .sum()
}
