//! An explanation as a page.

use std::path::Path;

use dien_model::config::AttentionNorm;

use super::{Candidate, Event, Explanation, ItemLabel, SequenceExplanation};
use crate::error::Result;
use crate::html::bars::{Bar, Bars, Column, Row};
use crate::html::lines::{Axis, Lines, Point, Series};
use crate::html::{Page, Picture, WIDTH};

/// How many events are named along a path.
const NAMED: usize = 8;

/// What there is to see of a path.
const PATH: &str = "The evolution's state after each event, from the zero state on, in the plane of the \
    first two principal components of all states shown (in brackets, their shares of the variance). Dots \
    grow with time; the events with the most attention are named. Where trajectories part, the candidates \
    make something else of the same history.";

impl Explanation {
    /// Writes the [page](Self::html) under another name, and then renames it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_html(&self, asked: &str, path: &Path) -> Result<()> {
        Ok(dien_serving::files::write_to(path, self.html(asked).as_bytes())?)
    }

    /// One self-contained HTML file. `asked` says in a few words for whom the candidate was scored.
    pub fn html(&self, asked: &str) -> String {
        let candidate = &self.candidates[0];
        let title = format!("Why {} has its score", candidate.item);
        let mut page = Page::new(&title, asked);
        let cell = self.cell.map(|cell| ("evolution cell", cell.name().to_owned()));
        let others = self.candidates.iter().skip(1);
        let others = others.map(|c| format!("{}: {:+.4} ({:.4})", c.item, c.logit, c.probability));
        let others = others.collect::<Vec<_>>().join(", ");
        let figures = [
            ("logit", format!("{:+.4}", candidate.logit)),
            ("probability", format!("{:.4}", candidate.probability)),
            ("model", self.model.clone()),
        ];
        let figures = figures.into_iter().chain(cell);
        let events = self.sequences.iter().map(|g| g.events.len()).sum::<usize>();
        let figures = figures.chain([("past behaviours read", events.to_string())]);
        let unknown = (self.unknown > 0).then(|| ("unknown ids", self.unknown.to_string()));
        let beside = (!others.is_empty()).then_some(("beside it: logit (probability)", others));
        page.figures(figures.chain(unknown).chain(beside));
        if let Some(missing) = self.missing() {
            page.section("What there is to see", &format!("{missing}."), Picture::none());
        }
        for sequence in self.sequences.iter().filter(|sequence| !sequence.events.is_empty()) {
            let of = sequence.name.as_ref().map_or(String::new(), |name| format!(" of {name}"));
            page.section(
                &format!("Past behaviours{of}"),
                &note(sequence, self.attention_norm),
                bars(sequence).picture(WIDTH),
            );
            if let Some(trajectories) = &sequence.trajectories {
                let picture = path(sequence, trajectories, &self.candidates).picture(WIDTH);
                page.section(&format!("The interest's path{of}"), PATH, picture);
            }
        }
        page.html()
    }
}

fn note(sequence: &SequenceExplanation, norm: Option<AttentionNorm>) -> String {
    let mut note = "Oldest first.".to_owned();
    note += match norm {
        Some(AttentionNorm::Softmax) => " Attention sums to 1.",
        Some(AttentionNorm::Sigmoid) => " Attention is each event's own, from 0 to 1.",
        None => "",
    };
    if sequence.events[0].update.is_some() {
        note += " The update gate, after attention, is the share of the interest that the event replaced \
            (mean over the units).";
    }
    note += " The last column is how the logit changes when the event alone is left out: to the left of 0 \
        (blue) the event had raised the score, to the right (orange) it had lowered it.";
    if sequence.earlier > 0 {
        note += &format!(" {} earlier events are beyond what the model reads.", sequence.earlier);
    }
    note
}

fn bars(sequence: &SequenceExplanation) -> Bars {
    let row = |(i, event): (usize, &Event)| Row {
        name: format!("{}  {}", sequence.earlier + i + 1, event.item.shown()),
        note: event.item.aside(),
    };
    let column = |title: &str, colour, of: fn(&Event) -> Option<f32>, decimals: usize, sign: bool| {
        let words = |x: f32| if sign { format!("{x:+.decimals$}") } else { format!("{x:.decimals$}") };
        let bar = |event: &Event| {
            let value = of(event);
            Bar { value: value.map(Into::into), range: None, words: value.map_or(String::new(), words) }
        };
        Column {
            title: title.to_owned(),
            colour,
            bars: sequence.events.iter().map(bar).collect(),
            ..Column::default()
        }
    };
    let first = &sequence.events[0];
    let attention = first.attention.map(|_| column("attention", 0, |e| e.attention, 3, false));
    let update = first.update.map(|_| column("update gate", 2, |e| e.update, 3, false));
    let change = column("logit without it, less the logit", 1, |e| Some(e.change), sequence.decimals(), true);
    let columns = attention.into_iter().chain(update).chain([change]).collect();
    Bars {
        name: "By past behaviour: attention, update gate, and the logit's change without it".into(),
        rows: sequence.events.iter().enumerate().map(row).collect(),
        columns,
    }
}

fn path(sequence: &SequenceExplanation, trajectories: &[Vec<[f64; 2]>], candidates: &[Candidate]) -> Lines {
    let n = sequence.events.len();
    let mut order: Vec<usize> = (0..n).collect();
    // Without attention the gate says where the interest moves.
    let weight = |i: usize| sequence.events[i].attention.or(sequence.events[i].update).unwrap_or(0.0);
    order.sort_by(|&a, &b| weight(b).total_cmp(&weight(a)).then(b.cmp(&a)));
    let rank = |i: usize| order[..NAMED.min(n)].iter().position(|&o| o == i);
    let series = |(c, (trajectory, candidate)): (usize, (&Vec<[f64; 2]>, &Candidate))| {
        let point = |(step, &[x, y]): (usize, &[f64; 2])| {
            let event = step.checked_sub(1).map(|i| &sequence.events[i]);
            let number = sequence.earlier + step;
            let title = event.map_or("before the first event".into(), |e| format!("{number}  {}", e.item));
            let mark = match step.checked_sub(1).and_then(rank) {
                Some(rank) if c == 0 => {
                    Some((rank, format!("{number} {}", short(&sequence.events[step - 1].item))))
                }
                _ => None,
            };
            let radius = if step == n { 6.0 } else { 2.0 + 2.2 * step as f64 / n as f64 };
            Point { radius, title, mark, ..Point::at(x, y) }
        };
        Series {
            name: format!("{} ({:.3})", candidate.item, candidate.probability),
            colour: c,
            points: trajectory.iter().enumerate().map(point).collect(),
            dashed: false,
            below: c > 0,
        }
    };
    let axis = |name: &str, share: f64| Axis {
        label: format!("{name} component ({:.0} %)", 100.0 * share),
        ..Axis::default()
    };
    Lines {
        name: "The path of the interest's state in a plane, by candidate".into(),
        x: axis("first", sequence.shares[0]),
        y: axis("second", sequence.shares[1]),
        series: trajectories.iter().zip(candidates).enumerate().map(series).collect(),
        equal: true,
    }
}

/// A name that has room beside a dot.
fn short(item: &ItemLabel) -> String {
    crate::html::svg::fit(item.shown(), 130.0)
}
