//! A block's columns, laid out as Arrow's are: the values of all cells in one buffer, and which are there.

use std::ops::Range;

/// The cells of a column, whatever file they come from.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "CSV has texts alone"))]
pub(crate) enum Column {
    Text(TextColumn),
    Int(Primitive<i64>),
    Float(Primitive<f64>),
    /// Numbers of 32 bits, whose texts are shorter.
    Float32(Primitive<f32>),
    Bool(Primitive<bool>),
    /// Decimals without decimal places: integers of up to 38 digits.
    Decimal(Primitive<i128>),
    /// Days or moments.
    Time(TimeUnit, Primitive<i64>),
    List(ListColumn),
}

/// What a time counts since the beginning of 1970.
#[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "Parquet has times"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    Days,
    Milliseconds,
    Microseconds,
    Nanoseconds,
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

/// Lists, of which all values are one column. One that is missing is empty.
#[derive(Clone, Debug)]
pub(crate) struct ListColumn {
    values: Box<Column>,
    /// List `i` is `values[offsets[i]..offsets[i + 1]]`.
    offsets: Vec<usize>,
}

/// Lists of texts, as they come.
#[derive(Clone, Debug)]
pub(crate) struct TextLists {
    values: TextColumn,
    offsets: Vec<usize>,
}

impl Column {
    /// How many cells.
    pub fn len(&self) -> usize {
        match self {
            Column::Text(texts) => texts.len(),
            Column::Int(ints) => ints.len(),
            Column::Float(floats) => floats.len(),
            Column::Float32(floats) => floats.len(),
            Column::Bool(truths) => truths.len(),
            Column::Decimal(decimals) => decimals.len(),
            Column::Time(_, times) => times.len(),
            Column::List(lists) => lists.len(),
        }
    }

    /// How many bytes its cells take, about.
    #[cfg(feature = "parquet")]
    pub fn bytes(&self) -> usize {
        match self {
            Column::Text(texts) => texts.bytes.len() + 8 * texts.len(),
            Column::Int(ints) | Column::Time(_, ints) => 8 * ints.len(),
            Column::Float(floats) => 8 * floats.len(),
            Column::Float32(floats) => 4 * floats.len(),
            Column::Bool(truths) => truths.len(),
            Column::Decimal(decimals) => 16 * decimals.len(),
            Column::List(lists) => lists.values.bytes() + 8 * lists.len(),
        }
    }

    /// What its cells are.
    pub fn kind(&self) -> &'static str {
        match self {
            Column::Text(_) => "texts",
            Column::Int(_) => "integers",
            Column::Float(_) | Column::Float32(_) => "numbers",
            Column::Bool(_) => "truth values",
            Column::Decimal(_) => "decimals",
            Column::Time(..) => "times",
            Column::List(_) => "lists",
        }
    }

    /// The cells at some places.
    pub fn pick(&self, places: &[usize]) -> Column {
        fn of<T: Copy + Default>(cells: &Primitive<T>, places: &[usize]) -> Primitive<T> {
            places.iter().map(|&i| cells.get(i)).collect()
        }
        match self {
            Column::Text(texts) => Column::Text(places.iter().map(|&i| texts.get(i)).collect()),
            Column::Int(ints) => Column::Int(of(ints, places)),
            Column::Float(floats) => Column::Float(of(floats, places)),
            Column::Float32(floats) => Column::Float32(of(floats, places)),
            Column::Bool(truths) => Column::Bool(of(truths, places)),
            Column::Decimal(decimals) => Column::Decimal(of(decimals, places)),
            Column::Time(unit, times) => Column::Time(*unit, of(times, places)),
            Column::List(lists) => {
                let (mut values, mut offsets) = (vec![], vec![0]);
                for &i in places {
                    values.extend(lists.range(i));
                    offsets.push(values.len());
                }
                Column::List(ListColumn::new(lists.values.pick(&values), offsets))
            }
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

impl From<TextColumn> for Column {
    fn from(texts: TextColumn) -> Self {
        Column::Text(texts)
    }
}

impl From<Primitive<i64>> for Column {
    fn from(ints: Primitive<i64>) -> Self {
        Column::Int(ints)
    }
}

impl From<Primitive<f64>> for Column {
    fn from(floats: Primitive<f64>) -> Self {
        Column::Float(floats)
    }
}

impl From<Primitive<f32>> for Column {
    fn from(floats: Primitive<f32>) -> Self {
        Column::Float32(floats)
    }
}

impl From<Primitive<bool>> for Column {
    fn from(truths: Primitive<bool>) -> Self {
        Column::Bool(truths)
    }
}

impl From<Primitive<i128>> for Column {
    fn from(decimals: Primitive<i128>) -> Self {
        Column::Decimal(decimals)
    }
}

impl From<TextLists> for Column {
    fn from(lists: TextLists) -> Self {
        Column::List(ListColumn::new(lists.values.into(), lists.offsets))
    }
}

impl Default for TextColumn {
    fn default() -> Self {
        TextColumn { bytes: String::new(), offsets: vec![0], validity: Validity::default() }
    }
}

impl TextColumn {
    pub fn push(&mut self, text: Option<&str>) {
        self.validity.push(self.len(), text.is_some());
        self.bytes.push_str(text.unwrap_or_default());
        self.offsets.push(self.bytes.len());
    }

    /// Leaves the first cells alone.
    fn truncate(&mut self, cells: usize) {
        self.offsets.truncate(cells + 1);
        self.bytes.truncate(self.offsets[self.offsets.len() - 1]);
        self.validity.0.truncate(cells);
    }

    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// A cell; none if it is missing.
    pub fn get(&self, i: usize) -> Option<&str> {
        self.place(i).map(|place| &self.bytes[place])
    }

    /// Where a cell stands among the bytes; none if it is missing.
    pub fn place(&self, i: usize) -> Option<Range<usize>> {
        self.validity.is_valid(i).then(|| self.offsets[i]..self.offsets[i + 1])
    }

    /// All cells' bytes, one after the other.
    #[cfg(feature = "parquet")]
    pub fn bytes(&self) -> &str {
        &self.bytes
    }
}

impl<'a> FromIterator<Option<&'a str>> for TextColumn {
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(cells: I) -> Self {
        let mut column = TextColumn::default();
        cells.into_iter().for_each(|text| column.push(text));
        column
    }
}

impl<T> Default for Primitive<T> {
    fn default() -> Self {
        Primitive { values: vec![], validity: Validity::default() }
    }
}

impl<T: Copy + Default> Primitive<T> {
    pub fn push(&mut self, cell: Option<T>) {
        self.validity.push(self.values.len(), cell.is_some());
        self.values.push(cell.unwrap_or_default());
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
        let mut column = Primitive::default();
        cells.into_iter().for_each(|cell| column.push(cell));
        column
    }
}

impl ListColumn {
    /// `offsets` has one more than there are lists, and ends at the end of `values`.
    pub fn new(values: Column, offsets: Vec<usize>) -> Self {
        assert_eq!(offsets.last(), Some(&values.len()), "the end of the last list");
        ListColumn { values: Box::new(values), offsets }
    }

    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The values of all lists.
    pub fn values(&self) -> &Column {
        &self.values
    }

    /// The places of a list's values.
    pub fn range(&self, i: usize) -> Range<usize> {
        self.offsets[i]..self.offsets[i + 1]
    }
}

impl Default for TextLists {
    fn default() -> Self {
        TextLists { values: TextColumn::default(), offsets: vec![0] }
    }
}

impl TextLists {
    /// Adds a list.
    pub fn push<'a>(&mut self, list: impl IntoIterator<Item = &'a str>) {
        list.into_iter().for_each(|text| self.item(Some(text)));
        self.end();
    }

    /// Adds an item to the list that is not ended.
    pub fn item(&mut self, text: Option<&str>) {
        self.values.push(text);
    }

    /// Ends a list.
    pub fn end(&mut self) {
        self.offsets.push(self.values.len());
    }

    /// The items so far.
    pub fn items(&self) -> usize {
        self.values.len()
    }

    /// Takes items of the list that is not ended away, until so many are left of all.
    pub fn cut(&mut self, items: usize) {
        self.values.truncate(items);
    }

    /// An item; none if it is missing.
    pub fn get(&self, i: usize) -> Option<&str> {
        self.values.get(i)
    }

    /// How many lists were ended.
    pub fn ended(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Takes lists away, until so many are left, with the items of the one that is not ended.
    pub fn truncate(&mut self, lists: usize) {
        self.offsets.truncate(lists + 1);
        self.values.truncate(self.offsets[lists]);
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
    fn lists_are_as_long_as_what_was_pushed() {
        let mut lists = TextLists::default();
        for list in [&["a"][..], &[], &["b", ""]] {
            lists.push(list.iter().copied());
        }
        let column = Column::from(lists);
        let lists = column.lists();
        assert_eq!((0..lists.len()).map(|i| lists.range(i)).collect::<Vec<_>>(), [0..1, 1..1, 1..3]);
        assert_eq!(lists.values().len(), 3);
    }
}
