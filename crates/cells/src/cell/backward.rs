//! A chunk back through time.

use dien_kernels::gemm::epilogue::StoreBetween;
use dien_kernels::gemm::{Block, Panels, Store, product};
use dien_kernels::simd::{Kernel, Simd, transpose};
use dien_tensor::Real;

use super::CellKind;
use super::ahead::Ahead;
use super::layout::HELD_STRIDE;
use super::layout::SAVED;
use super::slopes::Slopes;
use super::sums::{Held, Sizes};
use crate::{LANES, Packed};

/// One chunk's way back. All slices are the chunk's own part.
pub(super) struct Backward<'a, T> {
    pub kind: CellKind,
    pub packed: &'a Packed,
    pub chunk: usize,
    pub sizes: Sizes,
    /// U transposed, `[hidden, 3 hidden]`, in the order c, r, u; in panels.
    pub u_t: &'a [T],
    /// W transposed, `[inputs, 3 hidden]`, in the order r, u, c; in panels, empty if the input gates are
    /// given.
    pub w_t: &'a [T],
    /// Events `[steps, inputs, LANES]`, or the given gates `[steps, 3 hidden, LANES]`.
    pub input: &'a [T],
    /// Attention scores `[steps, LANES]`.
    pub a: Option<&'a [T]>,
    /// The initial state, `[hidden, LANES]`.
    pub h0: &'a [T],
    pub states: &'a [T],
    pub saved: &'a [T],
    /// The gradient of every state, if the states were the value.
    pub d_states: Option<&'a [T]>,
    /// On entry the gradient of the last states, on return that of the initial state.
    pub dh: &'a mut [T],
    /// The gradient of the input, overwritten in the lanes that are computed.
    pub d_input: &'a mut [T],
    /// The gradient of the scores, `[steps, LANES]`, overwritten.
    pub da: &'a mut [T],
    /// `[Sizes::scratch]`
    pub scratch: &'a mut [T],
    /// The chunk's sums, `[Sizes::sums]`, overwritten: see [`Sizes`].
    pub sums: &'a mut [T],
}

impl<T: Real> Kernel<T> for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Backward { kind, packed, sizes, input, a, h0, states, saved, d_states, dh, d_input, da, .. } =
            self;
        let (n, inputs, stride) = (sizes.hidden, sizes.inputs, sizes.stride());
        let (size, input_size) = (n * LANES, sizes.features() * LANES);
        let (of_u, of_w) = (Panels::new(S::LEVEL, n, 3 * n), Panels::new(S::LEVEL, inputs, 3 * n));
        let ones = [T::one(); LANES];
        let (d, rows) = self.scratch.split_at_mut(sizes.held());
        let (weights, bias) = self.sums.split_at_mut(sizes.weights());
        // Between the steps that are held are lanes whose gradients are zero, and rows that must be finite.
        rows.fill(T::zero());
        bias.fill(T::zero());
        if packed.chunk(self.chunk).is_empty() {
            weights.fill(T::zero());
        }
        let mut add = false;
        let mut held = Held::default();
        for (step, block) in packed.chunk(self.chunk).enumerate().rev() {
            let (active, width, first) = (packed.active(block), packed.width(block), held.first());
            let before = step.saturating_sub(1);
            let a = a.map_or(&ones[..], |a| &a[step * LANES..][..LANES]);
            let (d_before, d_input) = d_input.split_at_mut(step * input_size);
            let d_input = &mut d_input[..input_size];
            let da = &mut da[step * LANES..][..LANES];
            let h = if step == 0 { h0 } else { &states[before * size..][..size] };
            let mut ahead = Ahead {
                parts: [
                    &saved[before * SAVED * size..][..SAVED * size],
                    &states[before.saturating_sub(1) * size..][..size],
                    d_states.map_or(&[], |d| &d[before * size..][..size]),
                    &input[before * input_size..][..input_size],
                    &d_before[before * input_size..],
                ],
            };
            let mut fetch = || ahead.fetch();
            let slopes = Slopes {
                kind,
                hidden: n,
                active,
                width,
                a,
                h,
                saved: &saved[step * SAVED * size..][..SAVED * size],
                d_state: d_states.map(|d| &d[step * size..][..size]),
                dh,
                d,
                first,
                da,
                bias,
            };
            S::vectors(slopes);
            let to = StoreBetween { store: Store::add(&mut *dh, LANES), between: &mut fetch };
            let dims = (n, width, 3 * n);
            product::<T, S, _, _>(dims, of_u.packed(self.u_t), Block::new(&d[first..], HELD_STRIDE), to);
            let of_input = &d[n * HELD_STRIDE..];
            let rows_now = &mut rows[first * stride..];
            transpose::<T, S>(h, LANES, (n, active), &mut rows_now[inputs..], stride);
            let input = &input[step * input_size..][..input_size];
            if inputs > 0 {
                let to = StoreBetween { store: Store::new(&mut *d_input, LANES), between: &mut fetch };
                let d = Block::new(&of_input[first..], HELD_STRIDE);
                product::<T, S, _, _>((inputs, width, 3 * n), of_w.packed(self.w_t), d, to);
                transpose::<T, S>(input, LANES, (inputs, active), rows_now, stride);
                if kind.scales_input() {
                    scale_events(input, d_input, a, da, rows_now, stride, (active, width));
                }
            } else if kind.scales_input() {
                scale_gates(input, &of_input[first..], d_input, a, da, width);
            } else {
                for (to, d) in d_input.chunks_exact_mut(LANES).zip(of_input[first..].chunks(HELD_STRIDE)) {
                    to[..width].copy_from_slice(&d[..width]);
                }
            }
            held.hold(active);
            if held.is_full() || step == 0 {
                held.add_products::<T, S>(sizes, d, rows, weights, add, &mut fetch);
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
    for (dx, x) in dx.chunks_exact_mut(LANES).zip(x.chunks_exact(LANES)) {
        for v in 0..active {
            da[v] += dx[v] * x[v];
        }
        for v in 0..width {
            dx[v] *= a[v];
        }
    }
    for (row, &a) in rows.chunks_exact_mut(stride).zip(a).take(active) {
        row[..inputs].iter_mut().for_each(|x| *x *= a);
    }
}

/// The gates' inputs are a·g: from the gradient of a·g to those of g and a.
#[inline(always)]
fn scale_gates<T: Real>(gates: &[T], d: &[T], to: &mut [T], a: &[T], da: &mut [T], width: usize) {
    let rows = to.chunks_exact_mut(LANES).zip(gates.chunks_exact(LANES)).zip(d.chunks(HELD_STRIDE));
    for ((to, gates), d) in rows {
        for v in 0..width {
            da[v] += d[v] * gates[v];
            to[v] = d[v] * a[v];
        }
    }
}
