//! Losses: binary cross-entropy from logits, and half the sum of squares.

use std::sync::Arc;

use ndarray::ArrayViewD;

use super::id_groups::IdGroups;
use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Scratch, Var};
use dien_kernels::elementwise::{cross_entropy_derivative, cross_entropy_sum, weighted_cross_entropy_sum};
use dien_kernels::inline::{copy, each};
use dien_kernels::map::map;
use dien_kernels::par::for_rows;
use dien_kernels::sums::total;

/// Σ w l / Σ w over all elements, where l = −y log σ(z) − (1 − y) log(1 − σ(z)), for `logits` z of any shape
/// and as many `labels` y in [0, 1] and `weights` w ≥ 0 (1 if there are none): `[]`. If Σ w = 0 it is exactly
/// 0, without a gradient.
///
/// Computed as l = max(z, 0) − z y + log(1 + e^−|z|), which neither overflows nor cancels.
///
/// # Panics
/// If the numbers of logits, labels and weights differ.
#[track_caller]
pub fn bce_with_logits<'t, T: Real>(
    logits: Var<'t, T>,
    labels: &[f32],
    weights: Option<&[f32]>,
) -> Var<'t, T> {
    let tape = logits.tape();
    let (pool, z) = (tape.pool(), logits.data());
    let y = constants("labels", logits, labels);
    let mut derivative = pool.scratch(z.len());
    cross_entropy_derivative(z, &y, &mut derivative);
    let (loss, weight) = if let Some(weights) = weights {
        let w = constants("weights", logits, weights);
        derivative.iter_mut().zip(w.iter()).for_each(|(s, &w)| *s *= w);
        (
            weighted_cross_entropy_sum(z, &y, &w, pool.values()),
            total(|[w]: [T; 1], _: [T; 0]| [w], pool.values(), [&w]),
        )
    } else {
        (cross_entropy_sum(z, &y, pool.values()), T::of(z.len() as f64))
    };
    let share = if weight == T::zero() { T::zero() } else { weight.recip() };
    let mut value = pool.stale(&[]);
    value.fill(loss * share);
    tape.record(&[logits], value, CrossEntropy { share, derivative })
}

#[track_caller]
fn constants<T: Real>(what: &str, logits: Var<'_, T>, values: &[f32]) -> Scratch<T> {
    let n = values.len();
    assert!(n == logits.len(), "bce_with_logits: logits {:?}, {n} {what}", logits.shape());
    let mut constants = logits.tape().pool().scratch(n);
    constants.iter_mut().zip(values).for_each(|(c, &x)| *c = T::of(f64::from(x)));
    constants
}

struct CrossEntropy<T: Real> {
    /// 1 / Σ w
    share: T,
    derivative: Scratch<T>,
}

impl<T: Real> Backward<T> for CrossEntropy<T> {
    fn name(&self) -> &'static str {
        "bce_with_logits"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let scale = dy.to_slice().expect("standard layout")[0] * self.share;
        if self.share != T::zero() {
            add_grad(io, 0, |dx| map(|[s]: [T; 1], _: [T; 0]| [s * scale], [&self.derivative], dx));
        }
    }
}

/// ½ Σ x² over all elements: `[]`.
#[track_caller]
pub fn l2<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let pool = x.tape().pool();
    let mut y = pool.stale(&[]);
    y.fill(T::of(0.5) * total(|[x]: [T; 1], _: [T; 0]| [x * x], pool.values(), [x.data()]));
    x.tape().record(&[x], y, L2)
}

struct L2;

impl<T: Real> Backward<T> for L2 {
    fn name(&self) -> &'static str {
        "l2"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, x) = (dy.to_slice().expect("standard layout")[0], io.input_data(0));
        add_grad(io, 0, |dx| map(|[x]: [T; 1], _: [T; 0]| [dy * x], [x], dx));
    }
}

/// ½ Σ x² over the rows of `table` `[rows, width]` that `ids` name, each counted once: `[]`.
///
/// The gradient is [`Grad::Rows`](crate::Grad::Rows) if the table is a parameter of that kind.
///
/// # Panics
/// If an id is not below `rows`.
#[track_caller]
pub fn l2_rows<'t, T: Real>(table: Var<'t, T>, ids: &[u32]) -> Var<'t, T> {
    let (tape, width) = (table.tape(), table.view2().ncols());
    super::gather::check_ids("l2_rows", table, ids);
    let order = IdGroups::shared(tape.pool(), ids);
    let mut rows = tape.pool().scratch(order.unique.len() * width);
    let data = table.data();
    for_rows(width, &mut rows, &|i, row| {
        copy(&data[order.unique[i] as usize * width..][..width], row);
    });
    let mut y = tape.pool().stale(&[]);
    y.fill(T::of(0.5) * total(|[x]: [T; 1], _: [T; 0]| [x * x], tape.pool().values(), [&rows]));
    tape.record(&[table], y, L2Rows { order, rows })
}

/// ½ Σ wᵢ ‖rowᵢ‖² over rows of a table, each id once; `weight` has a number for each row of the table.
///
/// # Panics
/// If an id is not below `rows`, or there is not one weight a row.
#[track_caller]
pub fn weighted_l2_rows<'t, T: Real>(table: Var<'t, T>, ids: &[u32], weight: &[T]) -> Var<'t, T> {
    let (tape, (count, width)) = (table.tape(), table.view2().dim());
    super::gather::check_ids("weighted_l2_rows", table, ids);
    assert_eq!(weight.len(), count, "weighted_l2_rows: one weight a row");
    let order = IdGroups::shared(tape.pool(), ids);
    let size = order.unique.len() * width;
    let (mut rows, mut weighted) = (tape.pool().scratch(size), tape.pool().scratch(size));
    let data = table.data();
    let of =
        |i: usize| (&data[order.unique[i] as usize * width..][..width], weight[order.unique[i] as usize]);
    for_rows(width, &mut rows, &|i, row| copy(of(i).0, row));
    for_rows(width, &mut weighted, &|i, row| {
        let (from, w) = of(i);
        each(row, [from], |to, [x]| *to = w * x);
    });
    let mut y = tape.pool().stale(&[]);
    let product = |[x, wx]: [T; 2], _: [T; 0]| [x * wx];
    y.fill(T::of(0.5) * total(product, tape.pool().values(), [&rows, &weighted]));
    tape.record(&[table], y, L2Rows { order, rows: weighted })
}

/// The backward pass of both: the rows, by their weights.
struct L2Rows<T: Real> {
    order: Arc<IdGroups>,
    rows: Scratch<T>,
}

impl<T: Real> Backward<T> for L2Rows<T> {
    fn name(&self) -> &'static str {
        "l2_rows"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.to_slice().expect("standard layout")[0];
        let width = io.input(0).shape()[1];
        io.add_rows(0, &self.order.unique, |i, sum| {
            each(sum, [&self.rows[i * width..]], |s, [x]| *s += dy * x);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, params, value};
    use super::*;
    use crate::check::{assert_gradients, mix};
    use crate::{Grad, Mode, ParamKind, ParamStore, Pool, Tape};
    use ndarray::{Array1, array};

    const LABELS: [f32; 4] = [0.0, 1.0, 1.0, 0.25];

    #[test]
    fn gradients() {
        check([&[4]], |[z]| bce_with_logits(z, &LABELS, None));
        check([&[4, 1]], |[z]| bce_with_logits(z, &LABELS, Some(&[0.5, 0.0, 2.0, 1.0])));
        check([&[0, 1]], |[z]| bce_with_logits(z, &[], None));
        check([&[4]], |[z]| bce_with_logits(z, &LABELS, Some(&[0.0; 4])));
        check([&[4, 5]], |[x]| l2(x));
        check([&[4, 2]], |[x]| l2_rows(x, &[3, 1, 3]));
        check([&[4, 2]], |[x]| weighted_l2_rows(x, &[3, 1, 3], &[9.0, 0.5, 7.0, 2.0]));
    }

    #[test]
    fn values() {
        let z = || [of(array![1e4, -1e4, 0.0, 0.0])];
        let loss = |weights: Option<&[f32]>| value(z(), |[z]| bce_with_logits(z, &LABELS, weights)).sum();
        approx::assert_relative_eq!(loss(None), (2e4 + 2.0 * 2f64.ln()) / 4.0, max_relative = 1e-15);
        approx::assert_relative_eq!(loss(Some(&[0.0, 0.0, 1.0, 3.0])), 2f64.ln(), max_relative = 1e-15);
        assert_eq!(loss(Some(&[0.0; 4])), 0.0);
        assert_eq!(value([of(Array1::zeros(0))], |[z]| bce_with_logits(z, &[], None)).sum(), 0.0);
        assert_eq!(value([of(array![3.0, 4.0])], |[x]| l2(x)).sum(), 12.5);
    }

    #[test]
    fn nothing_to_weigh_gives_no_gradient() {
        let (params, pool) = (params(&[&[4]]), Pool::new());
        let id = params.ids().next().expect("one parameter");
        let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
        let loss = bce_with_logits(tape.param(id), &LABELS, Some(&[0.0; 4]));
        assert_eq!(tape.backward(loss).get(id), None);
    }

    #[test]
    fn touched_rows_count_once() {
        let mut params = ParamStore::new();
        let table = params.add("item", ParamKind::Rows, of(array![[1.0, 2.0], [7.0, 7.0], [3.0, 4.0]]));
        assert_gradients(&params, |tape| mix(l2_rows(tape.param(table), &[2, 0, 2])));
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
        let loss = l2_rows(tape.param(table), &[2, 0, 2]);
        assert_eq!(loss.scalar(), 15.0);
        let weighted = weighted_l2_rows(tape.param(table), &[2, 0, 2], &[2.0, 9.0, 0.5]);
        assert_eq!(weighted.scalar(), 5.0 + 6.25);
        let expected = Grad::Rows { ids: vec![0, 2], rows: array![[1.0, 2.0], [3.0, 4.0]] };
        assert_eq!(tape.backward(loss).get(table), Some(&expected));
    }
}
