//! The cells of an item, end to end.

/// The length of a cell that is missing.
pub(super) const MISSING: u32 = u32::MAX;

/// An item's cells in one piece of memory: each its length and its text, a list's number of cells before
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ItemRecord(Vec<u8>);

/// The cells of a record, one after the other.
pub(super) struct ItemCells<'a>(&'a [u8]);

impl ItemRecord {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// In bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a cell.
    pub fn push(&mut self, token: Option<&str>) {
        self.0.extend(token.map_or(MISSING, |token| token.len() as u32).to_le_bytes());
        self.0.extend(token.unwrap_or_default().as_bytes());
    }

    /// Begins a list of so many cells.
    pub fn push_len(&mut self, cells: usize) {
        self.0.extend((cells as u32).to_le_bytes());
    }

    pub fn cells(&self) -> ItemCells<'_> {
        ItemCells(&self.0)
    }
}

impl<'a> ItemCells<'a> {
    fn number(&mut self) -> u32 {
        let (number, rest) = self.0.split_first_chunk().expect("as many cells as were pushed");
        self.0 = rest;
        u32::from_le_bytes(*number)
    }

    /// How many cells the list has that begins here.
    pub fn len(&mut self) -> usize {
        self.number() as usize
    }

    /// The next cell.
    pub fn single(&mut self) -> Option<&'a str> {
        let len = self.number();
        if len == MISSING {
            return None;
        }
        let (text, rest) = self.0.split_at(len as usize);
        self.0 = rest;
        Some(std::str::from_utf8(text).expect("a text was pushed"))
    }

    /// The next list.
    pub fn list(&mut self) -> Vec<Option<&'a str>> {
        (0..self.len()).map(|_| self.single()).collect()
    }
}
