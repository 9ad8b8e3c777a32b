//! Lists of lists that grow, as they come.

use super::column::{Column, ListColumn, TextLists};

/// Lists of lists of texts.
#[derive(Clone, Debug)]
pub(crate) struct NestedLists {
    /// The inner ones.
    pub lists: TextLists,
    /// List of lists `i` is `lists[offsets[i]..offsets[i + 1]]`.
    offsets: Vec<usize>,
}

impl Default for NestedLists {
    fn default() -> Self {
        NestedLists { lists: TextLists::default(), offsets: vec![0] }
    }
}

impl NestedLists {
    /// Ends a list of lists.
    pub fn end(&mut self) {
        self.offsets.push(self.lists.ended());
    }

    /// Takes the lists away of the list of lists that is not ended.
    pub fn cut(&mut self) {
        self.lists.truncate(self.offsets[self.offsets.len() - 1]);
    }
}

impl From<NestedLists> for Column {
    fn from(nested: NestedLists) -> Self {
        Column::List(ListColumn::new(nested.lists.into(), nested.offsets))
    }
}
