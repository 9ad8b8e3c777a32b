//! What one column holds.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use dien_serving::encoding::{IdTypeInference, canonical};

use crate::source::{Cells, Column, TextForm};

/// Distinct ids are counted up to this many.
const COUNTED: usize = 1 << 20;

/// Examples that are shown.
const SHOWN: usize = 4;

/// What a column's cells, or its lists' ids, are.
#[derive(Clone, Debug)]
pub struct ColumnStats {
    name: String,
    list: bool,
    cells: u64,
    nulls: u64,
    /// Whether every cell so far was a number, and an integer.
    numbers: bool,
    integers: bool,
    least: f64,
    most: f64,
    /// The least and the greatest as they are, if all are integers.
    bounds: Option<(i128, i128)>,
    distinct: HashSet<String>,
    id_type: IdTypeInference,
    examples: Vec<String>,
    /// Lists by length: 0, 1, 2 to 3, 4 to 7 and so on.
    lengths: Vec<u64>,
    longest: usize,
}

impl ColumnStats {
    pub(super) fn new(name: &str, list: bool) -> Self {
        ColumnStats {
            name: name.into(),
            list,
            cells: 0,
            nulls: 0,
            numbers: true,
            integers: true,
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            bounds: None,
            distinct: HashSet::new(),
            id_type: IdTypeInference::default(),
            examples: vec![],
            lengths: vec![],
            longest: 0,
        }
    }

    /// Adds the first rows of a block.
    pub(super) fn add(&mut self, column: &Column, rows: usize) {
        if !self.list {
            return self.add_cells(Cells::of(column), 0..rows);
        }
        let lists = column.lists();
        for row in 0..rows {
            let length = lists.range(row).len();
            let bin = length.checked_ilog2().map_or(0, |log| log as usize + 1);
            if self.lengths.len() <= bin {
                self.lengths.resize(bin + 1, 0);
            }
            self.lengths[bin] += 1;
            self.longest = self.longest.max(length);
        }
        self.add_cells(Cells::of(lists.values()), lists.first(rows));
    }

    fn add_cells(&mut self, cells: Cells<'_>, places: Range<usize>) {
        let mut buffer = String::new();
        for i in places {
            self.cells += 1;
            let Some(token) = cells.token(i, TextForm::Typed, &mut buffer) else {
                self.nulls += 1;
                continue;
            };
            self.id_type.observe(token);
            let id = canonical(token);
            if self.distinct.len() < COUNTED && !self.distinct.contains(&*id) {
                if self.examples.len() < SHOWN {
                    self.examples.push(token.into());
                }
                self.distinct.insert(id.into_owned());
            }
            match cells.number(i) {
                Ok(Some(x)) => {
                    (self.least, self.most) = (self.least.min(x), self.most.max(x));
                    let whole = whole(cells, i, x);
                    self.integers &= whole.is_some();
                    if let Some(n) = whole {
                        let (least, most) = self.bounds.unwrap_or((n, n));
                        self.bounds = Some((least.min(n), most.max(n)));
                    }
                }
                _ => self.numbers = false,
            }
        }
    }

    /// Its name in the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its cells are lists.
    pub fn is_list(&self) -> bool {
        self.list
    }

    /// Cells, or the ids of all lists.
    pub fn cells(&self) -> u64 {
        self.cells
    }

    /// Cells or ids that are missing.
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// Distinct ids, and whether those are all: counting ends at 2²⁰.
    pub fn distinct(&self) -> (usize, bool) {
        (self.distinct.len(), self.distinct.len() < COUNTED)
    }

    /// The longest list.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Lists of a length in `0`, `1`, `2..4`, `4..8` and so on.
    pub fn lengths(&self) -> &[u64] {
        &self.lengths
    }

    /// The least and the greatest, if all cells are numbers.
    pub fn range(&self) -> Option<(f64, f64)> {
        (self.numbers && self.least <= self.most).then_some((self.least, self.most))
    }

    /// Whether all cells are integers, some perhaps written as `103.0`.
    pub fn is_integral(&self) -> bool {
        self.range().is_some() && self.integers
    }

    /// What its ids are, as far as they were looked at.
    pub(super) fn id_type(&self) -> IdTypeInference {
        self.id_type
    }

    /// The share of this column's ids that the other has too.
    pub(super) fn share_in(&self, other: &ColumnStats) -> f64 {
        let common = self.distinct.iter().filter(|id| other.distinct.contains(*id)).count();
        common as f64 / self.distinct.len().max(1) as f64
    }
}

/// Whether two list columns have one length in every row.
pub(super) fn same_lengths(a: &Column, b: &Column) -> bool {
    let (a, b) = (a.lists(), b.lists());
    (0..a.len()).all(|row| a.range(row).len() == b.range(row).len())
}

impl fmt::Display for ColumnStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (distinct, all) = self.distinct();
        let more = if all { "" } else { "at least " };
        write!(f, "{}: ", self.name)?;
        if self.list {
            write!(f, "lists of up to {}, ", self.longest)?;
        }
        write!(f, "{} {}, {more}{distinct} distinct, {} missing", self.cells, noun(self), self.nulls)?;
        match (self.range(), self.bounds.filter(|_| self.integers)) {
            (Some(_), Some((least, most))) => write!(f, ", {least} to {most}")?,
            (Some((least, most)), None) => write!(f, ", {least} to {most}")?,
            (None, _) => {}
        }
        let examples = if self.examples.is_empty() { "" } else { "; such as " };
        writeln!(f, "{examples}{}", self.examples.join(", "))?;
        for (bin, &count) in self.lengths.iter().enumerate().filter(|(_, n)| **n > 0) {
            let (from, to) = (1usize << bin >> 1, (1usize << bin) - 1);
            let range = if from == to { format!("{from}") } else { format!("{from} to {to}") };
            let rows: u64 = self.lengths.iter().sum();
            let bar = "█".repeat((40 * count).div_ceil(rows) as usize);
            writeln!(f, "  {range:>13} {count:>9} {bar}")?;
        }
        Ok(())
    }
}

/// A cell that is the number `x` as an integer, if it is one: exact, where `f64` is not.
fn whole(cells: Cells<'_>, i: usize, x: f64) -> Option<i128> {
    match cells {
        // A truth value is 1 or 0.
        Cells::Texts(texts) => {
            let whole = canonical(texts.get(i)?).parse().ok();
            whole.or((x == 0.0 || x == 1.0).then_some(x as i128))
        }
        Cells::Decimals(decimals) => decimals.get(i),
        Cells::Integers(_) | Cells::Times(..) | Cells::Truths(_) => cells.integer(i).ok()?.map(i128::from),
        Cells::Numbers(_) | Cells::Singles(_) => cells.integer(i).ok().map(|_| x as i128),
    }
}

fn noun(column: &ColumnStats) -> &'static str {
    match (column.is_integral(), column.range()) {
        (true, _) => "integers",
        (_, Some(_)) => "numbers",
        _ => "texts",
    }
}
