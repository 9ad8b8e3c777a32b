//! What makes attention of scores.

use dien_kernels::inline::{each, fill, zip};
use dien_kernels::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::Real;
use serde::{Deserialize, Serialize};

use super::softmax;
use crate::{LANES, Packed};

/// How the scores of a target's events become its attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttentionNorm {
    /// a_t = e^{x_t} / Σ_s e^{x_s}, as the paper has it: what the events share is 1, however many they are.
    #[default]
    Softmax,
    /// a_t = σ(x_t): each event by itself, so that a gate which a drives can open as far for many events as
    /// for one. The scores of [`UnitWeights`](super::UnitWeights) have no bias, which a softmax would cancel
    /// and σ does not: an event whose score says nothing has the attention ½.
    Sigmoid,
}

impl AttentionNorm {
    /// Scores of a chunk, `[blocks, LANES]`, to their attention; zero in idle lanes.
    pub(super) fn apply<T: Real>(self, packed: &Packed, chunk: usize, scores: &mut [T]) {
        match self {
            AttentionNorm::Softmax => softmax::normalize(packed, chunk, scores),
            AttentionNorm::Sigmoid => dispatch(Sigmoid { packed, chunk, scores }),
        }
    }

    /// The gradient of a chunk's scores, from its attention `a` and the attention's gradient, all
    /// `[blocks, LANES]`; zero in idle lanes.
    pub(super) fn derivatives<T: Real>(self, packed: &Packed, chunk: usize, a: &[T], da: &[T], dx: &mut [T]) {
        match self {
            AttentionNorm::Softmax => softmax::derivatives(packed, chunk, a, da, dx),
            AttentionNorm::Sigmoid => dispatch(Derivatives { packed, chunk, a, da, dx }),
        }
    }
}

struct Sigmoid<'a, T> {
    packed: &'a Packed,
    chunk: usize,
    scores: &'a mut [T],
}

impl<T: Real> Kernel<T> for Sigmoid<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (block, x) in zip(self.packed.chunk(self.chunk), self.scores.chunks_exact_mut(LANES)) {
            for x in x.iter_mut() {
                *x = math::sigmoid::<T, S>(*x);
            }
            fill(&mut x[self.packed.active(block)..], T::zero());
        }
    }
}

/// dx = a (1 − a) da.
struct Derivatives<'a, T> {
    packed: &'a Packed,
    chunk: usize,
    a: &'a [T],
    da: &'a [T],
    dx: &'a mut [T],
}

impl<T: Real> Kernel<T> for Derivatives<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let given = zip(self.a.chunks_exact(LANES), self.da.chunks_exact(LANES));
        let rows = zip(given, self.dx.chunks_exact_mut(LANES));
        for (block, ((a, da), dx)) in zip(self.packed.chunk(self.chunk), rows) {
            each(dx, [a, da], |dx, [a, da]| *dx = a * (T::one() - a) * da);
            fill(&mut dx[self.packed.active(block)..], T::zero());
        }
    }
}
