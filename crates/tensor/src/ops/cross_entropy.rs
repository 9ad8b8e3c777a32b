//! Cross-entropy over classes, from logits.

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Scratch, Var};
use dien_kernels::par::for_rows;

/// −mean over the rows of log softmax(`logits`)\[target\] for `logits` `[n, classes]` and a class for each
/// row: `[]`. If there are no rows it is exactly 0, without a gradient. For two classes by one logit see
/// [`bce_with_logits`](super::bce_with_logits).
///
/// Computed as (max − xₜ) + ln Σ e^(x − max), which neither overflows nor cancels.
///
/// # Panics
/// If `logits` is not a matrix, there is not one target a row, or a target is not below `classes`.
#[track_caller]
pub fn cross_entropy<'t, T: Real>(logits: Var<'t, T>, targets: &[u32]) -> Var<'t, T> {
    let (tape, (n, classes), x) = (logits.tape(), logits.view2().dim(), logits.data());
    assert!(targets.len() == n, "cross_entropy: logits {:?}, {} targets", logits.shape(), targets.len());
    if let Some(row) = targets.iter().position(|&target| target as usize >= classes) {
        panic!("cross_entropy: target {} of row {row} is beyond {classes} classes", targets[row]);
    }
    // By row: the maximum, ln Σ e^(x − max), and the loss.
    let mut rows = tape.pool().scratch(3 * n);
    for_rows(3, &mut rows, &|i, row| {
        let x = &x[i * classes..][..classes];
        let max = x.iter().copied().fold(T::neg_infinity(), T::max);
        let log_sum = x.iter().fold(T::zero(), |sum, &x| sum + (x - max).exp()).ln();
        row.copy_from_slice(&[max, log_sum, max - x[targets[i] as usize] + log_sum]);
    });
    let share = T::of(1.0 / n.max(1) as f64);
    let mut y = tape.pool().stale(&[]);
    y.fill(share * rows.chunks_exact(3).fold(T::zero(), |sum, row| sum + row[2]));
    let targets = tape.pool().indices().copied(if tape.records() { targets } else { &[] });
    tape.record(&[logits], y, CrossEntropy { rows, targets })
}

struct CrossEntropy<T: Real> {
    /// By row: the maximum, ln Σ e^(x − max), and the loss.
    rows: Scratch<T>,
    targets: Scratch<u32>,
}

/// dx = (softmax(x) − 1 at the target) dy / n
impl<T: Real> Backward<T> for CrossEntropy<T> {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (n, classes) = (self.targets.len(), io.input(0).shape()[1]);
        let x = io.input_data(0);
        let scale = dy.to_slice().expect("standard layout")[0] * T::of(1.0 / n.max(1) as f64);
        if n == 0 {
            return;
        }
        add_grad(io, 0, |dx| {
            for_rows(classes, dx, &|i, dx| {
                let (x, row) = (&x[i * classes..], &self.rows[3 * i..][..3]);
                let softmax = |x: T| (x - row[0] - row[1]).exp();
                dx.iter_mut().zip(x).for_each(|(dx, &x)| *dx = scale * softmax(x));
                dx[self.targets[i] as usize] -= scale;
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, params, value};
    use super::super::{gather, log_softmax, mean, reshape, scale};
    use super::*;
    use crate::{Mode, Pool, Tape};
    use ndarray::{Array2, array};

    #[test]
    fn gradients() {
        check([&[4, 3]], |[x]| cross_entropy(x, &[2, 0, 1, 1]));
        check([&[2, 1]], |[x]| cross_entropy(x, &[0, 0]));
        check([&[0, 3]], |[x]| cross_entropy(x, &[]));
    }

    #[test]
    fn is_the_mean_of_the_log_softmax_at_the_targets() {
        let x = || [of(array![[0.3, -1.0, 2.0], [1e4, -1e4, 0.0]])];
        let loss = value(x(), |[x]| cross_entropy(x, &[0, 1])).sum();
        let expected = value(x(), |[x]| {
            let flat = reshape(log_softmax(x, 1), &[6, 1]);
            scale(mean(gather(flat, &[0, 4])), -1.0)
        });
        approx::assert_relative_eq!(loss, expected.sum(), max_relative = 1e-15);
        assert_eq!(value([of(Array2::zeros((0, 3)))], |[x]| cross_entropy(x, &[])).sum(), 0.0);
        assert!(value([of(array![[0.0, f64::NAN]])], |[x]| cross_entropy(x, &[0])).sum().is_nan());
    }

    #[test]
    fn no_rows_give_no_gradient() {
        let (params, pool) = (params(&[&[0, 3]]), Pool::new());
        let id = params.ids().next().expect("one parameter");
        let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
        assert_eq!(tape.backward(cross_entropy(tape.param(id), &[])).get(id), None);
    }

    #[test]
    #[should_panic(expected = "cross_entropy: target 3 of row 1 is beyond 3 classes")]
    fn targets_are_checked() {
        value([of(array![[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]])], |[x]| cross_entropy(x, &[1, 3]));
    }
}
