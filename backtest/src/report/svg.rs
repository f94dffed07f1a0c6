//! SVG, as much of it as the plots need, and what a plot is.
//!
//! Written by hand and not by a crate of charts: shapes carry classes and no colours, so that one drawing is right in
//! light and in dark, and a page needs no library to show it.

use std::fmt::Write;

use super::text::{escape, px};
use super::theme;

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Shapes, in the order in which they are drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Canvas {
    out: String,
}

impl Canvas {
    fn attribute(&mut self, name: &str, value: f64) {
        let _ = write!(self.out, " {name}=\"");
        px(&mut self.out, value);
        self.out.push('"');
    }

    fn open(&mut self, element: &str, class: &str) {
        let _ = write!(self.out, "<{element} class=\"{class}\"");
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.open("line", class);
        self.attribute("x1", from.0);
        self.attribute("y1", from.1);
        self.attribute("x2", to.0);
        self.attribute("y2", to.1);
        self.out.push_str("/>");
    }

    /// A rectangle; what it says is shown when it is pointed at.
    pub(super) fn rect(
        &mut self,
        class: &str,
        at: (f64, f64),
        size: (f64, f64),
        opacity: Option<f64>,
        says: Option<&str>,
    ) {
        self.open("rect", class);
        self.attribute("x", at.0);
        self.attribute("y", at.1);
        self.attribute("width", size.0);
        self.attribute("height", size.1);
        if let Some(opacity) = opacity {
            let _ = write!(self.out, " fill-opacity=\"{opacity:.2}\"");
        }
        self.close("rect", says);
    }

    pub(super) fn path(&mut self, class: &str, path: &Path, says: Option<&str>) {
        if path.is_empty() {
            return;
        }
        self.open("path", class);
        let _ = write!(self.out, " d=\"{}\"", path.data);
        self.close("path", says);
    }

    fn close(&mut self, element: &str, says: Option<&str>) {
        match says {
            Some(says) => {
                let _ = write!(self.out, "><title>{}</title></{element}>", escape(says));
            }
            None => self.out.push_str("/>"),
        }
    }

    pub(super) fn text(&mut self, class: &str, anchor: Anchor, at: (f64, f64), text: &str) {
        self.open("text", class);
        self.attribute("x", at.0);
        self.attribute("y", at.1);
        match anchor {
            Anchor::Start => {}
            Anchor::Middle => self.out.push_str(" text-anchor=\"middle\""),
            Anchor::End => self.out.push_str(" text-anchor=\"end\""),
        }
        let _ = write!(self.out, ">{}</text>", escape(text));
    }
}

/// A path.
#[derive(Debug, Clone, Default)]
pub(super) struct Path {
    data: String,
}

impl Path {
    pub(super) const fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    fn command(&mut self, letter: char, x: f64, y: f64) {
        self.data.push(letter);
        px(&mut self.data, x);
        self.data.push(' ');
        px(&mut self.data, y);
    }

    pub(super) fn move_to(&mut self, x: f64, y: f64) {
        self.command('M', x, y);
    }

    /// A line to there; the first one of a path only goes there.
    pub(super) fn line_to(&mut self, x: f64, y: f64) {
        let letter = if self.is_empty() { 'M' } else { 'L' };
        self.command(letter, x, y);
    }

    pub(super) fn vertical(&mut self, y: f64) {
        self.data.push('V');
        px(&mut self.data, y);
    }

    pub(super) fn horizontal(&mut self, x: f64) {
        self.data.push('H');
        px(&mut self.data, x);
    }

    pub(super) fn close(&mut self) {
        if !self.is_empty() {
            self.data.push('Z');
        }
    }

    /// A triangle with its point at (x, y), 8 wide and 8 high, `down`wards from there or upwards.
    pub(super) fn triangle(x: f64, y: f64, down: bool) -> Self {
        let mut path = Self::default();
        let base = if down { y + 8.0 } else { y - 8.0 };
        path.move_to(x, y);
        path.line_to(x + 4.5, base);
        path.line_to(x - 4.5, base);
        path.close();
        path
    }

    #[cfg(test)]
    pub(super) fn data(&self) -> &str {
        &self.data
    }
}

/// What a pointer on a plot is told: values over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Hover {
    /// Where the plot begins and ends, in pixels of its width and of its height.
    pub(super) x: (f64, f64),
    pub(super) y: (f64, f64),
    /// What times these are.
    pub(super) from: u64,
    pub(super) to: u64,
    /// Whether times of day matter.
    pub(super) with_time: bool,
    pub(super) lines: Vec<HoverLine>,
}

/// One of its lines.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HoverLine {
    pub(super) name: String,
    /// What follows each value, as a percent sign.
    pub(super) unit: &'static str,
    pub(super) decimals: usize,
    /// Time and value.
    pub(super) points: Vec<(u64, f64)>,
}

/// A drawing that can stand alone.
#[derive(Debug, Clone)]
pub struct Plot {
    /// Its name in a folder of plots, without an ending.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// What is to be seen, for who cannot see it.
    pub description: String,
    /// Pixels.
    pub width: f64,
    /// Pixels.
    pub height: f64,
    body: String,
    pub(super) hover: Option<Hover>,
}

impl Plot {
    pub(super) fn new(
        name: &str,
        title: &str,
        description: String,
        (width, height): (f64, f64),
        canvas: Canvas,
    ) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            description,
            width,
            height,
            body: canvas.out,
            hover: None,
        }
    }

    fn open(&self, attributes: &str) -> String {
        let (width, height) = (self.width, self.height);
        format!(
            "<svg {attributes}viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
            escape(&format!("{}. {}", self.title, self.description))
        )
    }

    /// Inside of a page.
    pub(super) fn inline(&self, class: &str) -> String {
        format!(
            "{}{}</svg>",
            self.open(&format!("class=\"{class}\" ")),
            self.body
        )
    }

    /// An SVG file, light, and dark where its viewer prefers that.
    pub fn to_svg(&self) -> String {
        self.file(&format!(
            "{}@media (prefers-color-scheme:dark){{{}}}",
            theme::light(),
            theme::dark()
        ))
    }

    /// An SVG file for programs that know no media, as those that make PNGs.
    pub fn to_plain_svg(&self, dark: bool) -> String {
        self.file(&if dark { theme::dark() } else { theme::light() })
    }

    fn file(&self, rules: &str) -> String {
        let (width, height) = (self.width, self.height);
        let open = self.open(&format!(
            "xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" "
        ));
        format!(
            "{open}<title>{}</title><desc>{}</desc><style>{rules}</style><rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>{}</svg>\n",
            escape(&self.title),
            escape(&self.description),
            self.body
        )
    }
}
