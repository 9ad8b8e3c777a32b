//! Shapes and words of an SVG picture.

use std::fmt::Write;

use super::escape;

/// The size of words, in pixels.
pub(crate) const SIZE: f64 = 12.0;

/// A picture of some pixels; what stands later lies on top. Colours come by class, from the
/// [page](super::Page)'s style.
#[derive(Debug)]
pub(crate) struct Svg {
    width: f64,
    height: f64,
    body: String,
}

/// Where words stand by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// They begin there.
    Start,
    /// They have their middle there.
    Middle,
    /// They end there.
    End,
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Self {
        Svg { width, height, body: String::new() }
    }

    pub fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = writeln!(
            self.body,
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        );
    }

    /// A rectangle, of at least a hair's width, with words for who points at it.
    pub fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), title: &str) {
        let width = width.max(0.5);
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\">{}</rect>",
            title_of(title)
        );
    }

    pub fn polyline(&mut self, class: &str, points: impl IntoIterator<Item = (f64, f64)>) {
        let points: Vec<String> = points.into_iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(self.body, r#"<polyline class="{class}" points="{}"/>"#, points.join(" "));
    }

    pub fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64, title: &str) {
        let _ = writeln!(
            self.body,
            r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}">{}</circle>"#,
            title_of(title)
        );
    }

    /// Words whose base line is at `y`.
    pub fn text(&mut self, class: &str, anchor: Anchor, (x, y): (f64, f64), text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        let _ = writeln!(
            self.body,
            r#"<text class="{class}" text-anchor="{anchor}" x="{x:.1}" y="{y:.1}">{text}</text>"#
        );
    }

    /// Words that read upwards, their middle at the place.
    pub fn upright(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let text = escape(text);
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" text-anchor=\"middle\" \
             transform=\"translate({x:.1} {y:.1}) rotate(-90)\">{text}</text>"
        );
    }

    /// A picture in a file of its own, with its style.
    #[cfg(feature = "compare")]
    pub fn alone(mut self, name: &str, style: &str) -> String {
        self.body.insert_str(0, &format!("<style>{style}</style>\n"));
        self.finish(name).replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1)
    }

    /// The whole, with a name for who cannot see it.
    pub fn finish(self, name: &str) -> String {
        let Svg { width, height, body } = self;
        format!(
            "<svg viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
            role=\"img\" aria-label=\"{}\">\n{body}</svg>\n",
            escape(name)
        )
    }
}

fn title_of(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!("<title>{}</title>", escape(title)) }
}

/// How wide words are at most, in pixels, in the common sans-serif fonts: which one there is, nobody knows.
pub(crate) fn width(text: &str) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | 'f' | 't' | 'r' | 'I' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' | '(' | ')'
        | '[' | ']' => 0.42,
        ' ' => 0.35,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 1.0,
        c if (c as u32) >= 0x1100 => 1.05,
        c if c.is_uppercase() => 0.76,
        _ => 0.64,
    };
    SIZE * text.chars().map(em).sum::<f64>()
}

/// The words, cut off with `…` where they would be wider.
pub(crate) fn fit(text: &str, most: f64) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut cut = String::new();
    for c in text.chars() {
        cut.push(c);
        if width(&cut) + width("…") > most {
            cut.pop();
            break;
        }
    }
    cut.trim_end().to_owned() + "…"
}

/// Boxes that words have taken, so that no others are put there.
#[derive(Debug, Default)]
pub(crate) struct Taken(Vec<[f64; 4]>);

impl Taken {
    /// Takes a box `[left, top, right, bottom]`, whatever is there.
    pub fn take(&mut self, area: [f64; 4]) {
        self.0.push(area);
    }

    /// Takes what a line between two places runs over.
    pub fn take_line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let steps = ((x2 - x1).hypot(y2 - y1) / 5.0).ceil().clamp(1.0, 500.0);
        for i in 0..=steps as usize {
            let share = i as f64 / steps;
            let (x, y) = (x1 + share * (x2 - x1), y1 + share * (y2 - y1));
            self.take([x - 1.5, y - 1.5, x + 1.5, y + 1.5]);
        }
    }

    /// Where words may stand beside a point, within `[left, top, right, bottom]`: above it, below, right or
    /// left, close by or a little further away; `None` where there is no room. The room is taken then.
    pub fn beside(
        &mut self,
        (x, y): (f64, f64),
        text: &str,
        within: [f64; 4],
    ) -> Option<(Anchor, (f64, f64))> {
        let w = width(text);
        let around = |gap: f64| {
            [
                (Anchor::Middle, (x, y - gap)),
                (Anchor::Middle, (x, y + gap + 9.0)),
                (Anchor::Start, (x + gap, y + 4.0)),
                (Anchor::End, (x - gap, y + 4.0)),
                (Anchor::Start, (x + gap, y - gap)),
                (Anchor::End, (x - gap, y - gap)),
                (Anchor::Start, (x + gap, y + gap + 9.0)),
                (Anchor::End, (x - gap, y + gap + 9.0)),
            ]
        };
        let mut places = [9.0, 16.0].into_iter().flat_map(around);
        let fits = |&(anchor, place): &(Anchor, (f64, f64))| {
            let a = area(anchor, place, w);
            let inside = a[0] >= within[0] && a[1] >= within[1] && a[2] <= within[2] && a[3] <= within[3];
            inside && !self.0.iter().any(|b| overlap(&a, b))
        };
        let found = places.find(fits)?;
        self.take(area(found.0, found.1, w));
        Some(found)
    }
}

/// What words of a width cover: `[left, top, right, bottom]`.
fn area(anchor: Anchor, (x, y): (f64, f64), width: f64) -> [f64; 4] {
    let left = match anchor {
        Anchor::Start => x,
        Anchor::Middle => x - width / 2.0,
        Anchor::End => x - width,
    };
    [left, y - SIZE, left + width, y + 3.0]
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_where_there_is_no_room() {
        assert_eq!(fit("short", 100.0), "short");
        let cut = fit("a name that is much longer than its place", 100.0);
        assert!(cut.ends_with('…') && width(&cut) <= 100.0 && cut.len() > 8, "{cut}");
        assert_eq!(fit("anything", 0.0), "…");
    }

    #[test]
    fn words_do_not_overlap() {
        let mut taken = Taken::default();
        let within = [0.0, 0.0, 400.0, 100.0];
        taken.take_line((0.0, 45.0), (400.0, 45.0));
        let placed: Vec<_> = (0..40).filter_map(|_| taken.beside((200.0, 50.0), "word", within)).collect();
        assert!((2..20).contains(&placed.len()), "until there is no more room: {placed:?}");
        let boxes: Vec<_> =
            placed.iter().map(|&(anchor, place)| area(anchor, place, width("word"))).collect();
        for (i, a) in boxes.iter().enumerate() {
            assert!(boxes[..i].iter().all(|b| !overlap(a, b)), "{placed:?}");
            assert!(a[3] < 45.0 || a[1] > 45.0, "the line is free: {a:?}");
        }
        let edge = taken.beside((398.0, 95.0), "word", within).unwrap();
        assert_eq!(edge.0, Anchor::End, "there is no room on the right");
    }
}
