//! Rows of a table in parallel: each is handed out once, with its moments.

use std::ops::Range;

use dien_kernels::par::join;
use dien_tensor::Real;

/// Rows that a thread takes at a time.
const LEAF: usize = 64;

/// Some consecutive rows of a table and of its moments.
pub(super) struct Table<'a, T> {
    pub(super) value: &'a mut [T],
    pub(super) m: &'a mut [T],
    pub(super) v: &'a mut [T],
    /// Elements in a row.
    pub(super) width: usize,
    /// The number of the first row.
    pub(super) first: usize,
}

/// One row of a table and of its moments.
pub(super) struct Row<'a, T> {
    pub(super) value: &'a mut [T],
    pub(super) m: &'a mut [T],
    pub(super) v: &'a mut [T],
}

impl<T: Real> Table<'_, T> {
    /// The row of that number.
    #[inline(always)]
    pub(super) fn row(&mut self, number: usize) -> Row<'_, T> {
        let at = (number - self.first) * self.width;
        let range = at..at + self.width;
        Row { value: &mut self.value[range.clone()], m: &mut self.m[range.clone()], v: &mut self.v[range] }
    }

    /// Calls `leaf` for pieces of `range` with the part of the table that has their rows, and adds up what it
    /// returns.
    ///
    /// `row(i)` is the row that entry `i` of the range is about; it must increase with `i`.
    pub(super) fn for_rows(
        self,
        range: Range<usize>,
        row: &(impl Fn(usize) -> usize + Sync),
        leaf: &(impl Fn(Range<usize>, Table<'_, T>) -> u64 + Sync),
    ) -> u64 {
        if range.len() <= LEAF {
            return leaf(range, self);
        }
        // Halves of whole leaves, so that where the cuts fall depends on the range alone.
        let middle = range.start + (range.len() / 2).next_multiple_of(LEAF);
        let cut = (row(middle) - self.first) * self.width;
        let (value, value_right) = self.value.split_at_mut(cut);
        let (m, m_right) = self.m.split_at_mut(cut);
        let (v, v_right) = self.v.split_at_mut(cut);
        let left = Table { value, m, v, ..self };
        let right =
            Table { value: value_right, m: m_right, v: v_right, width: self.width, first: row(middle) };
        let (mut left, mut right, mut counts) = (Some(left), Some(right), [0; 2]);
        let [a, b] = &mut counts;
        join(&mut || *a = left.take().expect("once").for_rows(range.start..middle, row, leaf), &mut || {
            *b = right.take().expect("once").for_rows(middle..range.end, row, leaf)
        });
        counts[0] + counts[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_handed_out_once() {
        let width = 3;
        let rows: Vec<usize> = (0..1000).filter(|i| i % 3 != 1).collect();
        let (mut value, mut m, mut v) = (vec![0.0f32; 3000], vec![0.0; 3000], vec![0.0; 3000]);
        let table = Table { value: &mut value, m: &mut m, v: &mut v, width, first: 0 };
        let count = table.for_rows(0..rows.len(), &|i| rows[i], &|range, mut part| {
            for i in range.clone() {
                let row = part.row(rows[i]);
                row.value.iter_mut().for_each(|x| *x += rows[i] as f32);
                row.m[0] += 1.0;
                row.v[2] += 1.0;
            }
            range.len() as u64
        });
        assert_eq!(count, rows.len() as u64);
        for i in 0..1000 {
            let touched = if rows.contains(&i) { 1.0 } else { 0.0 };
            assert_eq!(value[i * width..][..width], [i as f32 * touched; 3]);
            assert_eq!((m[i * width], v[i * width + 2]), (touched, touched));
        }
    }
}
