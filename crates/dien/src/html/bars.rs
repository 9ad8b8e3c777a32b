//! Horizontal bars: rows with names, and columns of bars beside them.

use super::scale::{Scale, labels, ticks};
use super::svg::{Anchor, Svg, fit, width};
use super::{COLOURS, Picture};

/// Rows of bars, one column or several side by side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bars {
    /// What they show, for who cannot see it.
    pub name: String,
    pub rows: Vec<Row>,
    pub columns: Vec<Column>,
}

/// What a row is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub name: String,
    /// More of it, in a softer colour, where there is room.
    pub note: String,
}

/// A bar in each row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    pub title: String,
    pub colour: usize,
    /// The colour of bars below `from`.
    pub below: usize,
    /// Where bars begin.
    pub from: f64,
    /// What the axis shows at least, `from` and the bars beside.
    pub bounds: Option<(f64, f64)>,
    /// A row each.
    pub bars: Vec<Bar>,
}

/// A bar, and what is written at its row's end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bar {
    /// `None` draws none.
    pub value: Option<f64>,
    /// A whisker.
    pub range: Option<(f64, f64)>,
    pub words: String,
}

const HEIGHT: f64 = 22.0;
const TOP: f64 = 30.0;
const AXIS: f64 = 26.0;
const GAP: f64 = 26.0;

impl Bars {
    /// The picture, of a width in pixels.
    pub fn picture(&self, whole: f64) -> Picture {
        let floor = TOP + self.rows.len() as f64 * HEIGHT;
        let mut svg = Svg::new(whole, floor + AXIS);
        let needs = |row: &Row| width(&row.name) + width(&row.note) + 24.0;
        let names = self.rows.iter().map(needs).fold(60.0, f64::max).min(0.32 * whole);
        for (i, row) in self.rows.iter().enumerate() {
            let top = TOP + i as f64 * HEIGHT;
            if i % 2 == 1 {
                svg.rect("stripe", (0.0, top), (whole, HEIGHT), "");
            }
            let name = fit(&row.name, names - 12.0);
            let room = names - 22.0 - width(&name);
            svg.text("", Anchor::Start, (6.0, top + 15.0), &name);
            if !row.note.is_empty() && room > width(&row.note).min(40.0) - 1.0 {
                svg.text("soft", Anchor::End, (names - 6.0, top + 15.0), &fit(&row.note, room));
            }
        }
        let each = (whole - names) / self.columns.len().max(1) as f64;
        for (i, column) in self.columns.iter().enumerate() {
            let left = names + i as f64 * each + GAP / 2.0;
            column.draw(&mut svg, (left, left + each - GAP), floor);
        }
        Picture::svg(svg, &self.name)
    }
}

impl Column {
    fn domain(&self) -> (f64, f64) {
        let ends = |bar: &Bar| {
            let (low, high) = bar.range.unwrap_or((self.from, self.from));
            [bar.value.unwrap_or(self.from), low, high]
        };
        let (a, b) = self.bounds.unwrap_or((self.from, self.from));
        let (low, high) = (a.min(self.from), b.max(self.from));
        let all = self.bars.iter().flat_map(ends).filter(|x| x.is_finite());
        let (low, high) = all.fold((low, high), |(low, high), x| (low.min(x), high.max(x)));
        if low < high { (low, high) } else { (low, low + 1.0) }
    }

    /// Between two places, above the floor: the bars, and words in a lane of their own at the right.
    fn draw(&self, svg: &mut Svg, (left, right): (f64, f64), floor: f64) {
        let lane = self.bars.iter().map(|bar| width(&bar.words)).fold(0.0, f64::max);
        let scale = Scale { domain: self.domain(), range: (left, right - lane - 10.0) };
        svg.text("head", Anchor::Start, (left, 16.0), &fit(&self.title, right - left));
        let marks = ticks(scale.domain, ((scale.range.1 - left) / 56.0) as usize);
        for (tick, label) in marks.iter().zip(labels(&marks)) {
            svg.line("grid", (scale.at(*tick), TOP), (scale.at(*tick), floor));
            svg.text("soft", Anchor::Middle, (scale.at(*tick), floor + 17.0), &label);
        }
        let zero = scale.at(self.from);
        svg.line("rule", (zero, TOP - 3.0), (zero, floor + 3.0));
        for (i, bar) in self.bars.iter().enumerate() {
            let top = TOP + i as f64 * HEIGHT;
            let middle = top + HEIGHT / 2.0;
            if let Some(value) = bar.value {
                let (end, below) = (scale.at(value), value < self.from);
                let class = format!("f{}", if below { self.below } else { self.colour } % COLOURS);
                let size = ((end - zero).abs(), HEIGHT - 8.0);
                svg.rect(&class, (zero.min(end), top + 4.0), size, &bar.words);
            }
            if let Some((low, high)) = bar.range {
                let (low, high) = (scale.at(low), scale.at(high));
                svg.line("whisker", (low, middle), (high, middle));
                for end in [low, high] {
                    svg.line("whisker", (end, middle - 4.0), (end, middle + 4.0));
                }
            }
            svg.text("", Anchor::End, (right, top + 15.0), &bar.words);
        }
    }
}
