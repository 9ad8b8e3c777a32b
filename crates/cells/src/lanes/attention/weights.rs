//! The first layer's weight, `[W_q, W_k, W_d, W_p]` over `[q, k, q − k, q ∘ k]`, in the form that is least
//! work.

use dien_kernels::inline::{each, zip};
use dien_tensor::{Pool, Real, Scratch};

use super::Shape;

/// The first layer as W_query q + (W_key, W_pair) (k, q ∘ k), where W_query = W_q + W_d and W_key = W_k −
/// W_d.
pub(super) struct First<T: Real> {
    /// `[first, hidden]`
    pub query: Scratch<T>,
    /// (W_key, W_pair), `[first, 2 hidden]`.
    pub product: Scratch<T>,
}

impl<T: Real> First<T> {
    /// From `weight` `[first, 4 hidden]`.
    pub fn new(pool: &Pool<T>, shape: Shape, weight: &[T]) -> Self {
        let n = shape.hidden;
        let mut query = pool.scratch(shape.first * n);
        let mut product = pool.scratch(shape.first * 2 * n);
        let rows = zip(query.chunks_exact_mut(n), product.chunks_exact_mut(2 * n));
        for ((query, product), w) in zip(rows, weight.chunks_exact(4 * n)) {
            for j in 0..n {
                query[j] = w[j] + w[2 * n + j];
                product[j] = w[n + j] - w[2 * n + j];
                product[n + j] = w[3 * n + j];
            }
        }
        First { query, product }
    }
}

/// A matrix `[rows, columns]` transposed.
pub(super) fn transposed<T: Real>(pool: &Pool<T>, matrix: &[T], columns: usize) -> Scratch<T> {
    let rows = matrix.len() / columns;
    let mut to = pool.scratch(matrix.len());
    for (i, row) in matrix.chunks_exact(columns).enumerate() {
        for (j, &x) in row.iter().enumerate() {
            to[j * rows + i] = x;
        }
    }
    to
}

/// The gradient of a layer's weight, its rows `stride` elements apart.
#[derive(Clone, Copy)]
pub(super) struct Padded<'a, T> {
    pub rows: &'a [T],
    pub stride: usize,
}

impl<T: Real> Padded<'_, T> {
    /// Adds `scale` times the `columns` of a row to `to`.
    pub fn add_row(&self, row: usize, columns: std::ops::Range<usize>, scale: T, to: &mut [T]) {
        each(to, [&self.rows[row * self.stride..][columns]], |to, [x]| *to += scale * x);
    }
}
