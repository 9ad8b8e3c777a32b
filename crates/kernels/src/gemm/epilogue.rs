//! What the sums of a product start from, and what is made of them.

use super::tile::Sums;
use crate::Number;
use crate::simd::Simd;

/// What the elements of a [`product`](super::product) start from, and what is made of them while they are in
/// registers. `i` is a row, `j` the first of `V` columns.
pub trait Epilogue<T: Number> {
    /// The start of the sum.
    #[inline(always)]
    fn start<const V: usize>(&self, _i: usize, _j: usize) -> [T; V] {
        [T::zero(); V]
    }

    /// Takes the sum.
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, sum: [T; V]);

    /// Takes the sums of a tile that begins at (i, j), those of its first `rows` rows:
    /// [`finish`](Self::finish) for every vector. What takes whole rows at once leaves the sums in registers.
    #[inline(always)]
    fn finish_tile<S: Simd, const R: usize, const W: usize, const L: usize>(
        &mut self,
        (i, j): (usize, usize),
        rows: usize,
        sums: Sums<T, R, W, L>,
    ) {
        for r in 0..R {
            if r < rows {
                for w in 0..W {
                    self.finish::<S, L>(i + r, j + w * L, sums[r][w]);
                }
            }
        }
    }

    /// Called after every tile: to fetch what comes next, for instance.
    #[inline(always)]
    fn between(&mut self) {}
}

/// `V` elements of row `i` from column `j` on.
///
/// # Panics
/// If there are fewer.
#[inline(always)]
pub fn at<T, const V: usize>(data: &[T], stride: usize, i: usize, j: usize) -> &[T; V] {
    data[i * stride + j..].first_chunk().expect("V elements")
}

/// [`at`], to write.
#[inline(always)]
pub fn at_mut<T, const V: usize>(data: &mut [T], stride: usize, i: usize, j: usize) -> &mut [T; V] {
    data[i * stride + j..].first_chunk_mut().expect("V elements")
}

/// C = A·B, or C + A·B if `add`.
#[derive(Debug)]
pub struct Store<'a, T> {
    /// Row-major.
    pub c: &'a mut [T],
    /// Elements from one row to the next.
    pub stride: usize,
    /// Whether the product is added to what `c` has.
    pub add: bool,
}

impl<'a, T> Store<'a, T> {
    /// C = A·B
    #[inline(always)]
    pub fn new(c: &'a mut [T], stride: usize) -> Self {
        Store { c, stride, add: false }
    }

    /// C = C + A·B
    #[inline(always)]
    pub fn add(c: &'a mut [T], stride: usize) -> Self {
        Store { c, stride, add: true }
    }
}

impl<T: Number> Epilogue<T> for Store<'_, T> {
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, sum: [T; V]) {
        let c = at_mut::<T, V>(self.c, self.stride, i, j);
        if self.add {
            for v in 0..V {
                c[v] += sum[v];
            }
        } else {
            *c = sum;
        }
    }

    #[inline(always)]
    fn finish_tile<S: Simd, const R: usize, const W: usize, const L: usize>(
        &mut self,
        (i, j): (usize, usize),
        rows: usize,
        sums: Sums<T, R, W, L>,
    ) {
        let (stride, c) = (self.stride, &mut self.c[i * self.stride + j..]);
        if rows >= R {
            for r in 0..R {
                store_row(sums[r], &mut c[r * stride..], self.add);
            }
            return;
        }
        // What is indexed by a variable has to be in memory, and the sums have not: a copy, by constant
        // places.
        let mut copy = [[[T::zero(); L]; W]; R];
        #[allow(clippy::manual_memcpy)]
        for r in 0..R {
            copy[r] = sums[r];
        }
        for r in 0..rows {
            store_row(copy[r], &mut c[r * stride..], self.add);
        }
    }
}

/// A tile's row, or the sum with it, into the first of `c`.
#[inline(always)]
fn store_row<T: Number, const W: usize, const L: usize>(row: [[T; L]; W], c: &mut [T], add: bool) {
    let (vectors, _) = c[..W * L].as_chunks_mut::<L>();
    for w in 0..W {
        if add {
            for l in 0..L {
                vectors[w][l] += row[w][l];
            }
        } else {
            vectors[w] = row[w];
        }
    }
}

/// [`Store`], and a call after every tile.
#[derive(Debug)]
pub struct StoreBetween<'a, T, F> {
    /// What is stored where.
    pub store: Store<'a, T>,
    /// What is called: a reference, so that products that share it are one function.
    pub between: &'a mut F,
}

impl<T: Number, F: FnMut()> Epilogue<T> for StoreBetween<'_, T, F> {
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, sum: [T; V]) {
        self.store.finish::<S, V>(i, j, sum);
    }

    #[inline(always)]
    fn finish_tile<S: Simd, const R: usize, const W: usize, const L: usize>(
        &mut self,
        at: (usize, usize),
        rows: usize,
        sums: Sums<T, R, W, L>,
    ) {
        self.store.finish_tile::<S, R, W, L>(at, rows, sums);
    }

    #[inline(always)]
    fn between(&mut self) {
        (self.between)();
    }
}

/// D begins the sums, which then grow: C ← D + a₁b₁ + a₂b₂ + …
#[derive(Debug)]
pub struct Accumulate<'a, T> {
    /// D, row-major, of the same stride; C itself if there is none.
    pub from: Option<&'a [T]>,
    /// Row-major.
    pub c: &'a mut [T],
    /// Elements from one row to the next.
    pub stride: usize,
}

impl<T: Number> Epilogue<T> for Accumulate<'_, T> {
    #[inline(always)]
    fn start<const V: usize>(&self, i: usize, j: usize) -> [T; V] {
        *at(self.from.unwrap_or(self.c), self.stride, i, j)
    }
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, sum: [T; V]) {
        *at_mut(self.c, self.stride, i, j) = sum;
    }
}
