//! InfoNCE of a tile's logits, and its derivatives.

use dien_kernels::simd::{Kernel, Simd, math};
use dien_tensor::Real;

use super::pair_tile::COLUMNS;

/// Adds l = log(1 + Σⱼ exp(zⱼ − z₀)) to `losses` for each used column, where z₀ is the logit of the
/// positive event and zⱼ those of at least one negative, and replaces each z by `scale` · dl/dz. Both are
/// zero past the used columns.
pub(super) struct InfoNce<'a, T> {
    pub used: usize,
    pub scale: T,
    /// The positive event, then each negative.
    pub z: &'a mut [[T; COLUMNS]],
    pub losses: &'a mut [T; COLUMNS],
}

impl<T: Real> Kernel<T> for InfoNce<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (zero, one) = (T::zero(), T::one());
        let (positive, others) = self.z.split_first_mut().expect("a positive event");
        let mut most = others[0];
        for z in &others[1..] {
            for c in 0..COLUMNS {
                most[c] = most[c].max(z[c]);
            }
        }
        // Σ exp(zⱼ − most), from 1 to as many as there are.
        let mut total = [zero; COLUMNS];
        for z in &mut *others {
            for c in 0..COLUMNS {
                z[c] = (z[c] - most[c]).exp_at::<S>();
                total[c] += z[c];
            }
        }
        // log_1p wants at most 1: so many square roots bring the total to 2 at most, and each halves the
        // logarithm.
        let (mut roots, mut at_most) = (0, others.len() as f64);
        while at_most > 2.0 {
            (roots, at_most) = (roots + 1, at_most.sqrt());
        }
        let halved = T::of(f64::from(1 << roots));
        let mut derivatives = [zero; COLUMNS];
        for c in 0..COLUMNS {
            let mut root = total[c];
            for _ in 0..roots {
                root = root.sqrt();
            }
            // The cross-entropy of one logit, z₀ − log Σ exp zⱼ, which neither overflows nor cancels.
            let gap = most[c] - positive[c] + halved * math::log_1p::<T, S>(root - one);
            let loss = gap.max(zero) + math::log_1p::<T, S>((-gap.abs()).exp_at::<S>());
            let derivative = self.scale * math::sigmoid::<T, S>(gap);
            self.losses[c] += if c < self.used { loss } else { zero };
            positive[c] = if c < self.used { -derivative } else { zero };
            derivatives[c] = derivative / total[c];
        }
        for z in others {
            for c in 0..COLUMNS {
                z[c] = if c < self.used { derivatives[c] * z[c] } else { zero };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use dien_kernels::simd::dispatch;

    use super::*;

    fn check<T: Real>(others: usize, tolerance: f64) {
        let logit = |which: usize, c: usize| ((which * 7 + c * 3) % 23) as f64 * 0.5 - 5.0;
        let mut z: Vec<[T; COLUMNS]> =
            (0..=others).map(|which| std::array::from_fn(|c| T::of(logit(which, c)))).collect();
        let mut losses = [T::one(); COLUMNS];
        let (used, scale) = (COLUMNS - 5, T::of(0.25));
        dispatch(InfoNce { used, scale, z: &mut z, losses: &mut losses });
        for c in 0..COLUMNS {
            let mut sum = 0.0;
            (0..=others).for_each(|which| sum += logit(which, c).exp());
            let loss = if c < used { sum.ln() - logit(0, c) } else { 0.0 };
            let error = (losses[c].f64() - 1.0 - loss).abs();
            assert!(
                error <= tolerance * (1.0 + loss),
                "{others} others, column {c}: {} for {loss}",
                losses[c]
            );
            for (which, z) in z.iter().enumerate() {
                let positive = f64::from(u8::from(which == 0));
                let derivative = if c < used { 0.25 * (logit(which, c).exp() / sum - positive) } else { 0.0 };
                let error = (z[c].f64() - derivative).abs();
                assert!(error <= tolerance, "{others} others, column {c}: {} for {derivative}", z[c]);
            }
        }
    }

    /// As many as need no root, one, two and three.
    #[test]
    fn any_number_of_others() {
        for others in [1, 2, 3, 4, 5, 16, 40] {
            check::<f64>(others, 1e-14);
            check::<f32>(others, 5e-7);
        }
    }
}
