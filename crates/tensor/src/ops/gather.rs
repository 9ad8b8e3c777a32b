//! Rows of a table by id: one each, or the mean of a list.

use std::sync::Arc;

use ndarray::ArrayViewD;

use super::id_groups::IdGroups;
use super::offsets::check_offsets;
use crate::{Backward, OpGrads, Real, Scratch, Tape, Var};
use dien_kernels::inline::{copy, each, fill};
use dien_kernels::par::for_rows;

/// The rows `ids` of `table` `[rows, width]`: `[ids.len(), width]`.
///
/// The table's gradient is [`Grad::Rows`](crate::Grad::Rows) if it is a parameter of
/// [`ParamKind::Rows`](crate::ParamKind::Rows): its cost does not grow with the table.
///
/// # Panics
/// If an id is not below `rows`.
#[track_caller]
pub fn gather<'t, T: Real>(table: Var<'t, T>, ids: &[u32]) -> Var<'t, T> {
    let width = table.view2().ncols();
    check_ids("gather", table, ids);
    let (tape, data) = (table.tape(), table.data());
    let mut y = tape.pool().stale(&[ids.len(), width]);
    for_rows(width, y.as_slice_mut().expect("standard layout"), &|i, row| {
        copy(&data[ids[i] as usize * width..][..width], row);
    });
    tape.record(&[table], y, Gather { order: order(tape, ids) })
}

/// The order of the ids, which an evaluation does not need.
fn order<T: Real>(tape: &Tape<'_, T>, ids: &[u32]) -> Arc<IdGroups> {
    let ids = if tape.records() { ids } else { &[] };
    IdGroups::shared(tape.pool(), ids)
}

struct Gather {
    order: Arc<IdGroups>,
}

impl<T: Real> Backward<T> for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let width = dy.shape()[1];
        let dy = dy.to_slice().expect("standard layout");
        io.add_row_sums(0, &self.order, |position, sum| {
            each(sum, [&dy[position * width..]], |s, [g]| *s += g);
        });
    }
}

/// The mean of the rows of each list: list `i` is `ids[offsets[i]..offsets[i + 1]]` in `table` `[rows,
/// width]`; `[lists, width]`. An empty list gives zeros.
///
/// # Panics
/// If an id is not below `rows`, or the offsets do not run from 0 to `ids.len()` without going down.
#[track_caller]
pub fn gather_mean<'t, T: Real>(table: Var<'t, T>, offsets: &[u32], ids: &[u32]) -> Var<'t, T> {
    let width = table.view2().ncols();
    check_ids("gather_mean", table, ids);
    check_offsets("gather_mean", offsets, ids.len());
    let (tape, data) = (table.tape(), table.data());
    let mut y = tape.pool().stale(&[offsets.len() - 1, width]);
    for_rows(width, y.as_slice_mut().expect("standard layout"), &|i, mean| {
        let list = &ids[offsets[i] as usize..offsets[i + 1] as usize];
        fill(mean, T::zero());
        for &id in list {
            each(mean, [&data[id as usize * width..]], |m, [x]| *m += x);
        }
        let share = T::of(1.0 / list.len().max(1) as f64);
        mean.iter_mut().for_each(|m| *m *= share);
    });
    let mut lists = tape.pool().indices().scratch(if tape.records() { ids.len() } else { 0 });
    let mut shares = tape.pool().scratch(if tape.records() { offsets.len() - 1 } else { 0 });
    for ((list, bounds), share) in (0..).zip(offsets.windows(2)).zip(shares.iter_mut()) {
        lists[bounds[0] as usize..bounds[1] as usize].fill(list);
        *share = T::of(1.0 / f64::from((bounds[1] - bounds[0]).max(1)));
    }
    tape.record(&[table], y, GatherMean { order: order(tape, ids), lists, shares })
}

struct GatherMean<T: Real> {
    order: Arc<IdGroups>,
    /// The list of each position.
    lists: Scratch<u32>,
    /// 1 / length of each list.
    shares: Scratch<T>,
}

impl<T: Real> Backward<T> for GatherMean<T> {
    fn name(&self) -> &'static str {
        "gather_mean"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let width = dy.shape()[1];
        let dy = dy.to_slice().expect("standard layout");
        io.add_row_sums(0, &self.order, |position, sum| {
            let list = self.lists[position] as usize;
            let share = self.shares[list];
            each(sum, [&dy[list * width..]], |s, [g]| *s += g * share);
        });
    }
}

#[track_caller]
pub(super) fn check_ids<T: Real>(op: &str, table: Var<'_, T>, ids: &[u32]) {
    let rows = table.shape()[0];
    if let Some(position) = ids.iter().position(|&id| id as usize >= rows) {
        let (id, name) = (ids[position], table.name());
        panic!("{op}: id {id} at position {position} is beyond the table {name} of {rows} rows");
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::*;
    use crate::check::{assert_gradients, mix};
    use crate::{Grad, Mode, ParamKind, ParamStore, Pool, Tape};
    use ndarray::{Array2, array};

    #[test]
    fn gradients_of_a_dense_table() {
        check([&[4, 3]], |[table]| gather(table, &[3, 0, 3, 3, 1]));
        check([&[4, 3]], |[table]| gather(table, &[]));
        check([&[4, 3]], |[table]| gather_mean(table, &[0, 0, 3, 5], &[3, 0, 3, 3, 1]));
    }

    #[test]
    fn gradients_of_a_row_table_are_rows() {
        let mut params = ParamStore::new();
        let value = Array2::from_shape_fn((5, 2), |(i, j)| 0.3 * i as f64 - 0.7 * j as f64);
        let table = params.add("item", ParamKind::Rows, value.into_dyn());
        assert_gradients(&params, |tape| {
            let table = tape.param(table);
            mix(gather(table, &[4, 1, 4])) * mix(gather_mean(table, &[0, 1, 1, 3], &[2, 4, 4]))
        });
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
        let y = gather(tape.param(table), &[4, 1, 4]);
        let grads = tape.backward(super::super::sum(y));
        let expected = Grad::Rows { ids: vec![1, 4], rows: array![[1.0, 1.0], [2.0, 2.0]] };
        assert_eq!(grads.get(table), Some(&expected));
    }

    #[test]
    fn a_row_of_very_many_positions_is_summed_in_parts_that_no_pool_changes() {
        // Nearly all are of row 1, which has several parts; row 0 has exactly one.
        let ids: Vec<u32> =
            (0..20_000).map(|i| if i < 4096 { 0 } else { 1 + u32::from(i % 100 == 0) }).collect();
        let mut params = ParamStore::<f32>::new();
        let table = params.add("item", ParamKind::Rows, Array2::zeros((4, 2)).into_dyn());
        let weights = Array2::from_shape_fn((ids.len(), 2), |(i, j)| ((i * 2 + j) as f32 * 0.7).sin());
        let gradient = |threads| {
            let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            threads.install(|| {
                let pool = Pool::new();
                let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
                let y = gather(tape.param(table), &ids) * tape.constant(weights.clone().into_dyn());
                tape.backward(super::super::sum(y)).get(table).expect("a gradient").clone()
            })
        };
        let one = gradient(1);
        let Grad::Rows { ids: rows, rows: sums } = &one else { panic!("expected rows") };
        assert_eq!(rows, &[0, 1, 2]);
        for (row, sum) in sums.outer_iter().enumerate() {
            for (j, &sum) in sum.iter().enumerate() {
                let of_row = ids.iter().zip(weights.column(j)).filter(|(id, _)| **id == row as u32);
                let exact: f64 = of_row.map(|(_, &w)| f64::from(w)).sum();
                assert!((f64::from(sum) - exact).abs() <= 1e-2, "row {row}: {sum}, exactly {exact}");
            }
        }
        assert_eq!(gradient(3), one);
    }

    #[test]
    fn values() {
        let table = || [of(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])];
        assert_eq!(value(table(), |[t]| gather(t, &[2, 0])), of(array![[5.0, 6.0], [1.0, 2.0]]));
        let mean = value(table(), |[t]| gather_mean(t, &[0, 2, 2, 3], &[2, 0, 1]));
        assert_eq!(mean, of(array![[3.0, 4.0], [0.0, 0.0], [3.0, 4.0]]));
    }

    #[test]
    #[should_panic(expected = "gather: id 5 at position 1 is beyond the table item of 5 rows")]
    fn ids_are_checked() {
        let mut params = ParamStore::new();
        let table = params.add("item", ParamKind::Rows, ndarray::ArrayD::<f32>::zeros(vec![5, 2]));
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Eval);
        gather(tape.param(table), &[4, 5]);
    }
}
