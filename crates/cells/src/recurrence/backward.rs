//! A chunk back through time.

use dien_kernels::gemm::epilogue::StoreBetween;
use dien_kernels::gemm::{Block, Panels, Store, product};
use dien_kernels::inline::{copy, fill, zip};
use dien_kernels::simd::{Kernel, Simd, transpose};
use dien_tensor::Real;

use super::Recurrence;
use super::deferred::DeferredLanes;
use super::derivatives::Step;
use super::layout::DEFERRED_STRIDE;
use super::prefetch::Prefetch;
use super::sizes::Sizes;
use crate::{LANES, Packed};

/// One chunk's way back. All slices are the chunk's own part; a state has `STATES hidden` rows.
pub(super) struct Backward<'a, T, R> {
    pub recurrence: R,
    pub packed: &'a Packed,
    pub chunk: usize,
    pub sizes: Sizes,
    /// U transposed, `[hidden, GATES hidden]`, in panels; a split gate comes first.
    pub u_t: &'a [T],
    /// W transposed, `[inputs, GATES hidden]`, in panels; empty if the input gates are given.
    pub w_t: &'a [T],
    /// Events `[steps, inputs, LANES]`, or the given gates `[steps, GATES hidden, LANES]`.
    pub input: &'a [T],
    /// Scores `[steps, LANES]`.
    pub score: Option<&'a [T]>,
    /// The initial state.
    pub initial: &'a [T],
    /// Every state, `[steps]`.
    pub states: &'a [T],
    /// `[steps, hidden, SAVED, LANES]`
    pub saved: &'a [T],
    /// The gradient of every state, if the states were the value.
    pub d_states: Option<&'a [T]>,
    /// On entry the gradient of the last states, on return that of the initial state.
    pub carried: &'a mut [T],
    /// The gradient of the input, overwritten in the lanes that are computed.
    pub d_input: &'a mut [T],
    /// The gradient of the scores, `[steps, LANES]`, overwritten.
    pub d_score: &'a mut [T],
    /// `[Sizes::scratch]`
    pub scratch: &'a mut [T],
    /// The chunk's sums, `[Sizes::chunk]`, overwritten: see [`Sizes`].
    pub sums: &'a mut [T],
}

impl<T: Real, R: Recurrence> Kernel<T> for Backward<'_, T, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Backward { recurrence, packed, sizes, input, score, states, saved, d_states, .. } = self;
        let Backward { carried, d_input, d_score, .. } = self;
        let (n, inputs, gates, stride) =
            (sizes.hidden, sizes.inputs, R::GATES * sizes.hidden, sizes.stride());
        let (state, input_size) = (R::STATES * n * LANES, sizes.features() * LANES);
        let saved_size = R::SAVED * n * LANES;
        let (of_u, of_w) = (Panels::new(S::LEVEL, n, gates), Panels::new(S::LEVEL, inputs, gates));
        let ones = [T::one(); LANES];
        let (d, rows) = self.scratch.split_at_mut(sizes.deferred());
        let (weights, bias) = self.sums.split_at_mut(sizes.weights());
        // Between the steps that wait are lanes whose gradients are zero, and rows that must be finite.
        fill(rows, T::zero());
        fill(bias, T::zero());
        if packed.chunk(self.chunk).is_empty() {
            fill(weights, T::zero());
        }
        let mut add = false;
        let mut deferred = DeferredLanes::default();
        for (step, block) in packed.chunk(self.chunk).enumerate().rev() {
            let (active, width, first) = (packed.active(block), packed.width(block), deferred.first());
            let before = step.saturating_sub(1);
            let score = score.map_or(&ones[..], |score| &score[step * LANES..][..LANES]);
            let (d_before, d_input) = d_input.split_at_mut(step * input_size);
            let d_input = &mut d_input[..input_size];
            let d_score = &mut d_score[step * LANES..][..LANES];
            let h = if step == 0 { self.initial } else { &states[before * state..][..state] };
            let mut ahead = Prefetch {
                parts: [
                    &saved[before * saved_size..][..saved_size],
                    &states[before.saturating_sub(1) * state..][..state],
                    d_states.map_or(&[], |d| &d[before * state..][..state]),
                    &input[before * input_size..][..input_size],
                    &d_before[before * input_size..],
                ],
            };
            let mut fetch = || ahead.fetch();
            S::vectors(Step {
                recurrence,
                hidden: n,
                active,
                width,
                score,
                before: h,
                saved: &saved[step * saved_size..][..saved_size],
                d_state: d_states.map(|d| &d[step * state..][..state]),
                carried,
                d,
                first,
                d_score,
                bias,
            });
            let to = StoreBetween { store: Store::add(&mut *carried, LANES), between: &mut fetch };
            let d_u = Block::new(&d[first..], DEFERRED_STRIDE);
            product::<T, S, _, _>((n, width, gates), of_u.packed(self.u_t), d_u, to);
            let of_input = &d[usize::from(R::SPLIT) * n * DEFERRED_STRIDE..];
            let rows_now = &mut rows[first * stride..];
            transpose::<T, S>(h, LANES, (n, active), &mut rows_now[inputs..], stride);
            let input = &input[step * input_size..][..input_size];
            if inputs > 0 {
                let to = StoreBetween { store: Store::new(&mut *d_input, LANES), between: &mut fetch };
                let d = Block::new(&of_input[first..], DEFERRED_STRIDE);
                product::<T, S, _, _>((inputs, width, gates), of_w.packed(self.w_t), d, to);
                transpose::<T, S>(input, LANES, (inputs, active), rows_now, stride);
                if recurrence.scales_input() {
                    scale_events(input, d_input, score, d_score, rows_now, stride, (active, width));
                }
            } else if recurrence.scales_input() {
                scale_gates(input, &of_input[first..], d_input, score, d_score, width);
            } else {
                let rows = of_input[first..].chunks(DEFERRED_STRIDE);
                for (to, d) in zip(d_input.chunks_exact_mut(LANES), rows) {
                    copy(&d[..width], &mut to[..width]);
                }
            }
            deferred.add(active);
            if deferred.is_full() || step == 0 {
                deferred.add_products::<T, S>(sizes, d, rows, weights, add, &mut fetch);
                add = true;
            }
        }
    }
}

/// The input is a·x: from the gradient of a·x to those of x and a, and the rows of x to those of a·x.
#[inline(always)]
fn scale_events<T: Real>(
    x: &[T],
    dx: &mut [T],
    a: &[T],
    da: &mut [T],
    rows: &mut [T],
    stride: usize,
    (active, width): (usize, usize),
) {
    let inputs = x.len() / LANES;
    for (dx, x) in zip(dx.chunks_exact_mut(LANES), x.chunks_exact(LANES)) {
        for v in 0..active {
            da[v] += dx[v] * x[v];
        }
        for v in 0..width {
            dx[v] *= a[v];
        }
    }
    for (row, &a) in zip(rows.chunks_exact_mut(stride), &a[..active]) {
        row[..inputs].iter_mut().for_each(|x| *x *= a);
    }
}

/// The gates' inputs are a·g: from the gradient of a·g to those of g and a.
#[inline(always)]
fn scale_gates<T: Real>(gates: &[T], d: &[T], to: &mut [T], a: &[T], da: &mut [T], width: usize) {
    let rows = zip(gates.chunks_exact(LANES), d.chunks(DEFERRED_STRIDE));
    for (to, (gates, d)) in zip(to.chunks_exact_mut(LANES), rows) {
        for v in 0..width {
            da[v] += d[v] * gates[v];
            to[v] = d[v] * a[v];
        }
    }
}
