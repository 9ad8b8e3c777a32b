//! Columns of zeros and ones that say the same.

use super::ColumnStats;
use crate::source::{Cells, Column};

/// Pairs of columns that are so far alike, or each other's opposite, in every row.
#[derive(Clone, Debug, Default)]
pub(super) struct Twins {
    begun: bool,
    /// Two columns, and whether one is 1 where the other is 0.
    pairs: Vec<(usize, usize, bool)>,
}

impl Twins {
    /// Adds some rows of a block.
    pub fn add(&mut self, columns: &[Column], stats: &[ColumnStats], rows: &[usize]) {
        let truths: Vec<Option<Vec<bool>>> = columns
            .iter()
            .zip(stats)
            .map(|(column, stats)| if stats.may_be_binary() { truths(column, rows) } else { None })
            .collect();
        if !self.begun {
            self.begun = true;
            for i in 0..truths.len() {
                for j in i + 1..truths.len() {
                    self.pairs.extend([(i, j, false), (i, j, true)]);
                }
            }
        }
        self.pairs.retain(|&(i, j, opposite)| match (&truths[i], &truths[j]) {
            (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| (a != b) == opposite),
            _ => false,
        });
    }

    /// Those that are like a column, and whether they are its opposite.
    pub fn of(&self, column: usize) -> impl Iterator<Item = (usize, bool)> + '_ {
        self.pairs.iter().filter_map(move |&(i, j, opposite)| match column {
            c if c == i => Some((j, opposite)),
            c if c == j => Some((i, opposite)),
            _ => None,
        })
    }
}

/// The cells, if each is 0 or 1.
fn truths(column: &Column, rows: &[usize]) -> Option<Vec<bool>> {
    if let Column::List(_) = column {
        return None;
    }
    let cells = Cells::of(column);
    let truth = |&i: &usize| match cells.number(i) {
        Ok(Some(0.0)) => Some(false),
        Ok(Some(1.0)) => Some(true),
        _ => None,
    };
    rows.iter().map(truth).collect()
}
