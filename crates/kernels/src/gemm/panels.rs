//! C (+)= A·B where one A multiplies many B: A is packed once, in the order in which the tiles read it.

use super::block::Block;
use super::tile;
use crate::Real;
use crate::simd::{Kernel, Level, Simd};

/// A[m, k] in panels of a few rows, `[panels, k, rows]`. Rows beyond the last are zeros: a whole tile costs less than the
/// small ones that would fit what is left, whose few sums wait for each other.
#[derive(Clone, Copy, Debug)]
pub struct Panels {
    rows: usize,
    /// Rows of A.
    pub m: usize,
    /// Columns of A.
    pub k: usize,
}

impl Panels {
    /// The panels of an m × k matrix at a level.
    pub fn new(level: Level, m: usize, k: usize) -> Self {
        let rows = match level {
            Level::Portable => 4,
            Level::Avx2 => 6,
            Level::Avx512 => 8,
        };
        Panels { rows, m, k }
    }

    /// Elements of all panels.
    pub fn len(self) -> usize {
        self.m.next_multiple_of(self.rows) * self.k
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Packs the matrix whose elements `a(row, column)` are.
    pub fn pack<T: Real>(self, a: impl Fn(usize, usize) -> T, to: &mut [T]) {
        for (panel, to) in to.chunks_exact_mut((self.rows * self.k).max(1)).enumerate() {
            for (p, to) in to.chunks_exact_mut(self.rows).enumerate() {
                for (r, to) in to.iter_mut().enumerate() {
                    let row = panel * self.rows + r;
                    *to = if row < self.m { a(row, p) } else { T::zero() };
                }
            }
        }
    }

    /// C[m, n] = A·B, or C += A·B if `add`, where B is columns `first..first + n` of `[k, B_STRIDE]`, C `[m, C_STRIDE]`, and n
    /// a multiple of 8. `between` is called after every panel: to fetch what comes next, for instance.
    ///
    /// One function at each level, called rather than inlined: a product takes far longer than a call, and within a kernel the
    /// compiler finds worse registers for it.
    ///
    /// # Panics
    /// If a slice is too short.
    pub fn product<T: Real, S: Simd, const B_STRIDE: usize, const C_STRIDE: usize>(
        self,
        a: &[T],
        b: &[T],
        columns: (usize, usize),
        c: &mut [T],
        add: bool,
        between: &mut impl FnMut(),
    ) {
        let panels = self;
        S::run(Product::<T, _, B_STRIDE, C_STRIDE> { panels, a, b, columns, c, add, between });
    }
}

struct Product<'a, T, F, const B_STRIDE: usize, const C_STRIDE: usize> {
    panels: Panels,
    a: &'a [T],
    b: &'a [T],
    columns: (usize, usize),
    c: &'a mut [T],
    add: bool,
    between: &'a mut F,
}

impl<T: Real, F: FnMut(), const B_STRIDE: usize, const C_STRIDE: usize> Kernel<T>
    for Product<'_, T, F, B_STRIDE, C_STRIDE>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let (first, n) = self.columns;
        debug_assert!(n.is_multiple_of(8) && first + n <= B_STRIDE && n <= C_STRIDE);
        match S::LEVEL {
            Level::Portable => self.tiles::<S, 4, 2, 4>(),
            Level::Avx2 => self.tiles::<S, 6, 2, 8>(),
            Level::Avx512 => self.tiles::<S, 8, 2, 16>(),
        }
    }
}

impl<T: Real, F: FnMut(), const B: usize, const C: usize> Product<'_, T, F, B, C> {
    /// `R` rows of `W` vectors of `L` columns at a time.
    #[inline(always)]
    fn tiles<S: Simd, const R: usize, const W: usize, const L: usize>(self) {
        let Product { panels: Panels { m, k, .. }, a, b, columns: (first, n), c, add, between } = self;
        assert!(
            a.len() >= m.next_multiple_of(R) * k && (k == 0 || b.len() >= (k - 1) * B + first + n),
            "product of panels: [{m}, {k}] · [{k}, {n}] with {} and {} elements",
            a.len(),
            b.len()
        );
        for (panel, c) in c[..m * C].chunks_mut(R * C).enumerate() {
            let a = &a[panel * R * k..][..R * k];
            let mut j = 0;
            while j + W * L <= n {
                tile::<T, S, R, W, L, B>(a, b, first + j, &mut c[j..], C, add);
                j += W * L;
            }
            if L > 8 && j + 16 <= n {
                tile::<T, S, R, 1, 16, B>(a, b, first + j, &mut c[j..], C, add);
                j += 16;
            }
            if j < n {
                tile::<T, S, R, 1, 8, B>(a, b, first + j, &mut c[j..], C, add);
            }
            between();
        }
    }
}

#[inline(always)]
fn tile<T: Real, S: Simd, const R: usize, const W: usize, const L: usize, const B: usize>(
    a: &[T],
    b: &[T],
    j: usize,
    c: &mut [T],
    c_stride: usize,
    add: bool,
) {
    let (a, b) = (Block::new(a, R), Block::new(b, B).at(0, j));
    let sums = tile::add_by_columns::<T, S, R, W, L>([[[T::zero(); L]; W]; R], a, b, a.data.len() / R);
    tile::store(sums, c, c_stride, add);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::dispatch_at;

    const B: usize = 40;
    const C: usize = 32;

    struct Check<'a, T>(Panels, &'a [T], &'a [T], (usize, usize), &'a mut [T], bool, &'a mut usize);
    impl<T: Real> Kernel<T> for Check<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self) {
            self.0.product::<T, S, B, C>(self.1, self.2, self.3, self.4, self.5, &mut || *self.6 += 1);
        }
    }

    fn check<T: Real>(tolerance: f64) {
        for level in Level::available::<T>() {
            for (m, n, k) in [(1, 8, 1), (6, 32, 36), (36, 24, 108), (7, 16, 5), (8, 32, 0), (29, 8, 3)] {
                let (a, b) = (|i: usize, p: usize| T::of(((i * k + p) as f64 * 0.7).sin()), 8);
                let data: Vec<T> = (0..k * B).map(|i| T::of((i as f64 * 1.3).cos())).collect();
                let panels = Panels::new(level, m, k);
                let mut packed = vec![T::of(f64::NAN); panels.len()];
                panels.pack(a, &mut packed);
                for add in [false, true] {
                    let (mut c, mut calls) = (vec![T::of(0.5); m * C], 0);
                    dispatch_at(level, Check(panels, &packed, &data, (b, n), &mut c, add, &mut calls));
                    assert_eq!(calls, m.div_ceil(panels.rows));
                    for (i, j) in (0..m * C).map(|at| (at / C, at % C)) {
                        let mut exact = if add || j >= n { 0.5 } else { 0.0 };
                        if j < n {
                            exact += (0..k).map(|p| a(i, p).f64() * data[p * B + b + j].f64()).sum::<f64>();
                        }
                        let found = c[i * C + j].f64();
                        assert!((found - exact).abs() <= tolerance, "{level:?} {m} {n} {k} at {i}, {j}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_level_agrees_with_the_sum_and_leaves_the_rest() {
        check::<f32>(1e-5);
        check::<f64>(1e-13);
    }
}
