//! The loss as one node on the tape.

use std::sync::Arc;

use dien_kernels::inline::{each, zip};
use dien_kernels::par::for_tasks;
use dien_kernels::reduce::sum_parts;
use dien_kernels::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::{Backward, GradSlot, OpGrads, Real, Scratch, Var};
use ndarray::{ArrayD, ArrayViewD};

use super::mlp::Widths;
use super::pair_tile::Pairs;
use super::rows::{padded, total};
use super::task::{Problem, Score, tasks};
use super::{Loss, carve};
use crate::lanes::listed::Listed;
use crate::{LANES, Packed, per_block, per_task};

/// How a score's sums are the gradients of its parameters.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    Mlp(Widths),
    /// The widths of an interest and of an event.
    InnerProduct(usize, usize),
}

/// The op's inputs, in order: interests, events, negatives, parameters.
struct Auxiliary<T: Real> {
    layout: Layout,
    /// The true events and each negative.
    events: usize,
    /// None if the loss is 0 whatever the parameters.
    gradients: Option<Gradients<T>>,
}

/// The gradients where dy = 1.
struct Gradients<T: Real> {
    /// Of the parameters, as the score lays them out.
    sums: Scratch<T>,
    /// Of each block's predecessor in the interests.
    before: Scratch<T>,
    /// Of all events: within a block first the true ones, then each negative.
    events: Scratch<T>,
}

impl Layout {
    /// The number of parameters.
    fn params(self) -> usize {
        match self {
            Layout::Mlp(_) => 6,
            Layout::InnerProduct(..) => 1,
        }
    }
}

/// The loss of interests, events, negatives and the score's parameters, in this order.
#[track_caller]
pub(super) fn record<'t, T: Real, S: Score<T>>(
    loss: Loss,
    score: S,
    layout: Layout,
    inputs: &[Var<'t, T>],
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let (interests, all_events) = (inputs[0], &inputs[1..inputs.len() - layout.params()]);
    for n in &all_events[1..] {
        assert_eq!(n.shape(), all_events[0].shape(), "auxiliary loss: negatives");
    }
    let events = Listed::of(all_events.iter().map(|e| e.data()));
    let (value, gradients) = compute(loss, score, interests, &events, packed);
    interests.tape().record(inputs, value, Auxiliary { layout, events: all_events.len(), gradients })
}

/// The loss and, where the tape records, its gradients.
fn compute<T: Real, S: Score<T>>(
    loss: Loss,
    score: S,
    interests: Var<'_, T>,
    events: &[&[T]],
    packed: &Packed,
) -> (ArrayD<T>, Option<Gradients<T>>) {
    let (tape, hidden) = (interests.tape(), interests.shape()[1]);
    let pool = tape.pool();
    let mut value = pool.zeros(&[]);
    let pairs = Pairs::new(packed, 0..packed.blocks()).count();
    // Among one, InfoNCE knows which it is.
    if pairs == 0 || (loss == Loss::InfoNce && events.len() == 1) {
        return (value, None);
    }
    let widths = (hidden, events[0].len() / (packed.blocks() * LANES));
    let problem = Problem { loss, packed, score, interests: interests.data(), events, widths, pairs, pool };
    let mut losses = pool.scratch(tasks(pairs));
    let gradients = if tape.records() {
        Some(with_gradients(&problem, &mut losses))
    } else {
        problem.run(per_task(&mut losses[..], 1), None);
        None
    };
    sum_parts(&mut losses, 1);
    value.fill(losses[0] / T::of(pairs as f64));
    (value, gradients)
}

/// Computes each task's sum of losses, and the gradients.
fn with_gradients<T: Real, S: Score<T>>(problem: &Problem<'_, T, S>, losses: &mut [T]) -> Gradients<T> {
    let ((hidden, event), pool) = (problem.widths, problem.pool);
    let (blocks, tasks) = (problem.packed.blocks(), losses.len());
    let (size, features) = (problem.score.sums(), event * problem.events.len());
    let mut sums = pool.scratch(tasks * size);
    let mut before = pool.scratch(blocks * hidden * LANES);
    let mut events = pool.scratch(blocks * features * LANES);
    let parts = (
        per_task(&mut sums[..], size),
        per_block(&mut before[..], hidden),
        per_block(&mut events[..], features),
    );
    problem.run(per_task(losses, 1), Some(parts));
    sum_parts(&mut sums, size);
    Gradients { sums, before, events }
}

impl<T: Real> Backward<T> for Auxiliary<T> {
    fn name(&self) -> &'static str {
        "auxiliary loss"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let Some(Gradients { sums, before, events }) = &self.gradients else { return };
        let dy = dy.to_slice().expect("standard layout")[0];
        let (hidden, event) = match self.layout {
            Layout::Mlp(Widths { hidden, event, .. }) | Layout::InnerProduct(hidden, event) => {
                (hidden, event)
            }
        };
        if let Some(GradSlot { data, add }) = io.grad_slot(0) {
            // Each chunk's first block is zero: its last state receives nothing.
            let size = hidden * LANES;
            let (dx, last) = data.split_at_mut(before.len() - size);
            add_scaled(dy, &before[size..], (size, size), GradSlot { data: dx, add });
            if !add {
                last.fill(T::zero());
            }
        }
        let size = event * LANES;
        for which in 0..self.events {
            if let Some(dx) = io.grad_slot(1 + which) {
                add_scaled(dy, &events[which * size..], (size, self.events * size), dx);
            }
        }
        let mut add = |param: usize, to: &dyn Fn(&mut [T])| {
            io.grad_data(1 + self.events + param).into_iter().for_each(to);
        };
        match self.layout {
            Layout::InnerProduct(hidden, _) => add(0, &|g| add_columns(dy, sums, (0, hidden), hidden, g)),
            Layout::Mlp(widths) => {
                let Widths { hidden, event, second, .. } = widths;
                let [w1_h, w1_e, b1, w2_t, b2, w3, b3] = carve(sums, widths.sums());
                add(0, &|g| {
                    add_columns(dy, w1_h, (0, hidden), hidden + event, g);
                    add_columns(dy, w1_e, (hidden, event), hidden + event, g);
                });
                add(2, &|g| add_transposed(dy, w2_t, second, g));
                for (param, parts) in [(1, b1), (3, b2), (4, w3), (5, b3)] {
                    let totals = parts.as_chunks().0.iter().map(total);
                    add(param, &|g| g.iter_mut().zip(totals.clone()).for_each(|(g, x)| *g += dy * x));
                }
            }
        }
    }
}

/// dx = `dy` · x, or dx += `dy` · x, for blocks of `size` elements of dx, `stride` from one to the next in x.
fn add_scaled<T: Real>(dy: T, x: &[T], (size, stride): (usize, usize), slot: GradSlot<'_, T>) {
    const BLOCKS: usize = 16;
    let GradSlot { data, add } = slot;
    let (tasks, parts) =
        (data.len().div_ceil(BLOCKS * size), (per_task(data, BLOCKS * size), per_task(x, BLOCKS * stride)));
    for_tasks(tasks, parts, &|_, (dx, x)| {
        for (dx, x) in zip(dx.chunks_exact_mut(size), x.chunks(stride)) {
            dispatch(AddScaled { dy, x: &x[..size], dx, add });
        }
    });
}

struct AddScaled<'a, T> {
    dy: T,
    x: &'a [T],
    dx: &'a mut [T],
    add: bool,
}

impl<T: Real> Kernel<T> for AddScaled<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let AddScaled { dy, x, dx, add } = self;
        if add {
            each(dx, [x], |dx, [x]| *dx = math::mul_add::<T, S>(dy, x, *dx));
        } else {
            each(dx, [x], |dx, [x]| *dx = dy * x);
        }
    }
}

/// Adds `dy` · `part`, whose rows are padded, to `columns` columns from `from` on of a weight's gradient.
fn add_columns<T: Real>(dy: T, part: &[T], (from, columns): (usize, usize), width: usize, g: &mut [T]) {
    for (g, part) in zip(g.chunks_exact_mut(width), part.chunks_exact(padded(columns))) {
        each(&mut g[from..], [&part[..columns]], |g, [p]| *g += dy * p);
    }
}

/// Adds `dy` · `part`, whose rows are padded, to the gradient of a weight of `outputs` outputs, one for each
/// column.
fn add_transposed<T: Real>(dy: T, part: &[T], outputs: usize, g: &mut [T]) {
    let inputs = g.len() / outputs;
    for (i, part) in part.chunks_exact(padded(outputs)).enumerate() {
        for (o, &p) in part[..outputs].iter().enumerate() {
            g[o * inputs + i] += dy * p;
        }
    }
}
