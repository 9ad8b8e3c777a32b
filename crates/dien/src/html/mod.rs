//! Pages for people: one self-contained HTML file each, with pictures in SVG, light or dark as the reader has
//! it.
//!
//! A [`Page`] is the frame; [`svg`] has shapes and words, [`scale`] round ticks, [`lines`] and [`bars`] the
//! plots. Nothing is fetched from anywhere, and every text is escaped on its way in.

pub(crate) mod bars;
pub(crate) mod lines;
pub(crate) mod scale;
pub(crate) mod svg;

use std::fmt::Write;

/// The width of a page's pictures, in pixels.
pub(crate) const WIDTH: f64 = 1100.0;

/// How many colours series have; the next one begins anew.
pub(crate) const COLOURS: usize = 5;

const STYLE: &str = include_str!("style.css");

/// A page that grows from top to bottom.
#[derive(Debug)]
pub(crate) struct Page {
    title: String,
    body: String,
}

impl Page {
    /// A page with its title, and what it is about in a sentence.
    pub fn new(title: &str, lead: &str) -> Self {
        let body = format!("<h1>{}</h1>\n<p class=\"lead\">{}</p>\n", escape(title), escape(lead));
        Page { title: title.to_owned(), body }
    }

    /// Figures side by side: what each is, and its value.
    pub fn figures<'a>(&mut self, figures: impl IntoIterator<Item = (&'a str, String)>) {
        self.body += "<dl class=\"figures\">\n";
        for (name, value) in figures {
            let _ = writeln!(self.body, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(&value));
        }
        self.body += "</dl>\n";
    }

    /// A heading, what is to be seen, and a picture.
    pub fn section(&mut self, heading: &str, note: &str, picture: Picture) {
        let (heading, note) = (escape(heading), escape(note));
        let _ = writeln!(self.body, "<section>\n<h2>{heading}</h2>\n<p>{note}</p>\n{}</section>", picture.0);
    }

    /// A text as it is, folded away until it is asked for.
    pub fn folded(&mut self, heading: &str, text: &str) {
        let (heading, text) = (escape(heading), escape(text));
        let _ = writeln!(self.body, "<details>\n<summary>{heading}</summary>\n<pre>{text}</pre>\n</details>");
    }

    /// The file.
    pub fn html(self) -> String {
        let Page { title, body } = self;
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n\
             <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
            escape(&title)
        )
    }
}

/// Something to see in a [section](Page::section), as markup.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture(String);

impl Picture {
    /// Nothing but the section's words.
    pub fn none() -> Self {
        Picture::default()
    }

    pub fn svg(svg: svg::Svg, name: &str) -> Self {
        Picture(format!("<div class=\"picture\">\n{}</div>\n", svg.finish(name)))
    }

    /// Both, side by side where there is room.
    pub fn beside(self, other: Picture) -> Self {
        Picture(format!("<div class=\"pair\">\n{}{}</div>\n", self.0, other.0))
    }
}

/// The text as HTML and SVG write it; what they cannot hold is left out.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// Digits in groups of three.
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let group = |(i, c): (usize, char)| {
        let comma = i > 0 && (digits.len() - i).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([c]).collect::<Vec<_>>()
    };
    digits.chars().enumerate().flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_escaped() {
        let mut page = Page::new("<b>&", "\"it's\"\u{1b}");
        page.figures([("<i>", "<u>".to_owned())]);
        page.section("<h>", "a < b", Picture::none());
        page.folded("x", "</pre><script>");
        let html = page.html();
        for wrong in ["<b>", "<i>", "<u>", "<h>", "a < b", "<script", "\u{1b}", "it's"] {
            assert!(!html.contains(wrong), "{wrong}: {html}");
        }
        assert!(html.contains("<title>&lt;b&gt;&amp;</title>") && html.contains("&quot;it&#39;s&quot;"));
    }

    #[test]
    fn digits_stand_in_groups() {
        let written = [0, 12, 123, 1234, 1_234_567].map(thousands);
        assert_eq!(written, ["0", "12", "123", "1,234", "1,234,567"]);
    }
}
