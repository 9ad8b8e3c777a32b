//! A block's columns, laid out as Arrow's are: the values of all cells in one buffer, and which are there.

use std::ops::Range;

/// The cells of a column, whatever file they come from.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "CSV has texts alone"))]
pub(crate) enum Column {
    Text(TextColumn),
    Int(Primitive<i64>),
    Float(Primitive<f64>),
    List(ListColumn),
}

/// Which cells are there; nothing is held as long as all are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Validity(Vec<bool>);

/// Texts, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct TextColumn {
    bytes: String,
    /// Cell `i` is `bytes[offsets[i]..offsets[i + 1]]`.
    offsets: Vec<usize>,
    validity: Validity,
}

/// Numbers of one width.
#[derive(Clone, Debug)]
pub(crate) struct Primitive<T> {
    values: Vec<T>,
    validity: Validity,
}

/// Lists, of which all values are one column.
#[derive(Clone, Debug)]
pub(crate) struct ListColumn {
    values: Box<Column>,
    /// List `i` is `values[offsets[i]..offsets[i + 1]]`.
    offsets: Vec<usize>,
    validity: Validity,
}

impl Column {
    /// How many cells.
    pub fn len(&self) -> usize {
        match self {
            Column::Text(texts) => texts.len(),
            Column::Int(ints) => ints.len(),
            Column::Float(floats) => floats.len(),
            Column::List(lists) => lists.len(),
        }
    }

    /// What its cells are.
    fn kind(&self) -> &'static str {
        match self {
            Column::Text(_) => "texts",
            Column::Int(_) => "integers",
            Column::Float(_) => "numbers",
            Column::List(_) => "lists",
        }
    }

    /// The column's lists.
    ///
    /// # Panics
    /// If it has none.
    #[track_caller]
    pub fn lists(&self) -> &ListColumn {
        match self {
            Column::List(lists) => lists,
            other => panic!("lists of a column of {}", other.kind()),
        }
    }
}

impl Validity {
    fn is_valid(&self, i: usize) -> bool {
        self.0.get(i).is_none_or(|&valid| valid)
    }

    /// Adds the cell after `before` others.
    fn push(&mut self, before: usize, valid: bool) {
        if !valid || !self.0.is_empty() {
            self.0.resize(before, true);
            self.0.push(valid);
        }
    }
}

impl FromIterator<bool> for Validity {
    fn from_iter<I: IntoIterator<Item = bool>>(valid: I) -> Self {
        Validity(valid.into_iter().collect())
    }
}

impl Default for TextColumn {
    fn default() -> Self {
        TextColumn { bytes: String::new(), offsets: vec![0], validity: Validity::default() }
    }
}

impl TextColumn {
    /// `offsets` has one more than there are cells, and ends at the end of `bytes`.
    #[cfg(feature = "parquet")]
    pub fn new(bytes: String, offsets: Vec<usize>, validity: Validity) -> Self {
        assert_eq!(offsets.last(), Some(&bytes.len()), "the end of the last text");
        TextColumn { bytes, offsets, validity }
    }

    pub fn push(&mut self, text: Option<&str>) {
        self.validity.push(self.len(), text.is_some());
        self.bytes.push_str(text.unwrap_or_default());
        self.offsets.push(self.bytes.len());
    }

    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// A cell; none if it is missing.
    pub fn get(&self, i: usize) -> Option<&str> {
        self.validity.is_valid(i).then(|| &self.bytes[self.offsets[i]..self.offsets[i + 1]])
    }
}

impl<'a> FromIterator<Option<&'a str>> for TextColumn {
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(cells: I) -> Self {
        let mut column = TextColumn::default();
        cells.into_iter().for_each(|text| column.push(text));
        column
    }
}

impl<T: Copy + Default> Primitive<T> {
    #[cfg(feature = "parquet")]
    pub fn new(values: Vec<T>, validity: Validity) -> Self {
        Primitive { values, validity }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// A cell; none if it is missing.
    pub fn get(&self, i: usize) -> Option<T> {
        self.validity.is_valid(i).then(|| self.values[i])
    }
}

impl<T: Copy + Default> FromIterator<Option<T>> for Primitive<T> {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(cells: I) -> Self {
        let mut column = Primitive { values: vec![], validity: Validity::default() };
        for cell in cells {
            column.validity.push(column.values.len(), cell.is_some());
            column.values.push(cell.unwrap_or_default());
        }
        column
    }
}

impl ListColumn {
    /// `offsets` has one more than there are lists, and ends at the end of `values`.
    pub fn new(values: Column, offsets: Vec<usize>, validity: Validity) -> Self {
        assert_eq!(offsets.last(), Some(&values.len()), "the end of the last list");
        ListColumn { values: Box::new(values), offsets, validity }
    }

    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The values of all lists.
    pub fn values(&self) -> &Column {
        &self.values
    }

    /// The places of a list's values; none if it is missing.
    pub fn range(&self, i: usize) -> Range<usize> {
        if self.validity.is_valid(i) { self.offsets[i]..self.offsets[i + 1] } else { 0..0 }
    }

    /// The places of the values of the first lists, those that are missing among them.
    pub fn first(&self, lists: usize) -> Range<usize> {
        self.offsets[0]..self.offsets[lists]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_there_and_what_is_missing_is_not() {
        for cells in [
            vec![Some("a"), Some(""), Some("日本")],
            vec![None, Some("b"), None, None, Some("c")],
            vec![Some("a"), None],
            vec![],
        ] {
            let texts: TextColumn = cells.iter().copied().collect();
            assert_eq!((0..texts.len()).map(|i| texts.get(i)).collect::<Vec<_>>(), cells);
            let lengths: Vec<_> = cells.iter().map(|cell| cell.map(str::len)).collect();
            let ints: Primitive<usize> = lengths.iter().copied().collect();
            assert_eq!((0..ints.len()).map(|i| ints.get(i)).collect::<Vec<_>>(), lengths);
        }
    }

    #[test]
    #[should_panic(expected = "lists of a column of integers")]
    fn a_column_of_single_cells_has_no_lists() {
        Column::Int([Some(1)].into_iter().collect()).lists();
    }

    #[test]
    fn a_missing_list_is_empty() {
        let ids = ["a", "b", "c"].map(Some).into_iter().collect();
        let validity = [true, false, true].into_iter().collect();
        let lists = ListColumn::new(Column::Text(ids), vec![0, 1, 2, 3], validity);
        assert_eq!((0..lists.len()).map(|i| lists.range(i)).collect::<Vec<_>>(), [0..1, 0..0, 2..3]);
        assert_eq!((lists.first(2), lists.values().len()), (0..2, 3));
    }
}
