//! Some rows, whatever they are kept as.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::cells::{CellColumn, ListCells, NestedCells};
use super::row::Row;
use crate::error::DataError;
use crate::source::lists::{ListCounts, ListSyntax};
use crate::source::{Block, Broken, Column, Places, Wanted};

/// Consecutive rows: [`Row`]s, or with the feature `arrow` a record batch. A copy shares them.
#[derive(Clone)]
pub struct RowBatch(Kept);

#[derive(Clone)]
enum Kept {
    Rows(Arc<[Row]>),
    #[cfg(feature = "arrow")]
    Arrow(arrow_array::RecordBatch),
}

impl RowBatch {
    /// How many rows.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Rows(rows) => rows.len(),
            #[cfg(feature = "arrow")]
            Kept::Arrow(batch) => batch.num_rows(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The wanted columns of some rows, of which the first is `number` in `file`.
    pub(super) fn block(
        &self,
        rows: Range<usize>,
        number: u64,
        file: &Arc<Path>,
        wanted: &[Wanted],
        syntax: &ListSyntax,
    ) -> Result<Block, DataError> {
        let (mut columns, mut lists, mut broken) = (vec![], vec![], vec![]);
        for wanted in wanted {
            let (column, counts) = match &self.0 {
                Kept::Rows(of) => cells(&of[rows.clone()], wanted, syntax, &mut broken),
                #[cfg(feature = "arrow")]
                Kept::Arrow(batch) => {
                    super::arrow::column(file, batch, rows.clone(), wanted, syntax, &mut broken)?
                }
            };
            columns.push(column);
            lists.push(counts);
        }
        broken.sort_by_key(Broken::row);
        broken.dedup_by_key(|broken| broken.row());
        let (file, places) = (Arc::clone(file), Places::Rows(number));
        Ok(Block { file, places, rows: rows.len(), columns, lists, broken })
    }
}

/// A column of rows; what is wrong with one is told, and its cell is missing.
fn cells(
    rows: &[Row],
    wanted: &Wanted,
    syntax: &ListSyntax,
    broken: &mut Vec<Broken>,
) -> (Column, ListCounts) {
    let (mut singles, mut lists, mut place) = (CellColumn::default(), ListCells::new(), 0);
    let mut nested = NestedCells::new();
    for (i, row) in rows.iter().enumerate() {
        let cell = row.cell(&wanted.name, &mut place);
        let nothing = super::Cell::Missing;
        let pushed = match wanted.depth {
            0 => singles.push(cell.unwrap_or(&nothing)),
            1 => lists.push(cell.unwrap_or(&nothing), syntax),
            _ => nested.push(cell.unwrap_or(&nothing), syntax),
        };
        let fault = match (pushed, cell) {
            (Err([found, expected]), _) => [format!("`{}`: {found}", wanted.name), expected],
            (Ok(()), Some(_)) => continue,
            (Ok(()), None) => {
                let named = crate::error::quoted(row.columns());
                let expected = format!("it among the row's, which are {named}; one may be `None`");
                [format!("no cell `{}`, which is wanted", wanted.name), expected]
            }
        };
        let [found, expected] = fault;
        broken.push(Broken::new(i, found, expected));
    }
    match wanted.depth {
        0 => (singles.finish(), ListCounts::default()),
        1 => lists.finish(),
        _ => (nested.finish(), ListCounts::default()),
    }
}

impl Default for RowBatch {
    fn default() -> Self {
        RowBatch::from(vec![])
    }
}

impl From<Vec<Row>> for RowBatch {
    fn from(rows: Vec<Row>) -> Self {
        RowBatch(Kept::Rows(rows.into()))
    }
}

impl FromIterator<Row> for RowBatch {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        RowBatch(Kept::Rows(rows.into_iter().collect()))
    }
}

/// Every type of a value that Parquet has is read, and so are dictionaries and the fields of structs; what is
/// not read is an error when the column is wanted.
#[cfg(feature = "arrow")]
impl From<arrow_array::RecordBatch> for RowBatch {
    fn from(batch: arrow_array::RecordBatch) -> Self {
        RowBatch(Kept::Arrow(batch))
    }
}

impl fmt::Debug for RowBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowBatch").field("rows", &self.len()).finish_non_exhaustive()
    }
}
