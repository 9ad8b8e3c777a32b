//! Columns that are known only after the label.

use std::collections::HashMap;

use dien_model::metrics::auc;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::MANY;

/// Rows that are looked at, drawn from all.
const SAMPLED: usize = 1 << 14;
/// An area under the curve from which on a column alone gives the label away.
const PERFECT: f64 = 0.98;

/// What a column has in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell {
    Missing,
    Number(f64),
    /// An id, by its hash.
    Id(u64),
}

/// A sample of rows, of equal chances (reservoir sampling, Vitter 1985), and how often each column is
/// missing.
#[derive(Debug)]
pub(crate) struct Leaks {
    names: Vec<String>,
    rows: [u64; 2],
    /// By column and label.
    missing: Vec<[u64; 2]>,
    labels: Vec<f32>,
    /// Row by row.
    cells: Vec<Cell>,
    rng: ChaCha8Rng,
}

impl Leaks {
    /// Of these columns.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        let missing = vec![[0; 2]; names.len()];
        let rng = ChaCha8Rng::seed_from_u64(0);
        Leaks { names, rows: [0; 2], missing, labels: vec![], cells: vec![], rng }
    }

    /// Adds a row: a cell a column.
    pub fn add(&mut self, label: f32, cells: &[Cell]) {
        debug_assert_eq!(cells.len(), self.names.len());
        let click = usize::from(label > 0.5);
        self.rows[click] += 1;
        for (counts, cell) in self.missing.iter_mut().zip(cells) {
            counts[click] += u64::from(*cell == Cell::Missing);
        }
        if self.labels.len() < SAMPLED {
            self.labels.push(label);
            self.cells.extend_from_slice(cells);
            return;
        }
        let place = self.rng.random_range(0..self.rows[0] + self.rows[1]) as usize;
        if place < SAMPLED {
            self.labels[place] = label;
            self.cells[place * cells.len()..][..cells.len()].copy_from_slice(cells);
        }
    }

    /// A sentence for each column that gives the label away.
    pub fn warnings(&self) -> Vec<String> {
        if self.rows.iter().any(|&rows| rows < MANY) {
            return vec![];
        }
        (0..self.names.len()).filter_map(|column| self.warning(column)).collect()
    }

    fn warning(&self, column: usize) -> Option<String> {
        let name = &self.names[column];
        let share = |click: usize| self.missing[column][click] as f64 / self.rows[click] as f64;
        if (share(0) - share(1)).abs() >= 0.5 {
            return Some(format!(
                "`{name}` is missing in {:.0} % of the rows with label 0 and in {:.0} % of those with label \
                 1: is it known before the label is?",
                100.0 * share(0),
                100.0 * share(1)
            ));
        }
        let area = self.area(column).filter(|area| *area >= PERFECT)?;
        Some(format!("`{name}` alone tells the label (AUC {area:.3}): is it known before the label is?"))
    }

    /// The area under the curve of a column alone: of a number by its order, either way; of an id by the
    /// share of clicks among the other rows that have it.
    fn area(&self, column: usize) -> Option<f64> {
        let width = self.names.len();
        let cells = || self.cells.iter().skip(column).step_by(width).zip(&self.labels);
        let numbers = cells().filter_map(|(cell, &label)| match cell {
            Cell::Number(x) => Some((*x, label)),
            _ => None,
        });
        let (numbers, labels): (Vec<f64>, Vec<f32>) = numbers.unzip();
        if !numbers.is_empty() {
            // Ranks: numbers of 64 bits may be one in 32.
            let mut sorted = numbers.clone();
            sorted.sort_by(f64::total_cmp);
            let rank = |x: &f64| sorted.partition_point(|other| other.total_cmp(x).is_lt()) as f32;
            let ranks: Vec<f32> = numbers.iter().map(rank).collect();
            return enough(&labels).then(|| auc(&ranks, &labels)).flatten().map(|area| area.max(1.0 - area));
        }
        let mut counts: HashMap<IdKey, (f64, f64)> = HashMap::new();
        for (cell, &label) in cells() {
            let (clicks, rows) = counts.entry(key(cell)).or_default();
            *clicks += f64::from(u8::from(label > 0.5));
            *rows += 1.0;
        }
        let (clicks, all) = counts.values().fold((0.0, 0.0), |sum, n| (sum.0 + n.0, sum.1 + n.1));
        let score = |(cell, &label): (&Cell, &f32)| {
            let (of, rows) = counts[&key(cell)];
            let own = f64::from(u8::from(label > 0.5));
            if rows > 1.0 { ((of - own) / (rows - 1.0)) as f32 } else { (clicks / all) as f32 }
        };
        let scores: Vec<f32> = cells().map(score).collect();
        enough(&self.labels).then(|| auc(&scores, &self.labels)).flatten()
    }
}

type IdKey = Option<u64>;

fn key(cell: &Cell) -> IdKey {
    match cell {
        Cell::Id(id) => Some(*id),
        _ => None,
    }
}

fn enough(labels: &[f32]) -> bool {
    let clicks = labels.iter().filter(|&&label| label > 0.5).count() as u64;
    clicks.min(labels.len() as u64 - clicks) >= MANY / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use dien_serving::encoding::scramble;

    /// Rows whose label is a coin's; by row and label, the cell.
    fn warnings(rows: u64, cell: impl Fn(u64, bool) -> Cell) -> Vec<String> {
        let mut leaks = Leaks::new(["x".to_owned()]);
        for i in 0..rows {
            let click = scramble(i).is_multiple_of(2);
            leaks.add(f32::from(u8::from(click)), &[cell(i, click)]);
        }
        leaks.warnings()
    }

    #[test]
    fn what_tells_the_label_is_told_and_what_hints_at_it_is_not() {
        let noise = |i: u64| (scramble(i ^ 99) % 1000) as f64;
        let alone = |cells: Vec<String>| {
            assert!(cells.len() == 1 && cells[0].starts_with("`x` alone tells the label"), "{cells:?}");
        };
        alone(warnings(1000, |i, click| Cell::Number(noise(i) - if click { 2000.0 } else { 0.0 })));
        alone(warnings(1000, |i, click| Cell::Id(i % 7 * 2 + u64::from(click))));
        alone(warnings(50_000, |_, click| Cell::Id(u64::from(click))));
        assert_eq!(warnings(1000, |i, _| Cell::Number(noise(i))), [""; 0]);
        assert_eq!(warnings(1000, |i, _| Cell::Id(i)), [""; 0]);
        assert_eq!(warnings(1000, |i, _| Cell::Id(i % 7)), [""; 0]);
        let hint = warnings(5000, |i, click| Cell::Number(noise(i) - if click { 400.0 } else { 0.0 }));
        assert_eq!(hint, [""; 0]);
        // Too few to tell.
        assert_eq!(warnings(150, |_, click| Cell::Id(u64::from(click))), [""; 0]);
    }

    #[test]
    fn what_is_missing_by_the_label_is_told() {
        let gap = |i: u64, click: bool| match click {
            false if !i.is_multiple_of(10) => Cell::Missing,
            _ => Cell::Number((i % 100) as f64),
        };
        let told = warnings(2000, gap);
        assert!(told.len() == 1 && told[0].starts_with("`x` is missing in 9"), "{told:?}");
        let some = |i: u64, _| if !i.is_multiple_of(10) { Cell::Missing } else { Cell::Id(i % 3) };
        assert_eq!(warnings(2000, some), [""; 0]);
    }
}
