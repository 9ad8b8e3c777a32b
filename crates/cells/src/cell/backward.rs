//! A chunk back through time.

use dien_tensor::Real;
use dien_tensor::gemm::block::{Block, product};
use dien_tensor::simd::{Kernel, Simd};

use super::Kind;
use super::forward::{Input, SAVED};
use super::slopes::{PARTIAL, Slopes};
use crate::{LANES, Packed};

/// One chunk's way back. All slices are the chunk's own part.
pub(crate) struct Backward<'a, T> {
    pub kind: Kind,
    pub packed: &'a Packed,
    pub chunk: usize,
    pub sizes: Sizes,
    /// U transposed, `[hidden, 3 hidden]`, in the order c, r, u.
    pub u_t: &'a [T],
    /// W transposed, `[inputs, 3 hidden]`, in the order r, u, c; empty if the input gates are given.
    pub w_t: &'a [T],
    pub input: Input<'a, T>,
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
    /// The gradient of the input, overwritten in the lanes that are computed: of the events `[steps, inputs, LANES]` or of the
    /// given gates `[steps, 3 hidden, LANES]`.
    pub d_input: &'a mut [T],
    /// The gradient of the scores, `[steps, LANES]`, overwritten.
    pub da: &'a mut [T],
    /// `[Sizes::scratch]`
    pub scratch: &'a mut [T],
    /// The chunk's sums, `[Sizes::sums]`, overwritten: see [`Sizes`].
    pub sums: &'a mut [T],
}

/// The sizes of what a chunk sums up.
///
/// The weights' gradients stand in rows of `stride`: those of q, r, u and c, `hidden` rows each, and in each row the inputs'
/// columns, then the state's. q's rows have no meaning in the inputs' columns, and c's none in the state's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub hidden: usize,
    /// 0 if the input gates are given.
    pub inputs: usize,
}

/// Columns of a row are padded to whole vectors.
const VECTOR: usize = 8;

impl Sizes {
    pub fn stride(self) -> usize {
        (self.inputs + self.hidden).next_multiple_of(VECTOR)
    }

    pub fn weights(self) -> usize {
        4 * self.hidden * self.stride()
    }

    /// Weights, then the biases `[hidden, 4, PARTIAL]`.
    pub fn sums(self) -> usize {
        self.weights() + 4 * self.hidden * PARTIAL
    }

    /// The gates' gradients `[4, hidden, LANES]`, then a step's inputs and states as rows `[LANES, stride]`.
    pub fn scratch(self) -> usize {
        4 * self.hidden * LANES + LANES * self.stride()
    }
}

impl<T: Real> Kernel for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Backward { kind, packed, a, h0, states, saved, d_states, dh, d_input, da, scratch, sums, .. } =
            self;
        let Sizes { hidden: n, inputs } = self.sizes;
        let (size, stride) = (n * LANES, self.sizes.stride());
        let ones = [T::one(); LANES];
        let (d, rows) = scratch.split_at_mut(4 * size);
        rows.fill(T::zero());
        sums.fill(T::zero());
        let (weights, bias) = sums.split_at_mut(self.sizes.weights());
        for (step, block) in packed.chunk(self.chunk).enumerate().rev() {
            let (active, width) = (packed.active(block), packed.width(block));
            let h = if step == 0 { h0 } else { &states[(step - 1) * size..][..size] };
            let a = a.map_or(&ones[..], |a| &a[step * LANES..][..LANES]);
            let da = &mut da[step * LANES..][..LANES];
            let slopes = Slopes {
                kind,
                hidden: n,
                active,
                a,
                h,
                saved: &saved[step * SAVED * size..][..SAVED * size],
                d_state: d_states.map(|d| &d[step * size..][..size]),
                dh,
                d,
                da,
                bias,
            };
            if width > LANES / 2 {
                slopes.run::<S, LANES>();
            } else {
                slopes.run::<S, { LANES / 2 }>();
            }
            let d_block = Block::new(&*d, LANES);
            product::<T, S>(n, width, 3 * n, Block::new(self.u_t, 3 * n), d_block, dh, LANES, true);
            transpose_into::<T, S>(h, (n, stride), rows, inputs, active);

            let of_input = &d[size..];
            match self.input {
                Input::Events(x) => {
                    let x = &x[step * inputs * LANES..][..inputs * LANES];
                    let dx = &mut d_input[step * inputs * LANES..][..inputs * LANES];
                    let of_input = Block::new(of_input, LANES);
                    product::<T, S>(
                        inputs,
                        width,
                        3 * n,
                        Block::new(self.w_t, 3 * n),
                        of_input,
                        dx,
                        LANES,
                        false,
                    );
                    transpose_into::<T, S>(x, (inputs, stride), rows, 0, active);
                    if kind.scales_input() {
                        scale_events(x, dx, a, da, rows, stride, (active, width));
                    }
                    let rows = Block::new(&*rows, stride);
                    let (of_q, rest) = weights.split_at_mut(n * stride);
                    let (of_gates, of_c) = rest.split_at_mut(2 * n * stride);
                    // Whole vectors of columns: some of the neighbour's are computed too, and never read.
                    let first = inputs / VECTOR * VECTOR;
                    let state = Block::new(&rows.data[first..], stride);
                    product::<T, S>(
                        n,
                        stride - first,
                        active,
                        d_block,
                        state,
                        &mut of_q[first..],
                        stride,
                        true,
                    );
                    let d_gates = Block::new(&d[size..], LANES);
                    product::<T, S>(2 * n, stride, active, d_gates, rows, of_gates, stride, true);
                    let (d_c, columns) = (Block::new(&d[3 * size..], LANES), inputs.next_multiple_of(VECTOR));
                    product::<T, S>(n, columns, active, d_c, rows, of_c, stride, true);
                }
                Input::Gates(gates) => {
                    let gates = &gates[step * 3 * size..][..3 * size];
                    let to = &mut d_input[step * 3 * size..][..3 * size];
                    if kind.scales_input() {
                        scale_gates(gates, of_input, to, a, da, width);
                    } else {
                        for (to, d) in to.chunks_exact_mut(LANES).zip(of_input.chunks_exact(LANES)) {
                            to[..width].copy_from_slice(&d[..width]);
                        }
                    }
                    product::<T, S>(
                        3 * n,
                        stride,
                        active,
                        d_block,
                        Block::new(&*rows, stride),
                        weights,
                        stride,
                        true,
                    );
                }
            }
        }
    }
}

/// The first lanes of a block `[features, LANES]` into columns `at..` of rows `[LANES, stride]`.
#[inline(always)]
fn transpose_into<T: Real, S: Simd>(
    block: &[T],
    (features, stride): (usize, usize),
    rows: &mut [T],
    at: usize,
    lanes: usize,
) {
    dien_tensor::simd::transpose::<T, S>(block, LANES, (features, lanes), &mut rows[at..], stride);
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
    let rows = to.chunks_exact_mut(LANES).zip(gates.chunks_exact(LANES)).zip(d.chunks_exact(LANES));
    for ((to, gates), d) in rows {
        for v in 0..width {
            da[v] += d[v] * gates[v];
            to[v] = d[v] * a[v];
        }
    }
}
