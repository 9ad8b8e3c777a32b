//! Columns that grow cell by cell, of whatever types the cells are.

use super::row::Cell;
use crate::source::ListColumn;
use crate::source::column::{Column, Primitive, TextColumn, TextLists};
use crate::source::lists::{ListCounts, ListSyntax};
use crate::source::nested_lists::NestedLists;

/// What is wrong with a cell: what was found, and what was expected.
type Wrong = [String; 2];

/// Single cells: of the type of the first that is there, and texts from the first of another type on.
#[derive(Default)]
pub(super) struct CellColumn {
    column: Option<Column>,
    /// Cells before the first that is there.
    missing: usize,
}

/// Lists, of which all values are one column.
pub(super) struct ListCells {
    values: CellColumn,
    offsets: Vec<usize>,
    pub counts: ListCounts,
    /// What one text held.
    text: TextLists,
}

impl CellColumn {
    pub fn len(&self) -> usize {
        self.column.as_ref().map_or(self.missing, Column::len)
    }

    pub fn push(&mut self, cell: &Cell) -> Result<(), Wrong> {
        let missing = self.missing;
        if matches!(cell, Cell::Missing) && self.column.is_none() {
            self.missing += 1;
            return Ok(());
        }
        let first = || match cell {
            Cell::Integer(_) => Column::Int(nothing(missing)),
            Cell::Number(_) => Column::Float(nothing(missing)),
            Cell::Bool(_) => Column::Bool(nothing(missing)),
            Cell::Missing | Cell::Text(_) | Cell::List(_) => {
                Column::Text(std::iter::repeat_n(None, missing).collect())
            }
        };
        match (self.column.get_or_insert_with(first), cell) {
            (Column::Int(own), Cell::Integer(x)) => own.push(Some(*x)),
            (Column::Float(own), Cell::Number(x)) => own.push(Some(*x)),
            (Column::Bool(own), Cell::Bool(x)) => own.push(Some(*x)),
            (Column::Text(own), Cell::Text(text)) => own.push(Some(text)),
            (Column::Int(own), Cell::Missing) => own.push(None),
            (Column::Float(own), Cell::Missing) => own.push(None),
            (Column::Bool(own), Cell::Missing) => own.push(None),
            (Column::Text(own), cell) => {
                own.push(written(cell).as_deref());
                if let Cell::List(_) = cell {
                    return Err(["a list".into(), "a single value".into()]);
                }
            }
            (own, cell) => {
                *own = as_texts(own);
                return self.push(cell);
            }
        }
        Ok(())
    }

    pub fn finish(self) -> Column {
        let missing = self.missing;
        self.column.unwrap_or_else(|| Column::Text(std::iter::repeat_n(None, missing).collect()))
    }
}

impl ListCells {
    pub fn new() -> Self {
        let (values, counts, text) = (CellColumn::default(), ListCounts::default(), TextLists::default());
        ListCells { values, offsets: vec![0], counts, text }
    }

    /// Adds a list, or the one that a text holds.
    ///
    /// # Errors
    /// It is neither; an empty list is added then.
    pub fn push(&mut self, cell: &Cell, syntax: &ListSyntax) -> Result<(), Wrong> {
        let pushed = self.push_items(cell, syntax);
        self.offsets.push(self.values.len());
        pushed
    }

    fn push_items(&mut self, cell: &Cell, syntax: &ListSyntax) -> Result<(), Wrong> {
        match cell {
            Cell::Missing => Ok(()),
            Cell::List(items) if items.iter().any(|item| matches!(item, Cell::List(_))) => {
                let expected = "a list of single values, one an event";
                Err(["a list of lists".into(), expected.into()])
            }
            Cell::List(items) => items.iter().try_for_each(|item| self.values.push(item)),
            Cell::Text(text) => {
                let parsed = syntax.push(text, &mut self.text, &mut self.counts);
                let Column::List(lists) = Column::from(std::mem::take(&mut self.text)) else {
                    unreachable!("lists of texts are lists")
                };
                let Column::Text(pieces) = lists.values() else { unreachable!("lists of texts hold texts") };
                for i in 0..pieces.len() {
                    self.values.push(&pieces.get(i).map_or(Cell::Missing, Cell::from))?;
                }
                parsed
            }
            other => {
                let found = written(other).unwrap_or_default();
                Err([format!("the single value {found}"), "a list, or a text that holds one".into()])
            }
        }
    }

    pub fn finish(self) -> (Column, ListCounts) {
        let column = ListColumn::new(self.values.finish(), self.offsets);
        (Column::List(column), self.counts)
    }
}

/// Lists of lists.
pub(super) struct NestedCells {
    lists: ListCells,
    offsets: Vec<usize>,
}

impl NestedCells {
    pub fn new() -> Self {
        NestedCells { lists: ListCells::new(), offsets: vec![0] }
    }

    /// Adds a list of lists, or the one that a text holds; one that is missing within it is empty.
    ///
    /// # Errors
    /// It is neither; what is added of it then is of no use.
    pub fn push(&mut self, cell: &Cell, syntax: &ListSyntax) -> Result<(), Wrong> {
        let pushed = match cell {
            Cell::Missing => Ok(()),
            Cell::List(events) => events.iter().try_for_each(|event| self.push_inner(event, syntax)),
            Cell::Text(text) => self.push_text(text, syntax),
            other => {
                let found = written(other).unwrap_or_default();
                Err([format!("the single value {found}"), "a list of lists, or a text that holds one".into()])
            }
        };
        self.offsets.push(self.lists.offsets.len() - 1);
        pushed
    }

    fn push_inner(&mut self, event: &Cell, syntax: &ListSyntax) -> Result<(), Wrong> {
        match event {
            Cell::List(items) if items.iter().any(|item| matches!(item, Cell::List(_))) => {
                Err(["lists in lists of a list".into(), "lists of single values in a list".into()])
            }
            Cell::Missing | Cell::List(_) => self.lists.push(event, syntax),
            // As a list within a list of texts is read.
            single => {
                let mut one = TextLists::default();
                syntax.push_inner(&written(single).unwrap_or_default(), &mut one)?;
                let items = (0..one.items()).map(|i| one.get(i).map_or(Cell::Missing, Cell::from));
                self.lists.push(&Cell::List(items.collect()), syntax)
            }
        }
    }

    fn push_text(&mut self, text: &str, syntax: &ListSyntax) -> Result<(), Wrong> {
        let mut nested = NestedLists::default();
        syntax.push_nested(text, &mut nested)?;
        let Column::List(lists) = Column::from(nested.lists) else {
            unreachable!("lists of texts are lists")
        };
        let Column::Text(pieces) = lists.values() else { unreachable!("lists of texts hold texts") };
        for i in 0..lists.len() {
            let items = lists.range(i).map(|at| pieces.get(at).map_or(Cell::Missing, Cell::from));
            self.lists.push(&Cell::List(items.collect()), syntax)?;
        }
        Ok(())
    }

    pub fn finish(self) -> Column {
        let (lists, _) = self.lists.finish();
        Column::List(ListColumn::new(lists, self.offsets))
    }
}

fn nothing<T: Copy + Default>(cells: usize) -> Primitive<T> {
    std::iter::repeat_n(None, cells).collect()
}

/// A cell as a text, as ids and numbers are read from.
fn written(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Missing | Cell::List(_) => None,
        Cell::Integer(x) => Some(x.to_string()),
        Cell::Number(x) => Some(x.to_string()).filter(|_| !x.is_nan()),
        Cell::Bool(x) => Some(x.to_string()),
        Cell::Text(text) => Some(text.clone()),
    }
}

fn as_texts(column: &Column) -> Column {
    let cell = |i: usize| match column {
        Column::Int(own) => own.get(i).map_or(Cell::Missing, Cell::Integer),
        Column::Float(own) => own.get(i).map_or(Cell::Missing, Cell::Number),
        Column::Bool(own) => own.get(i).map_or(Cell::Missing, Cell::Bool),
        other => unreachable!("{} are not made of cells", other.kind()),
    };
    let mut texts = TextColumn::default();
    (0..column.len()).for_each(|i| texts.push(written(&cell(i)).as_deref()));
    Column::Text(texts)
}
