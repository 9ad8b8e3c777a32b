//! Gradients of parameters: dense, or the touched rows of a table.

use ndarray::{Array2, ArrayD};

use crate::{ParamId, Pool, Real, Scratch};
use dien_kernels::inline::{copy, each, fill, zip};
use dien_kernels::par::{CHUNK, for_chunks, for_some_rows};

/// The gradient of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Grad<T> {
    /// One number per element.
    Dense(ArrayD<T>),
    /// Rows of a table `[rows, width]`; all others are zero.
    Rows {
        /// The touched rows, ascending, each once.
        ids: Vec<u32>,
        /// Their gradients, `[ids.len(), width]`.
        rows: Array2<T>,
    },
}

impl<T: Real> Grad<T> {
    /// The numbers that are stored: all elements, or those of the touched rows.
    pub fn values(&self) -> &[T] {
        match self {
            Grad::Dense(g) => g.as_slice().expect("gradients have standard layout"),
            Grad::Rows { rows, .. } => rows.as_slice().expect("gradients have standard layout"),
        }
    }

    /// The numbers that are stored, to change them.
    pub fn values_mut(&mut self) -> &mut [T] {
        match self {
            Grad::Dense(g) => g.as_slice_mut().expect("gradients have standard layout"),
            Grad::Rows { rows, .. } => rows.as_slice_mut().expect("gradients have standard layout"),
        }
    }

    /// The gradient as an array of the parameter's `shape`; for tests and small tables.
    pub fn to_dense(&self, shape: &[usize]) -> ArrayD<T> {
        match self {
            Grad::Dense(g) => g.clone(),
            Grad::Rows { ids, rows } => {
                let mut dense = ArrayD::zeros(shape);
                scatter(ids, rows, &mut dense);
                dense
            }
        }
    }

    /// Adds a dense array to this gradient, which becomes dense. All buffers are the pool's.
    pub(crate) fn add_dense(&mut self, other: &[T], shape: &[usize], pool: &Pool<T>) {
        self.make_dense(shape, pool);
        for_chunks(CHUNK, self.values_mut(), &|start, g| {
            each(g, [&other[start..]], |g, [x]| *g += x);
        });
    }

    /// Turns rows into an array of the parameter's `shape`.
    pub(crate) fn make_dense(&mut self, shape: &[usize], pool: &Pool<T>) {
        if let Grad::Rows { ids, rows } = self {
            let mut dense = pool.zeros(shape);
            scatter(ids, rows, &mut dense);
            std::mem::replace(self, Grad::Dense(dense)).give_to(pool);
        }
    }

    /// Adds `n` rows of `width` numbers to a gradient: `row(i, sum)` adds the `i`-th, which is the table's
    /// row `ids[i]` (ascending, each once), to a row that has what was there before. A task has `at_once` of
    /// them.
    pub(crate) fn add_rows(
        slot: &mut Option<Grad<T>>,
        ids: &[u32],
        width: usize,
        pool: &Pool<T>,
        at_once: usize,
        row: &(impl Fn(usize, &mut [T]) + Send + Sync),
    ) {
        match slot {
            None => {
                let mut own = pool.indices().take_stale(ids.len());
                own.copy_from_slice(ids);
                let mut sums = pool.take_stale(ids.len() * width);
                for_some_rows(at_once, width, &mut sums, &|i, sum| {
                    fill(sum, T::zero());
                    row(i, sum);
                });
                *slot = Some(rows_of(own, width, sums));
            }
            Some(Grad::Dense(g)) => {
                let g = g.as_slice_mut().expect("gradients have standard layout");
                ids.iter().enumerate().for_each(|(i, &id)| row(i, &mut g[id as usize * width..][..width]));
            }
            Some(Grad::Rows { ids: before, rows }) => {
                let merged = Merged::of(before, ids, pool);
                let before = rows.as_slice().expect("gradients have standard layout");
                let mut sums = pool.take_stale(merged.ids.len() * width);
                for_some_rows(at_once, width, &mut sums, &|i, sum| {
                    match merged.first[i] {
                        NONE => fill(sum, T::zero()),
                        i => copy(&before[i as usize * width..][..width], sum),
                    }
                    if merged.second[i] != NONE {
                        row(merged.second[i] as usize, sum);
                    }
                });
                let sum = rows_of(merged.ids, width, sums);
                slot.replace(sum).expect("there was one").give_to(pool);
            }
        }
    }

    /// Gives the buffers back.
    pub(crate) fn give_to(self, pool: &Pool<T>) {
        match self {
            Grad::Dense(g) => pool.give_array(g),
            Grad::Rows { ids, rows } => {
                pool.indices().give(ids);
                pool.give(rows.into_raw_vec_and_offset().0);
            }
        }
    }
}

/// The rows `[ids.len(), width]` into a table of zeros.
fn scatter<T: Real>(ids: &[u32], rows: &Array2<T>, table: &mut ArrayD<T>) {
    let (width, rows) = (rows.ncols(), rows.as_slice().expect("gradients have standard layout"));
    let table = table.as_slice_mut().expect("gradients have standard layout");
    for (&id, row) in zip(ids, rows.chunks_exact(width.max(1))) {
        copy(row, &mut table[id as usize * width..][..width]);
    }
}

fn rows_of<T: Real>(ids: Vec<u32>, width: usize, rows: Vec<T>) -> Grad<T> {
    let rows = Array2::from_shape_vec((ids.len(), width), rows).expect("one row per id");
    Grad::Rows { ids, rows }
}

/// Not in that list.
const NONE: u32 = u32::MAX;

/// Two lists of ids as one, and where each id stands in the first and in the second.
struct Merged {
    ids: Vec<u32>,
    first: Scratch<u32>,
    second: Scratch<u32>,
}

impl Merged {
    fn of<T: Real>(a: &[u32], b: &[u32], pool: &Pool<T>) -> Merged {
        let most = a.len() + b.len();
        let mut ids = pool.indices().take_stale(most);
        let (mut first, mut second) = (pool.indices().scratch(most), pool.indices().scratch(most));
        let (mut i, mut j, mut n) = (0, 0, 0);
        while i < a.len() || j < b.len() {
            let in_a = j == b.len() || (i < a.len() && a[i] <= b[j]);
            let in_b = i == a.len() || (j < b.len() && b[j] <= a[i]);
            ids[n] = if in_a { a[i] } else { b[j] };
            first[n] = if in_a { i as u32 } else { NONE };
            second[n] = if in_b { j as u32 } else { NONE };
            i += usize::from(in_a);
            j += usize::from(in_b);
            n += 1;
        }
        ids.truncate(n);
        Merged { ids, first, second }
    }
}

/// What a backward pass found: a gradient for each parameter that the loss depends on.
///
/// Its buffers and lists return to the pool when it is dropped.
#[derive(Debug)]
pub struct Grads<T: Real> {
    pub(crate) params: Vec<Option<Grad<T>>>,
    /// Gradients of [`Tape::variable`](crate::Tape::variable) leaves, by node.
    pub(crate) leaves: Vec<(usize, ArrayD<T>)>,
    pub(crate) pool: Pool<T>,
    /// The tape of the backward pass, if there was one.
    pub(crate) tape: Option<u64>,
}

/// The lists of a [`Grads`], for the next one.
struct GradLists<T> {
    params: Vec<Option<Grad<T>>>,
    leaves: Vec<(usize, ArrayD<T>)>,
}

impl<T> Default for GradLists<T> {
    fn default() -> Self {
        GradLists { params: Vec::new(), leaves: Vec::new() }
    }
}

impl<T: Real> Grads<T> {
    /// No gradient yet for any of `params` parameters, in lists of the pool.
    pub(crate) fn new(params: usize, pool: &Pool<T>, tape: u64) -> Self {
        let GradLists { params: mut list, leaves } = pool.take_kept();
        list.resize(params, None);
        Grads { params: list, leaves, pool: pool.clone(), tape: Some(tape) }
    }

    /// No gradient for any of `params` parameters.
    pub fn none(params: usize) -> Self {
        Grads { params: vec![None; params], leaves: Vec::new(), pool: Pool::new(), tape: None }
    }

    /// The parameter's gradient, or `None` if the loss does not depend on it.
    pub fn get(&self, id: ParamId) -> Option<&Grad<T>> {
        self.params.get(id.index())?.as_ref()
    }

    /// The parameter's gradient, to change it.
    pub fn get_mut(&mut self, id: ParamId) -> Option<&mut Grad<T>> {
        self.params.get_mut(id.index())?.as_mut()
    }

    /// Sets the parameter's gradient.
    pub fn set(&mut self, id: ParamId, grad: Grad<T>) {
        self.params[id.index()] = Some(grad);
    }

    /// Every gradient there is, in the parameters' order.
    pub fn iter(&self) -> impl Iterator<Item = (ParamId, &Grad<T>)> {
        self.params.iter().enumerate().filter_map(|(i, g)| Some((ParamId::new(i), g.as_ref()?)))
    }

    /// Every gradient there is, to change it.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ParamId, &mut Grad<T>)> {
        self.params.iter_mut().enumerate().filter_map(|(i, g)| Some((ParamId::new(i), g.as_mut()?)))
    }
}

impl<T: Real> Drop for Grads<T> {
    fn drop(&mut self) {
        let (mut params, mut leaves) = (std::mem::take(&mut self.params), std::mem::take(&mut self.leaves));
        params.drain(..).flatten().for_each(|grad| grad.give_to(&self.pool));
        leaves.drain(..).for_each(|(_, g)| self.pool.give_array(g));
        self.pool.keep(GradLists { params, leaves });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rows_merge_in_order() {
        let pool = Pool::new();
        let mut g = Some(Grad::Rows { ids: vec![1, 4], rows: array![[1.0], [4.0]] });
        let add = |i: usize, sum: &mut [f64]| sum[0] += [10.0, 40.0, 70.0][i];
        Grad::add_rows(&mut g, &[0, 4, 7], 1, &pool, 2, &add);
        let sum = Grad::Rows { ids: vec![0, 1, 4, 7], rows: array![[10.0], [1.0], [44.0], [70.0]] };
        assert_eq!(g, Some(sum));
        g.as_mut().unwrap().add_dense(&[1.0; 8], &[8, 1], &pool);
        assert_eq!(g.as_ref().unwrap().values(), [11.0, 2.0, 1.0, 1.0, 45.0, 1.0, 1.0, 71.0]);
        Grad::add_rows(&mut g, &[1, 2, 7], 1, &pool, 1, &add);
        assert_eq!(g.unwrap().values(), [11.0, 12.0, 41.0, 1.0, 45.0, 1.0, 1.0, 141.0]);
    }
}
