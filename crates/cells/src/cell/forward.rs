//! A chunk through time.

use dien_tensor::Real;
use dien_tensor::gemm::block::{Block, product};
use dien_tensor::simd::{Kernel, Simd, math};

use super::Kind;
use crate::{LANES, Packed};

/// What the forward pass keeps for the backward pass, per hidden unit: r, u, c and U_c h + b_hc.
pub(crate) const SAVED: usize = 4;

/// One chunk's steps. All slices are the chunk's own part.
pub(crate) struct Forward<'a, T> {
    pub kind: Kind,
    pub packed: &'a Packed,
    pub chunk: usize,
    pub hidden: usize,
    /// Recurrent weights `[3 hidden, hidden]`, biases `[3 hidden]` and `[hidden]`; gate order r, u, c.
    pub u: &'a [T],
    pub b: &'a [T],
    pub b_hc: &'a [T],
    /// W x of the three gates, without bias: `[steps, 3 hidden, LANES]`.
    pub gates: &'a [T],
    /// Attention scores `[steps, LANES]`.
    pub a: Option<&'a [T]>,
    /// The state, `[hidden, LANES]`: on entry the initial one, on return each lane's last.
    pub h: &'a mut [T],
    /// U h, `[3 hidden, LANES]`.
    pub recurrent: &'a mut [T],
    /// Every state, `[steps, hidden, LANES]`, if wanted.
    pub states: Option<&'a mut [T]>,
    /// `[steps, SAVED, hidden, LANES]`, if wanted.
    pub saved: Option<&'a mut [T]>,
}

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let size = self.hidden * LANES;
        for (step, block) in self.packed.chunk(self.chunk).enumerate() {
            let (active, width) = (self.packed.active(block), self.packed.width(block));
            self.recur::<S>(width);
            self.gates::<S>(step, active, width);
            if let Some(states) = &mut self.states {
                states[step * size..][..size].copy_from_slice(self.h);
            }
        }
    }
}

impl<T: Real> Forward<'_, T> {
    /// U h for the gates in use.
    #[inline(always)]
    fn recur<S: Simd>(&mut self, width: usize) {
        let (n, u) = (self.hidden, self.u);
        let h = Block::new(&*self.h, LANES);
        if self.kind.has_update() {
            product::<T, S>(3 * n, width, n, Block::new(u, n), h, self.recurrent, LANES, false);
        } else {
            product::<T, S>(n, width, n, Block::new(u, n), h, self.recurrent, LANES, false);
            let (u_c, to) = (&u[2 * n * n..], &mut self.recurrent[2 * n * LANES..]);
            product::<T, S>(n, width, n, Block::new(u_c, n), h, to, LANES, false);
        }
    }

    /// The gates of one step, and the new state of its active lanes. One simple loop a quantity: each vectorises.
    #[inline(always)]
    fn gates<S: Simd>(&mut self, step: usize, active: usize, width: usize) {
        let (n, kind) = (self.hidden, self.kind);
        let ones = [T::one(); LANES];
        let a = match self.a {
            Some(scores) => &scores[step * LANES..][..width],
            None => &ones[..width],
        };
        let scale = if kind.scales_input() { a } else { &ones[..width] };
        let gates = &self.gates[step * 3 * n * LANES..][..3 * n * LANES];
        let mut planes = [[T::zero(); LANES]; SAVED];
        for i in 0..n {
            let x = |gate: usize| lanes(gates, gate * n + i, width);
            let h = |gate: usize| lanes(self.recurrent, gate * n + i, width);
            let b = |gate: usize| self.b[gate * n + i];
            let [r, u, c, q] = planes.each_mut().map(|plane| &mut plane[..width]);
            gate::<T, S>(r, x(0), h(0), scale, b(0));
            if kind.has_update() {
                gate::<T, S>(u, x(1), h(1), scale, b(1));
            }
            let (b_c, b_hc) = (b(2), self.b_hc[i]);
            for (((((c, q), &r), &x), &h), &s) in
                c.iter_mut().zip(&mut *q).zip(&*r).zip(x(2)).zip(h(2)).zip(scale)
            {
                *q = h + b_hc;
                *c = math::tanh::<T, S>(math::mul_add::<T, S>(r, *q, math::mul_add::<T, S>(s, x, b_c)));
            }
            let mut w = [T::zero(); LANES];
            candidate_weights(kind, &mut w[..width], u, a);
            // Finished lanes keep their state.
            let state = &mut self.h[i * LANES..][..active];
            for ((h, &w), &c) in state.iter_mut().zip(&w).zip(&*c) {
                *h = math::mul_add::<T, S>(w, c - *h, *h);
            }
            if let Some(saved) = &mut self.saved {
                for (plane, kept) in planes.iter().enumerate() {
                    saved[((step * SAVED + plane) * n + i) * LANES..][..width]
                        .copy_from_slice(&kept[..width]);
                }
            }
        }
    }
}

/// A row's first `width` lanes.
#[inline(always)]
pub(super) fn lanes<T>(data: &[T], row: usize, width: usize) -> &[T] {
    &data[row * LANES..][..width]
}

/// σ(s x + h + b)
#[inline(always)]
fn gate<T: Real, S: Simd>(to: &mut [T], x: &[T], h: &[T], scale: &[T], b: T) {
    for (((to, &x), &h), &s) in to.iter_mut().zip(x).zip(h).zip(scale) {
        *to = math::sigmoid::<T, S>(math::mul_add::<T, S>(s, x, h + b));
    }
}

/// [`Kind::candidate_weight`] of each lane, the kind chosen outside the loop.
#[inline(always)]
pub(super) fn candidate_weights<T: Real>(kind: Kind, w: &mut [T], u: &[T], a: &[T]) {
    macro_rules! each {
        ($kind:expr) => {
            for ((w, &u), &a) in w.iter_mut().zip(u).zip(a) {
                *w = $kind.candidate_weight(u, a);
            }
        };
    }
    match kind {
        Kind::Gru => each!(Kind::Gru),
        Kind::Aigru => each!(Kind::Aigru),
        Kind::Agru => each!(Kind::Agru),
        Kind::Augru => each!(Kind::Augru),
        Kind::AugruOfficial => each!(Kind::AugruOfficial),
    }
}
