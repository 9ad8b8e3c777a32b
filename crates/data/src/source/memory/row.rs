//! Rows of a program's own structs.

use std::borrow::Cow;

/// A row: cells by their columns' names.
///
/// ```
/// use dien_data::Row;
///
/// struct Shown { user: u64, item: String, seen: Vec<String>, price: Option<f32>, clicked: bool }
///
/// impl From<&Shown> for Row {
///     fn from(shown: &Shown) -> Row {
///         Row::new()
///             .with("user", shown.user)
///             .with("item", &*shown.item)
///             .with("seen", shown.seen.iter().map(String::as_str).collect::<Vec<_>>())
///             .with("price", shown.price)
///             .with("clicked", shown.clicked)
///     }
/// }
/// # let shown = Shown { user: 1, item: "a".into(), seen: vec![], price: None, clicked: true };
/// # assert_eq!(Row::from(&shown), Row::from(&shown));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    cells: Vec<(Cow<'static, str>, Cell)>,
}

/// A cell of a [`Row`]. Of an id it is no matter which of the types it is: `7`, `7.0` and `"7"` are one.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// Nothing.
    #[default]
    Missing,
    /// An integer.
    Integer(i64),
    /// A number; NaN is nothing.
    Number(f64),
    /// True or false, as a label may be.
    Bool(bool),
    /// A text; the empty one is nothing.
    Text(String),
    /// A list. Lists of lists are read where an event has any number of ids.
    List(Vec<Cell>),
}

impl Row {
    /// Without a cell.
    pub fn new() -> Self {
        Row::default()
    }

    /// With a cell of a column, in place of what the row had there.
    #[must_use]
    pub fn with(mut self, column: impl Into<Cow<'static, str>>, cell: impl Into<Cell>) -> Self {
        let (column, cell) = (column.into(), cell.into());
        match self.cells.iter_mut().find(|(name, _)| *name == column) {
            Some((_, own)) => *own = cell,
            None => self.cells.push((column, cell)),
        }
        self
    }

    /// The cell of a column, if the row has one. It is looked for at `place` first, where rows alike have it.
    pub(super) fn cell(&self, column: &str, place: &mut usize) -> Option<&Cell> {
        let is_own = |(name, _): &(Cow<'static, str>, Cell)| name == column;
        if !self.cells.get(*place).is_some_and(is_own) {
            *place = self.cells.iter().position(is_own)?;
        }
        Some(&self.cells[*place].1)
    }

    /// The columns' names.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(|(name, _)| &**name)
    }
}

macro_rules! from_integers {
    ($($of:ty),*) => {$(
        impl From<$of> for Cell {
            fn from(integer: $of) -> Self {
                Cell::Integer(integer.into())
            }
        }
    )*};
}

from_integers!(i8, i16, i32, i64, u8, u16, u32);

/// Beyond 2⁶³ its digits.
impl From<u64> for Cell {
    fn from(integer: u64) -> Self {
        i64::try_from(integer).map_or_else(|_| Cell::Text(integer.to_string()), Cell::Integer)
    }
}

impl From<usize> for Cell {
    fn from(integer: usize) -> Self {
        (integer as u64).into()
    }
}

/// As the number of 64 bits that it is: an id of it is that number.
impl From<f32> for Cell {
    fn from(number: f32) -> Self {
        Cell::Number(number.into())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Cell::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Cell::Bool(truth)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl<C: Into<Cell>> From<Option<C>> for Cell {
    fn from(cell: Option<C>) -> Self {
        cell.map_or(Cell::Missing, Into::into)
    }
}

impl<C: Into<Cell>> From<Vec<C>> for Cell {
    fn from(list: Vec<C>) -> Self {
        Cell::List(list.into_iter().map(Into::into).collect())
    }
}

impl<C: Into<Cell> + Clone> From<&[C]> for Cell {
    fn from(list: &[C]) -> Self {
        list.to_vec().into()
    }
}

impl<C: Into<Cell>, const N: usize> From<[C; N]> for Cell {
    fn from(list: [C; N]) -> Self {
        Cell::List(list.into_iter().map(Into::into).collect())
    }
}
