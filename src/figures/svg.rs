//! Figures as SVG: marks with classes, so that one drawing serves light, dark and print.
//!
//! The body carries no colours but those that are data; a style sheet gives them. Every mark may
//! have a title, which browsers show under the pointer and screen readers read.

use crate::text::markup;
use std::fmt::Write;

/// A drawing in the making; y runs down, lengths in pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Svg {
    pub width: f64,
    pub height: f64,
    body: String,
}

/// Where text stands beside its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Shapes that are told apart without colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// Colours on white, of everything that a class names: the palette of Okabe and Ito, which people
/// with any colour vision tell apart.
pub(super) const LIGHT: &str = ".page{fill:#fff}.ink{fill:#1b1b1b}.soft{fill:#595959}.rule{stroke:#d9d9d9}.axis{stroke:#767676}\
    .a{fill:#0072b2}.b{fill:#d55e00}.c{fill:#009e73}.d{fill:#cc79a7}.e{fill:#e69f00}.sa{stroke:#0072b2}\
    .sb{stroke:#d55e00}.sc{stroke:#009e73}.sd{stroke:#cc79a7}.se{stroke:#e69f00}.front{stroke:#000}.halo{stroke:#fff}.law{stroke:#b00020}.ring{stroke:#1b1b1b}.on{fill:#fff}";

/// The same on black.
pub(super) const DARK: &str = ".page{fill:#16181c}.ink{fill:#ececec}.soft{fill:#b4b4b4}.rule{stroke:#3a3d42}.axis{stroke:#8c8c8c}\
    .a{fill:#56b4e9}.b{fill:#f0894d}.c{fill:#2fc29b}.d{fill:#e2a5c6}.e{fill:#f0c04a}.sa{stroke:#56b4e9}\
    .sb{stroke:#f0894d}.sc{stroke:#2fc29b}.sd{stroke:#e2a5c6}.se{stroke:#f0c04a}.front{stroke:#000}.halo{stroke:#fff}.law{stroke:#b00020}.ring{stroke:#ececec}.on{fill:#101214}";

/// Widths and fonts, whatever the colours.
pub(super) const SHAPE: &str = "text{font-family:Ubuntu,system-ui,'DejaVu Sans',sans-serif;font-size:13px}.small{font-size:11px}\
    .strong{font-weight:600}.dark{fill:#1b1b1b}.light{fill:#fff}.ring{fill:none;stroke-width:2}.rule,.axis{stroke-width:1;fill:none}.sa,.sb,.sc,.sd,.se{stroke-width:2;fill:none}\
    .front{stroke-width:2.5;fill:none}.halo{stroke-width:5.5;fill:none;stroke-linejoin:round}\
    .law{stroke-width:2;fill:none;stroke-dasharray:5 3}";

/// Pixels that a text takes at most, by its class: a letter is 0.6 of the size of the font, a bold one a little more.
pub(super) fn length(class: &str, text: &str) -> f64 {
    let size = if class.contains("small") { 11.0 } else { 13.0 };
    let letter = if class.contains("strong") { 0.63 } else { 0.6 };
    text.chars().count() as f64 * size * letter
}

/// A text in lines between words that take at most so many pixels; a word that takes more has a line of its own.
fn lines(class: &str, text: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if length(class, line) + length(class, " ") + length(class, word) <= width => {
                *line += &format!(" {word}");
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A coordinate: two decimals, no more than it takes, no `-0`.
fn at(x: f64) -> String {
    let text = format!("{:.2}", if x.is_finite() { x } else { 0.0 });
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

fn title(tip: &str) -> String {
    if tip.is_empty() { String::new() } else { format!("<title>{}</title>", markup(tip)) }
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // A `String` takes whatever is written.
        let _ = self.body.write_fmt(text);
    }

    /// A box whose class gives its colour.
    pub fn rect(&mut self, class: &str, [x, y, width, height]: [f64; 4], tip: &str) {
        let [x, y, width, height] = [x, y, width, height].map(at);
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\">{}</rect>",
            title(tip)
        ));
    }

    /// A box whose colour is data.
    pub fn filled(&mut self, colour: &str, [x, y, width, height]: [f64; 4], tip: &str) {
        let [x, y, width, height] = [x, y, width, height].map(at);
        self.put(format_args!(
            "<rect shape-rendering=\"crispEdges\" fill=\"{colour}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\">{}</rect>",
            title(tip)
        ));
    }

    pub fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(at);
        self.put(format_args!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"));
    }

    pub fn path(&mut self, class: &str, points: &[[f64; 2]]) {
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{},{}", at(*x), at(*y))).collect();
        self.put(format_args!("<polyline class=\"{class}\" points=\"{}\"/>", points.join(" ")));
    }

    pub fn mark(&mut self, class: &str, shape: Shape, [x, y]: [f64; 2], size: f64, tip: &str) {
        let corners: &[[f64; 2]] = match shape {
            Shape::Circle => {
                let [x, y, size] = [x, y, size].map(at);
                let tip = title(tip);
                return self
                    .put(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{size}\">{tip}</circle>"));
            }
            Shape::Square => &[[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
            Shape::Triangle => &[[0.0, -1.2], [1.1, 0.9], [-1.1, 0.9]],
            Shape::Diamond => &[[0.0, -1.3], [1.3, 0.0], [0.0, 1.3], [-1.3, 0.0]],
        };
        let points: Vec<String> =
            corners.iter().map(|[dx, dy]| format!("{},{}", at(x + dx * size), at(y + dy * size))).collect();
        self.put(format_args!("<polygon class=\"{class}\" points=\"{}\">{}</polygon>", points.join(" "), title(tip)));
    }

    pub fn text(&mut self, class: &str, anchor: Anchor, [x, y]: [f64; 2], text: &str) {
        self.turned(class, anchor, [x, y], 0.0, text);
    }

    /// Text turned by so many degrees around its point.
    pub fn turned(&mut self, class: &str, anchor: Anchor, [x, y]: [f64; 2], degrees: f64, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let turn = if degrees == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {} {})\"", at(degrees), at(x), at(y))
        };
        let (x, y, text) = (at(x), at(y), markup(text));
        self.put(format_args!(
            "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\"{turn}>{text}</text>"
        ));
    }

    /// What `draw` draws, as one axis: its title, and the labels of its ticks.
    pub fn axis(&mut self, draw: impl FnOnce(&mut Self)) {
        self.body.push_str("<g data-axis=\"\">");
        draw(self);
        self.body.push_str("</g>");
    }

    /// For a page that has the style sheet. `name`: what a screen reader says it is.
    pub fn inline(&self, name: &str) -> String {
        let (width, height) = (at(self.width), at(self.height));
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" style=\"--w:{width}px\" role=\"img\" aria-label=\"{}\">{}</svg>",
            markup(name),
            self.body
        )
    }

    /// A file of its own, with its title above it, light or dark as its reader is.
    pub fn file(&self, name: &str) -> String {
        const LINE: f64 = 18.0;
        let title = lines("strong", name, self.width - 16.0);
        let head = 8.0 + title.len() as f64 * LINE;
        let line = |(i, line): (usize, &String)| {
            let (y, line) = (at((i + 1) as f64 * LINE), markup(line));
            format!("<text class=\"ink strong\" x=\"8\" y=\"{y}\">{line}</text>")
        };
        let text: String = title.iter().enumerate().map(line).collect();
        let (width, height, name, head) = (at(self.width), at(self.height + head), markup(name), at(head));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\"><title>{name}</title><style>{SHAPE}{LIGHT}\
             @media (prefers-color-scheme:dark){{{DARK}}}</style>\
             <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>{text}\
             <g transform=\"translate(0 {head})\">{}</g></svg>\n",
            self.body
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_text_is_escaped() {
        assert_eq!([1.0, -0.001, 2.345, f64::NAN].map(at), ["1", "0", "2.35", "0"]);
        let mut svg = Svg::new(10.0, 10.0);
        svg.text("ink", Anchor::Start, [0.0, 0.0], "a<b & \"c\"");
        assert!(
            svg.inline("<x>").contains("a&lt;b &amp; &quot;c&quot;</text>") && svg.inline("<x>").contains("&lt;x&gt;")
        );
    }
}
