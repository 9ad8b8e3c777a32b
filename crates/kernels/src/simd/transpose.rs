//! Small transposes in registers: from lanes to rows and back.
//!
//! The compiler dissolves a transpose written with arrays into single loads and stores, five times slower; so
//! the 8 × 8 tile of `f32` is written with the instructions it should become ([`Simd::transpose8`]).

use super::Simd;
use super::plain::TILE;
use crate::Number;

/// `to[j * to_stride + i] = from[i * from_stride + j]` for `i < rows`, `j < columns`.
///
/// # Panics
/// If a slice is too short.
#[inline(always)]
pub fn transpose<T: Number, S: Simd>(
    from: &[T],
    from_stride: usize,
    (rows, columns): (usize, usize),
    to: &mut [T],
    to_stride: usize,
) {
    if rows < TILE || columns < TILE {
        for i in 0..rows {
            for j in 0..columns {
                to[j * to_stride + i] = from[i * from_stride + j];
            }
        }
        return;
    }
    // What is left beyond whole tiles is covered by a last one that overlaps the one before.
    let mut i = 0;
    while i < rows {
        let at = i.min(rows - TILE);
        let mut j = 0;
        while j < columns {
            let across = j.min(columns - TILE);
            let tile = &from[at * from_stride + across..];
            T::transpose8_at::<S>(tile, from_stride, &mut to[across * to_stride + at..], to_stride);
            j += TILE;
        }
        i += TILE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, Level, dispatch_at};

    struct Transpose<'a, T>(&'a [T], usize, (usize, usize), &'a mut [T], usize);
    impl<T: Number> Kernel<T> for Transpose<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self) {
            transpose::<T, S>(self.0, self.1, self.2, self.3, self.4);
        }
    }

    fn check<T: Number>() {
        for level in Level::available::<T>() {
            for (rows, columns) in [(0, 8), (1, 1), (7, 9), (8, 8), (9, 16), (36, 32), (37, 13)] {
                let (from_stride, to_stride) = (columns + 3, rows + 5);
                let from: Vec<T> = (0..rows * from_stride).map(|i| T::of(i as f64)).collect();
                let mut to = vec![T::of(-1.0); columns * to_stride];
                dispatch_at(level, Transpose(&from, from_stride, (rows, columns), &mut to, to_stride));
                for (j, row) in to.chunks_exact(to_stride).enumerate() {
                    for (i, &x) in row.iter().enumerate() {
                        let expected = if i < rows { from[i * from_stride + j] } else { T::of(-1.0) };
                        assert_eq!(x, expected, "{level:?} {rows} x {columns} at {i}, {j}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_level_transposes_what_it_should_and_nothing_else() {
        check::<f32>();
        check::<f64>();
    }
}
