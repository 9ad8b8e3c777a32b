//! What one column holds.

mod display;

use std::collections::{BTreeSet, HashSet};

use dien_serving::encoding::{IdTypeInference, canonical};

use super::padding::PaddingStats;
use super::times::TimeStats;
use crate::source::{Cells, Column, TextForm, Wanted};

/// Texts that say that a number is missing.
const NULLISH: [&str; 9] = ["NULL", "null", "\\N", "None", "NA", "N/A", "<NA>", "?", "-"];

/// Distinct ids are counted up to this many.
const COUNTED: usize = 1 << 20;

/// Examples that are shown.
const SHOWN: usize = 4;

/// What a column's cells, or its lists' ids, are.
#[derive(Clone, Debug)]
pub struct ColumnStats {
    name: String,
    list: bool,
    /// Whether its lists are of lists.
    nested: bool,
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
    /// Their sum, if all are numbers.
    sum: f64,
    /// Texts of missing values, as people write them, and whether all else is numbers.
    nullish: BTreeSet<String>,
    numbers_but_nullish: bool,
    /// As long as every cell is a time.
    times: Option<TimeStats>,
    padding: PaddingStats,
    /// Lists by length: 0, 1, 2 to 3, 4 to 7 and so on.
    lengths: Vec<u64>,
    longest: usize,
}

impl ColumnStats {
    pub(super) fn new(wanted: &Wanted) -> Self {
        let list = wanted.is_list();
        ColumnStats {
            name: wanted.name.clone(),
            list,
            nested: wanted.depth == 2,
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
            sum: 0.0,
            nullish: BTreeSet::new(),
            numbers_but_nullish: true,
            times: (!list).then(TimeStats::default),
            padding: PaddingStats::default(),
            lengths: vec![],
            longest: 0,
        }
    }

    /// Adds some rows of a block.
    pub(super) fn add(&mut self, column: &Column, rows: &[usize]) {
        if !self.list {
            return self.add_cells(Cells::of(column), rows.iter().copied());
        }
        let lists = column.lists();
        for &row in rows {
            let length = lists.range(row).len();
            let bin = length.checked_ilog2().map_or(0, |log| log as usize + 1);
            if self.lengths.len() <= bin {
                self.lengths.resize(bin + 1, 0);
            }
            self.lengths[bin] += 1;
            self.longest = self.longest.max(length);
        }
        if let Column::List(inner) = lists.values() {
            let events = rows.iter().flat_map(|&row| lists.range(row));
            let places = events.flat_map(|event| inner.range(event));
            return self.add_cells(Cells::of(inner.values()), places);
        }
        self.padding.add(column, rows);
        self.add_cells(Cells::of(lists.values()), rows.iter().flat_map(|&row| lists.range(row)));
    }

    fn add_cells(&mut self, cells: Cells<'_>, places: impl Iterator<Item = usize>) {
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
            if self.times.as_mut().is_some_and(|times| !times.add(cells, i)) {
                self.times = None;
            }
            match cells.number(i) {
                Ok(Some(x)) => {
                    self.sum += x;
                    (self.least, self.most) = (self.least.min(x), self.most.max(x));
                    let whole = whole(cells, i, x);
                    self.integers &= whole.is_some();
                    if let Some(n) = whole {
                        let (least, most) = self.bounds.unwrap_or((n, n));
                        self.bounds = Some((least.min(n), most.max(n)));
                    }
                }
                _ => {
                    self.numbers = false;
                    if NULLISH.contains(&token.trim()) {
                        self.nullish.insert(token.trim().to_owned());
                    } else {
                        self.numbers_but_nullish = false;
                    }
                }
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

    /// Whether its cells are lists of lists.
    pub fn is_nested(&self) -> bool {
        self.nested
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

    /// The examples; quoted if one has a comma.
    pub(super) fn shown(&self) -> String {
        let commas = self.examples.iter().any(|example| example.contains(','));
        let quoted = |example: &String| if commas { format!("`{example}`") } else { example.clone() };
        self.examples.iter().map(quoted).collect::<Vec<_>>().join(", ")
    }

    /// The mean, if all cells are numbers.
    pub(super) fn mean(&self) -> Option<f64> {
        let mean = self.sum / (self.cells - self.nulls).max(1) as f64;
        self.range().map(|_| mean).filter(|mean| mean.is_finite())
    }

    /// The texts of missing values among what else is numbers.
    pub(super) fn nullish(&self) -> impl Iterator<Item = &String> {
        self.nullish.iter().filter(|_| self.numbers_but_nullish && self.least <= self.most)
    }

    /// The times, if every cell is one.
    pub(super) fn times(&self) -> Option<&TimeStats> {
        self.times.as_ref().filter(|_| self.cells > self.nulls)
    }

    /// What fills the lists up, if they look padded.
    pub(super) fn padding(&self) -> Option<&'static str> {
        self.padding.found()
    }

    /// Whether every cell so far is 0 or 1, or false or true.
    pub(super) fn may_be_binary(&self) -> bool {
        !self.list && self.numbers && self.integers && self.least >= 0.0 && self.most <= 1.0
    }

    /// Whether they are the rows' numbers, from 0 or 1 on.
    pub(super) fn counts_rows(&self) -> bool {
        let rows = self.cells as usize;
        let run = self.bounds.map(|(least, most)| ((0..=1).contains(&least), most - least + 1));
        self.is_integral() && self.distinct.len() == rows && run == Some((true, rows as i128))
    }

    /// Whether hardly an id is seen again.
    pub(super) fn is_unique(&self) -> bool {
        self.cells >= 100 && self.distinct.len() as f64 >= 0.9 * self.cells as f64
    }

    /// The distinct ids.
    pub(super) fn ids(&self) -> &HashSet<String> {
        &self.distinct
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
pub(super) fn same_lengths(a: &Column, b: &Column, rows: &[usize]) -> bool {
    let (a, b) = (a.lists(), b.lists());
    rows.iter().all(|&row| a.range(row).len() == b.range(row).len())
}

/// Whether a row has nothing in any column.
pub(super) fn are_missing(columns: &[Column], row: usize) -> bool {
    columns.iter().all(|column| match column {
        Column::List(lists) => lists.range(row).is_empty(),
        cells => Cells::of(cells).is_missing(row, TextForm::Typed),
    })
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
