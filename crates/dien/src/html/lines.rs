//! Lines over two axes.

use super::scale::{Scale, bounds, labels, ticks};
use super::svg::{Anchor, Svg, Taken, width};
use super::{COLOURS, Picture, WIDTH};

/// A plot of series over two axes, with a legend where there are several.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    /// What it shows, for who cannot see it.
    pub name: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
    /// A pixel is as far along both axes.
    pub equal: bool,
}

/// An axis.
#[derive(Clone, Debug, Default)]
pub(crate) struct Axis {
    pub label: String,
    /// What it shows at least; by default what the points need.
    pub bounds: Option<(f64, f64)>,
    /// Only whole numbers are marked.
    pub whole: bool,
}

/// Points in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    pub name: String,
    pub colour: usize,
    pub points: Vec<Point>,
    /// A reference to compare with: a dashed line without dots.
    pub dashed: bool,
    /// It lies below the others, broad and pale, and is seen where they cover it.
    pub below: bool,
}

/// A point of a series.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub x: f64,
    pub y: f64,
    /// The dot's radius, in pixels.
    pub radius: f64,
    /// From where to where `y` may be.
    pub range: Option<(f64, f64)>,
    /// For who points at it.
    pub title: String,
    /// Words beside it, where there is room; the more important come first.
    pub mark: Option<(usize, String)>,
}

impl Point {
    pub fn at(x: f64, y: f64) -> Self {
        Point { x, y, radius: 3.2, range: None, title: String::new(), mark: None }
    }
}

const HEIGHT: f64 = 340.0;
const LEFT: f64 = 74.0;
const RIGHT: f64 = 24.0;
const BOTTOM: f64 = 46.0;
const LEGEND: f64 = 20.0;

impl Lines {
    /// The picture, of a width in pixels.
    pub fn picture(&self, width: f64) -> Picture {
        let (keys, rows) = self.legend(width);
        let top = 12.0 + rows as f64 * LEGEND;
        let mut svg = Svg::new(width, top + HEIGHT);
        let (floor, right) = (top + HEIGHT - BOTTOM, width - RIGHT);
        let points = || self.series.iter().flat_map(|s| &s.points);
        let ends = |p: &Point| p.range.map_or([p.y, p.y], |(a, b)| [a, b]);
        let mut domain = [
            self.x.bounds.unwrap_or_else(|| bounds(points().map(|p| p.x))),
            self.y.bounds.unwrap_or_else(|| bounds(points().flat_map(ends))),
        ];
        if self.equal {
            equalise(&mut domain, [right - LEFT, floor - top]);
        }
        let x = Scale { domain: domain[0], range: (LEFT, right) };
        let y = Scale { domain: domain[1], range: (floor, top) };
        self.axes(&mut svg, x, y);
        for ((left, y), series) in keys.into_iter().zip(&self.series) {
            key(&mut svg, (left, y), series);
        }
        let at = |p: &Point| (x.at(p.x), y.at(p.y));
        let mut taken = Taken::default();
        let below = self.series.iter().filter(|series| series.below);
        let in_order: Vec<&Series> = below.chain(self.series.iter().filter(|s| !s.below)).collect();
        for series in &in_order {
            svg.polyline(&series.class(), series.points.iter().map(at));
            for pair in series.points.windows(2) {
                taken.take_line(at(&pair[0]), at(&pair[1]));
            }
        }
        let mut marks = vec![];
        for series in in_order.iter().filter(|series| !series.dashed) {
            let pale = if series.below { " pale" } else { "" };
            let class = format!("f{}{pale}", series.colour % COLOURS);
            for point in &series.points {
                let (px, py) = at(point);
                if let Some((low, high)) = point.range {
                    svg.line("whisker", (px, y.at(low)), (px, y.at(high)));
                }
                svg.circle(&class, (px, py), point.radius, &point.title);
                taken.take([px - 5.0, py - 5.0, px + 5.0, py + 5.0]);
                marks.extend(point.mark.as_ref().map(|mark| (mark, (px, py))));
            }
        }
        marks.sort_by_key(|((rank, _), _)| *rank);
        for ((_, words), place) in marks {
            // The best is high up: its words may stand above the plot, below the keys.
            if let Some((anchor, place)) = taken.beside(place, words, [LEFT, top - 12.0, right, floor]) {
                svg.text("head", anchor, place, words);
            }
        }
        Picture::svg(svg, &self.name)
    }

    fn axes(&self, svg: &mut Svg, x: Scale, y: Scale) {
        let ((left, right), (floor, top)) = (x.range, y.range);
        let whole = |axis: &Axis, ticks: Vec<f64>| -> Vec<f64> {
            ticks.into_iter().filter(|t| !axis.whole || t.fract() == 0.0).collect()
        };
        let rows = whole(&self.y, ticks(y.domain, 6));
        for (tick, label) in rows.iter().zip(labels(&rows)) {
            svg.line("grid", (left, y.at(*tick)), (right, y.at(*tick)));
            svg.text("soft", Anchor::End, (left - 8.0, y.at(*tick) + 4.0), &label);
        }
        let columns = whole(&self.x, ticks(x.domain, 12));
        for (tick, label) in columns.iter().zip(labels(&columns)) {
            svg.line("grid", (x.at(*tick), floor), (x.at(*tick), top));
            svg.text("soft", Anchor::Middle, (x.at(*tick), floor + 18.0), &label);
        }
        svg.line("rule", (left, floor), (right, floor));
        svg.text("soft", Anchor::Middle, ((left + right) / 2.0, floor + 38.0), &self.x.label);
        svg.upright("soft", (16.0, (floor + top) / 2.0), &self.y.label);
    }

    /// Where the series' names stand above the plot, and in how many rows.
    fn legend(&self, most: f64) -> (Vec<(f64, f64)>, usize) {
        if self.series.len() < 2 {
            return (vec![], 0);
        }
        let (mut keys, mut left, mut row) = (vec![], LEFT, 0);
        for series in &self.series {
            let needs = 26.0 + width(&series.name) + 18.0;
            if left + needs > most && left > LEFT {
                (left, row) = (LEFT, row + 1);
            }
            keys.push((left, 14.0 + row as f64 * LEGEND));
            left += needs;
        }
        (keys, row + 1)
    }
}

impl Series {
    fn class(&self) -> String {
        match (self.dashed, self.below) {
            (true, _) => "dash".into(),
            (false, true) => format!("l{} broad", self.colour % COLOURS),
            (false, false) => format!("l{}", self.colour % COLOURS),
        }
    }
}

fn key(svg: &mut Svg, (left, y): (f64, f64), series: &Series) {
    svg.line(&series.class(), (left, y - 4.0), (left + 20.0, y - 4.0));
    svg.text("", Anchor::Start, (left + 26.0, y), &super::svg::fit(&series.name, WIDTH - LEFT - 60.0));
}

/// Widens the axis that has more pixels for its numbers than the other.
fn equalise(domain: &mut [(f64, f64); 2], pixels: [f64; 2]) {
    let unit = |i: usize, domain: &[(f64, f64); 2]| (domain[i].1 - domain[i].0) / pixels[i];
    let most = unit(0, domain).max(unit(1, domain));
    for i in 0..2 {
        let more = (most * pixels[i] - (domain[i].1 - domain[i].0)) / 2.0;
        domain[i] = (domain[i].0 - more, domain[i].1 + more);
    }
}
