//! The statistics of a batch that Dice and batch normalisation share.

use crate::{ParamId, Real, Scratch, Tape, Var};
use dien_kernels::inline::each;
use dien_kernels::sums::sum_columns;

/// How far a running statistic moves towards the batch's.
const MOMENTUM: f64 = 0.1;

/// What normalises each column of `[n, m]`.
pub(super) struct BatchStats<T: Real> {
    /// `[m]`
    pub mean: Scratch<T>,
    /// 1/√(Var + ε), `[m]`
    pub rstd: Scratch<T>,
    /// Whether they are the batch's own, so that a gradient flows through them.
    pub of_batch: bool,
}

impl<T: Real> BatchStats<T> {
    /// The batch's mean and biased variance in training, and the running ones move; the batch's alone in an
    /// evaluation by batch; else the running ones.
    ///
    /// A batch of one has no variance: it uses the running statistics and leaves them as they are.
    ///
    /// # Panics
    /// If `x` is not `[n, m]` or a running statistic not `[m]`.
    #[track_caller]
    pub fn new(op: &str, x: Var<'_, T>, running: [ParamId; 2], epsilon: f64) -> Self {
        let tape = x.tape();
        let &[n, m] = x.shape() else { panic!("{op}: expected [n, m], found {:?}", x.shape()) };
        let of_batch = tape.uses_batch_statistics() && n > 1;
        for id in running {
            let (shape, name) = (tape.params().shape(id), tape.params().name(id));
            assert!(shape == [m], "{op}: input {:?}, {name} {shape:?}", x.shape());
        }
        let pool = tape.pool();
        let (mean, mut rstd) = if of_batch {
            let count = T::of(n as f64);
            let mut mean = sum_columns(|[x]: [T; 1], _: [T; 0]| [x], pool.values(), m, [x.data()], []);
            mean[..m].iter_mut().for_each(|s| *s /= count);
            // A second pass: the difference of squares would cancel.
            let square = |[x]: [T; 1], [mean]: [T; 1]| [(x - mean) * (x - mean)];
            let mut var = sum_columns(square, pool.values(), m, [x.data()], [&mean]);
            var[..m].iter_mut().for_each(|s| *s /= count);
            if tape.is_training() {
                let unbiased = n as f64 / (n as f64 - 1.0);
                move_running(tape, running[0], &mean[..m], 1.0);
                move_running(tape, running[1], &var[..m], unbiased);
            }
            (mean, var)
        } else {
            let [mean, var] = running.map(|id| {
                let mut copy = pool.scratch(m);
                copy.copy_from_slice(tape.params().data(id));
                copy
            });
            (mean, var)
        };
        let epsilon = T::of(epsilon);
        rstd[..m].iter_mut().for_each(|v| *v = (*v + epsilon).sqrt().recip());
        BatchStats { mean, rstd, of_batch }
    }
}

/// Moves a running statistic towards `scale` times the batch's.
fn move_running<T: Real>(tape: &Tape<'_, T>, id: ParamId, batch: &[T], scale: f64) {
    let (keep, take) = (T::of(1.0 - MOMENTUM), T::of(MOMENTUM * scale));
    tape.update_with(id, |old, new| {
        each(new, [old, batch], |new, [old, batch]| *new = keep * old + take * batch);
    });
}
