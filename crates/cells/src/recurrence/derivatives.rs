//! From the gradient of a step's states to those of its z.

use dien_kernels::inline::{copy, each, fill};
use dien_kernels::simd::{Simd, Vectors};
use dien_tensor::Real;

use super::Recurrence;
use super::layout::{DEFERRED_STRIDE, MAX_PLANES, MAX_STATES, PARTIAL};
use super::sizes::sums;
use super::views::Saved;
use crate::LANES;

/// One step of a chunk on its way back.
pub(super) struct Step<'a, T, R> {
    pub recurrence: R,
    pub hidden: usize,
    /// The true lanes.
    pub active: usize,
    /// The lanes that are computed.
    pub width: usize,
    /// Scores `[LANES]`; 1 where there are none.
    pub score: &'a [T],
    /// The state before, `[STATES hidden, LANES]`.
    pub before: &'a [T],
    /// `[hidden, SAVED, LANES]`
    pub saved: &'a [T],
    /// What reaches this step's state from outside, `[STATES hidden, LANES]`, if the states were the value.
    pub d_state: Option<&'a [T]>,
    /// In: what reaches this step's state through later steps; out: what reaches the state before past the
    /// products.
    pub carried: &'a mut [T],
    /// Out: the gradient of each z, `[sums, hidden, DEFERRED_STRIDE]`, that of a split gate's recurrent
    /// product first; zero in lanes that are not true.
    pub d: &'a mut [T],
    /// The first of these lanes in `d`.
    pub first: usize,
    /// Out: the gradient of the scores, but for the input's, `[LANES]`.
    pub d_score: &'a mut [T],
    /// The same as `d` summed over steps and lanes, `[hidden, sums, PARTIAL]`: added to.
    pub bias: &'a mut [T],
}

impl<T: Real, R: Recurrence> Vectors for Step<'_, T, R> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self) {
        if self.width > LANES / 2 {
            self.lanes::<S, V, LANES>();
        } else {
            self.lanes::<S, V, { LANES / 2 }>();
        }
    }
}

impl<T: Real, R: Recurrence> Step<'_, T, R> {
    /// The first `W` lanes, `V` at a time: a multiple of [`PARTIAL`]. Whatever those past the true ones hold,
    /// their derivatives are nothing and their gradient stays.
    ///
    /// `V` lanes are copied to arrays, worked on there and copied back: between slices that might overlap the
    /// compiler would go lane by lane.
    #[inline(always)]
    fn lanes<S: Simd, const V: usize, const W: usize>(self) {
        const { assert!(V.is_multiple_of(PARTIAL), "whole partial sums") };
        let (n, zero, z) = (self.hidden, T::zero(), sums::<R>());
        let terms = self.recurrence.score_terms::<T, W>(self.score[..W].try_into().expect("W lanes"));
        let mut keep = [zero; W];
        fill(&mut keep[..self.active.min(W)], T::one());
        let mut d_score = [zero; W];
        for i in 0..n {
            let saved = &self.saved[i * R::SAVED * LANES..][..R::SAVED * LANES];
            let mut sums = [[zero; PARTIAL]; MAX_PLANES];
            for lane in (0..W).step_by(V) {
                let mut planes = [[zero; V]; MAX_PLANES];
                for p in 0..R::SAVED {
                    planes[p] = lanes(saved, p * LANES + lane);
                }
                let [mut before, mut carried, mut outside] = [[[zero; V]; MAX_STATES]; 3];
                for p in 0..R::STATES {
                    let at = (p * n + i) * LANES + lane;
                    before[p] = lanes(self.before, at);
                    carried[p] = lanes(self.carried, at);
                    outside[p] = self.d_state.map_or([zero; V], |d| lanes(d, at));
                }
                let of_lanes: [[T; V]; 2] = [lanes(&terms[0], lane), lanes(&terms[1], lane)];
                let (keep, mut of_score) = (lanes::<T, V>(&keep, lane), lanes::<T, V>(&d_score, lane));
                let (mut to, mut to_before) = ([[zero; V]; MAX_PLANES], [[zero; V]; MAX_STATES]);
                for v in 0..V {
                    let mut at = Saved {
                        planes: [zero; MAX_PLANES],
                        before: [zero; MAX_STATES],
                        d_after: [zero; MAX_STATES],
                        terms: [of_lanes[0][v], of_lanes[1][v]],
                    };
                    for p in 0..R::SAVED {
                        at.planes[p] = planes[p][v];
                    }
                    for p in 0..R::STATES {
                        at.before[p] = before[p][v];
                        at.d_after[p] = carried[p][v] + outside[p][v];
                    }
                    let of = self.recurrence.derivatives::<T, S>(at);
                    let keep = keep[v] != zero;
                    for p in 0..z {
                        to[p][v] = if keep { of.z[p] } else { zero };
                    }
                    for p in 0..R::STATES {
                        to_before[p][v] = if keep { of.before[p] } else { carried[p][v] };
                    }
                    of_score[v] += if keep { of.score } else { zero };
                }
                for p in 0..z {
                    let row = (p + usize::from(R::SPLIT)) % z * n + i;
                    copy(&to[p], &mut self.d[row * DEFERRED_STRIDE + self.first + lane..][..V]);
                }
                for p in 0..R::STATES {
                    let at = (p * n + i) * LANES + lane;
                    copy(&to_before[p], &mut self.carried[at..][..V]);
                }
                copy(&of_score, &mut d_score[lane..][..V]);
                for half in (0..V).step_by(PARTIAL) {
                    for p in 0..z {
                        for v in 0..PARTIAL {
                            sums[p][v] += to[p][half + v];
                        }
                    }
                }
            }
            for p in 0..z {
                let row = i * z + (p + usize::from(R::SPLIT)) % z;
                each(&mut self.bias[row * PARTIAL..][..PARTIAL], [&sums[p]], |bias, [sum]| *bias += sum);
            }
        }
        copy(&d_score, &mut self.d_score[..W]);
    }
}

/// `V` lanes from `at` on.
#[inline(always)]
fn lanes<T: Real, const V: usize>(data: &[T], at: usize) -> [T; V] {
    data[at..at + V].try_into().expect("V lanes")
}
