//! A row-major matrix inside a slice.

/// A row-major matrix inside a slice: `stride` elements from one row to the next.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a, T> {
    /// The elements, from the block's first on.
    pub data: &'a [T],
    /// Elements from one row to the next.
    pub stride: usize,
}

impl<'a, T> Block<'a, T> {
    /// A block over `data`.
    #[inline(always)]
    pub fn new(data: &'a [T], stride: usize) -> Self {
        Block { data, stride }
    }

    /// Whether it has so many rows and columns.
    #[inline(always)]
    pub fn holds(self, rows: usize, columns: usize) -> bool {
        rows == 0 || columns == 0 || self.data.len() >= (rows - 1) * self.stride + columns
    }

    /// The block from element (i, j) on; nothing, past the last.
    #[inline(always)]
    pub fn at(self, i: usize, j: usize) -> Self {
        Block { data: self.data.get(i * self.stride + j..).unwrap_or_default(), stride: self.stride }
    }
}
