//! α x + y for whole vectors: what the sums of a register tile grow by.

use super::Simd;
use crate::Number;

/// α x + y, `L` lanes of each: the inner statement of every product. Keep the sums that `y` stands for in
/// arrays `[T; L]` that are passed and assigned whole, and they stay in registers.
///
/// Left to itself the compiler makes vectors of such a loop by finding that its unrolled statements are
/// alike, which it does for eight lanes and mostly does not for sixteen. So for `f32` each level names its
/// instruction ([`Simd::axpy`]).
#[inline(always)]
pub fn axpy<T: Number, S: Simd, const L: usize>(alpha: T, x: [T; L], y: [T; L]) -> [T; L] {
    alpha.axpy_at::<S, L>(x, y)
}

/// `x` in every lane, as a vector: a loop that stores plain arrays of one number may be turned on its side,
/// into stores that scatter.
#[inline(always)]
pub fn splat<T: Number, S: Simd, const L: usize>(x: T) -> [T; L] {
    axpy::<T, S, L>(x, [T::one(); L], [T::zero(); L])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, Level, dispatch_at, plain};

    struct Axpy<const L: usize>([f32; L], [f32; L]);
    impl<const L: usize> Kernel<f32> for Axpy<L> {
        type Output = [[f32; L]; 2];
        #[inline(always)]
        fn run<S: Simd>(self) -> [[f32; L]; 2] {
            [axpy::<f32, S, L>(0.3, self.0, self.1), plain::axpy::<f32, S, L>(0.3, self.0, self.1)]
        }
    }

    fn check<const L: usize>() {
        for level in Level::available::<f32>() {
            let (mut x, mut y) = ([0.0; L], [0.0; L]);
            for l in 0..L {
                (x[l], y[l]) = ((l as f32 * 0.7).sin(), (l as f32 * 1.3).cos());
            }
            let [found, plain] = dispatch_at(level, Axpy(x, y));
            assert_eq!(found, plain, "{level:?}, {L} lanes: to the bit");
            assert!((0..L).all(|l| (found[l] - (0.3 * x[l] + y[l])).abs() < 1e-6), "{level:?}, {L} lanes");
        }
    }

    #[test]
    fn every_width_agrees_with_the_plain_loop() {
        check::<1>();
        check::<4>();
        check::<8>();
        check::<16>();
        check::<24>();
        check::<32>();
    }
}
