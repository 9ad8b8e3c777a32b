//! A·B tile by tile, each begun and finished while it is in registers: the one product behind all.
//!
//! A tile of C of `R` rows × `W` vectors of `L` columns stays in registers over the whole of K; B's rows
//! enter as vectors, A's elements as broadcasts. Columns outside and rows inside: a few vectors of B's
//! columns stay in the first cache while A goes by; the other way round for [`LongRows`](super::LongRows).
//! Columns past a multiple of 8 are slow: pad B and C.

use std::ops::Range;

use super::{Block, Epilogue, Lhs};
use crate::Number;
use crate::simd::{Kernel, Simd, Strips, dispatch};

/// A[m, k] · B[k, n] into `epilogue`, within a [`Kernel`].
///
/// One function at each level, called rather than inlined: a product takes far longer than a call, and within
/// a kernel the compiler finds worse registers for it.
///
/// # Panics
/// If a slice is too short.
#[inline(always)]
pub fn product<T: Number, S: Simd, A: Lhs<T>, E: Epilogue<T>>(
    dims: (usize, usize, usize),
    a: A,
    b: Block<'_, T>,
    epilogue: E,
) {
    S::run(Product { dims, a, b, epilogue, rows: 0..0 });
}

/// [`product`], at the level of the machine.
///
/// # Panics
/// If a slice is too short.
pub fn dispatch_product<T: Number, A: Lhs<T>, E: Epilogue<T>>(
    dims: (usize, usize, usize),
    a: A,
    b: Block<'_, T>,
    epilogue: E,
) {
    dispatch(Product { dims, a, b, epilogue, rows: 0..0 });
}

struct Product<'a, T, A, E> {
    dims: (usize, usize, usize),
    a: A,
    b: Block<'a, T>,
    epilogue: E,
    /// Those that are computed at present.
    rows: Range<usize>,
}

impl<T: Number, A: Lhs<T>, E: Epilogue<T>> Kernel<T> for Product<'_, T, A, E> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let (m, n, k) = self.dims;
        let fits = self.a.holds(m, k) && self.b.holds(k, n);
        assert!(fits, "product: [{m}, {k}] · [{k}, {n}] of shorter slices");
        while self.rows.end < m {
            self.rows = self.rows.end..m.min(self.rows.end.saturating_add(A::ROWS_AT_ONCE));
            let mut j = 0;
            while j + 8 <= n {
                j += A::strip::<S, _>(n, j, &mut self);
            }
            if A::PADDED {
                assert_eq!(j, n, "product of panels: columns are whole vectors of 8");
            } else {
                while j < n {
                    j += self.strip::<S, 8, 1, 1>(j);
                }
            }
        }
    }
}

impl<T: Number, A: Lhs<T>, E: Epilogue<T>> Strips for Product<'_, T, A, E> {
    /// What rows are left over is cut into tiles that still have several sums in flight: a row or half a
    /// vector alone waits for the latency of its own sums.
    #[inline(always)]
    fn strip<S: Simd, const R: usize, const W: usize, const L: usize>(&mut self, j: usize) -> usize {
        let Range { start: mut i, end } = self.rows;
        if A::PADDED {
            while i < end {
                self.tile::<S, R, W, L>(i, j);
                i += R;
            }
            return W * L;
        }
        // With 6 rows, two tiles of 4 for the last 8, and 4, 2 and 1 for the last 7.
        let m = end - i;
        let rest = if R == 6 && m > 6 && (m % 6 == 1 || m % 6 == 2) { m % 6 + 6 } else { m % R };
        while i < end - rest {
            self.tile::<S, R, W, L>(i, j);
            i += R;
        }
        if R > 4 {
            while i + 4 <= end {
                self.tile::<S, 4, W, L>(i, j);
                i += 4;
            }
        }
        if R > 2 && i + 2 <= end {
            self.tile::<S, 2, W, L>(i, j);
            i += 2;
        }
        if R > 1 && i < end {
            self.tile::<S, 1, W, L>(i, j);
        }
        W * L
    }
}

impl<T: Number, A: Lhs<T>, E: Epilogue<T>> Product<'_, T, A, E> {
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const W: usize, const L: usize>(&mut self, i: usize, j: usize) {
        let (m, _, k) = self.dims;
        let mut sums = [[[T::zero(); L]; W]; R];
        for r in 0..R {
            if !A::PADDED || i + r < m {
                for w in 0..W {
                    sums[r][w] = self.epilogue.start(i + r, j + w * L);
                }
            }
        }
        let sums = self.a.add::<S, R, W, L>(sums, i, self.b.at(0, j), k);
        let rows = if A::PADDED { m - i } else { R };
        self.epilogue.finish_tile::<S, R, W, L>((i, j), rows, sums);
        self.epilogue.between();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::epilogue::{Accumulate, StoreBetween};
    use crate::gemm::{Columns, LongRows, Panels, Rows, Store};
    use crate::simd::{Level, dispatch_at};
    use crate::testing::assert_close;

    struct Run<'a, T, A, E>((usize, usize, usize), A, Block<'a, T>, E);
    impl<T: Number, A: Lhs<T>, E: Epilogue<T>> Kernel<T> for Run<'_, T, A, E> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self) {
            product::<T, S, A, E>(self.0, self.1, self.2, self.3);
        }
    }

    /// Shapes with whole tiles, with every rest of rows and columns, and with nothing to sum.
    const SHAPES: [(usize, usize, usize); 13] = [
        (1, 8, 1),
        (6, 32, 36),
        (36, 24, 108),
        (108, 32, 36),
        (7, 40, 5),
        (13, 56, 3),
        (14, 48, 20),
        (29, 8, 3),
        (8, 32, 0),
        (26, 72, 20),
        (13, 136, 5),
        (5, 11, 4),
        (9, 3, 7),
    ];

    fn number(i: usize) -> f64 {
        (i as f64 * 0.7).sin()
    }

    /// C from what the epilogue made of C = 0.5 everywhere and the literal sums.
    fn check<T: Number>(tolerance: f64) {
        for level in Level::available::<T>() {
            for dims @ (m, n, k) in SHAPES {
                let (a_stride, b_stride, stride) = (k.max(m) + 3, n + 5, n + 2);
                let by_rows: Vec<T> = (0..m * a_stride).map(|i| T::of(number(i))).collect();
                let by_columns: Vec<T> = (0..k * a_stride)
                    .map(|i| {
                        let (p, i) = (i / a_stride, i % a_stride);
                        if i < m { by_rows[i * a_stride + p] } else { T::nan() }
                    })
                    .collect();
                let b: Vec<T> = (0..k * b_stride).map(|i| T::of(number(2 * i + 1))).collect();
                let panels = Panels::new(level, m, k);
                let mut packed = vec![T::nan(); panels.len()];
                panels.pack(|i, p| by_rows[i * a_stride + p], &mut packed);
                let exact = |i: usize, j: usize| -> f64 {
                    (0..k).map(|p| by_rows[i * a_stride + p].f64() * b[p * b_stride + j].f64()).sum()
                };
                let a = Block::new(&by_rows[..], a_stride);
                let b_block = Block::new(&b[..], b_stride);
                let near = |what: &str, run: &dyn Fn(&mut [T]), offset: &dyn Fn(usize) -> f64| {
                    let mut c = vec![T::of(0.5); m * stride];
                    run(&mut c);
                    let expected = |at| {
                        let (i, j) = (at / stride, at % stride);
                        if j < n { offset(i) + exact(i, j) } else { 0.5 }
                    };
                    let expected: Vec<f64> = (0..c.len()).map(expected).collect();
                    assert_close(&c, &expected, tolerance, format_args!("{what} at {level:?}, {dims:?}"));
                };
                macro_rules! forms {
                    ($what:literal, $offset:expr, |$c:ident| $epilogue:expr) => {
                        near(
                            concat!($what, " rows"),
                            &|$c| {
                                dispatch_at(level, Run(dims, Rows(a), b_block, $epilogue));
                            },
                            $offset,
                        );
                        near(
                            concat!($what, " long rows"),
                            &|$c| {
                                dispatch_at(level, Run(dims, LongRows(a), b_block, $epilogue));
                            },
                            $offset,
                        );
                        near(
                            concat!($what, " columns"),
                            &|$c| {
                                let a = Columns(Block::new(&by_columns[..], a_stride));
                                dispatch_at(level, Run(dims, a, b_block, $epilogue));
                            },
                            $offset,
                        );
                        if n % 8 == 0 {
                            near(
                                concat!($what, " panels"),
                                &|$c| {
                                    dispatch_at(level, Run(dims, panels.packed(&packed), b_block, $epilogue));
                                },
                                $offset,
                            );
                        }
                    };
                }
                let from = vec![T::of(-1.5); m * stride];
                forms!("store", &|_| 0.0, |c| Store::new(c, stride));
                forms!("add", &|_| 0.5, |c| Store::add(c, stride));
                forms!("accumulate", &|_| 0.5, |c| Accumulate { from: None, c, stride });
                forms!("accumulate from", &|_| -1.5, |c| Accumulate { from: Some(&from), c, stride });
            }
        }
    }

    #[test]
    fn every_form_level_and_epilogue_agrees_with_the_sum_and_leaves_the_rest() {
        check::<f32>(2e-5);
        check::<f64>(1e-13);
    }

    #[test]
    fn there_is_a_call_after_every_tile() {
        let (a, b, mut c, mut calls) = ([1.0f64; 8 * 3], [2.0; 3 * 8], [0.0; 8 * 8], 0);
        let to = StoreBetween { store: Store::new(&mut c, 8), between: &mut || calls += 1 };
        dispatch_product((8, 8, 3), Rows(Block::new(&a, 3)), Block::new(&b, 8), to);
        assert_eq!((calls, c), (2, [6.0; 8 * 8]));
    }

    #[test]
    #[should_panic(expected = "product: [4, 3] · [3, 8] of shorter slices")]
    fn short_slices_are_refused() {
        let mut c = [0.0f32; 32];
        let (a, b) = (Rows(Block::new(&[1.0f32; 11], 3)), Block::new(&[1.0; 24], 8));
        dispatch_product((4, 8, 3), a, b, Store::new(&mut c, 8));
    }
}
