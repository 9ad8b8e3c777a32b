//! The cross-entropy of a tile's logits, and its derivative.

use dien_kernels::simd::{Kernel, Simd, math};
use dien_tensor::Real;

use super::pair_tile::COLUMNS;

/// Adds `weight` · l to `losses` for each used column, l = −log σ(z) of positive events or −log(1 − σ(z)) of
/// negative ones, and replaces z by `scale` · dl/dz. Both are zero past the used columns.
pub(super) struct Entropy<'a, T> {
    pub positive: bool,
    pub used: usize,
    pub weight: T,
    pub scale: T,
    pub z: &'a mut [T; COLUMNS],
    pub losses: &'a mut [T; COLUMNS],
}

impl<T: Real> Kernel<T> for Entropy<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (zero, one) = (T::zero(), T::one());
        let label = if self.positive { one } else { zero };
        for c in 0..COLUMNS {
            let z = self.z[c];
            // Neither overflows nor cancels.
            let loss = z.max(zero) - z * label + math::log_1p::<T, S>((-z.abs()).exp_at::<S>());
            let derivative = math::sigmoid::<T, S>(z) - label;
            self.losses[c] += if c < self.used { self.weight * loss } else { zero };
            self.z[c] = if c < self.used { self.scale * derivative } else { zero };
        }
    }
}
