//! Back through a sigmoid layer, in the epilogue of the product that brings its gradient.

use dien_kernels::gemm::Epilogue;
use dien_kernels::gemm::epilogue::{at, at_mut};
use dien_kernels::simd::Simd;
use dien_tensor::Real;

/// Back through y = σ(z): y becomes dz = (A·B) y (1 − y), which is also added to `sum`, or begins it if
/// `first`.
pub(super) struct SigmoidBackward<'a, T> {
    pub y: &'a mut [T],
    pub sum: &'a mut [T],
    pub first: bool,
    pub stride: usize,
}

impl<T: Real> Epilogue<T> for SigmoidBackward<'_, T> {
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(&mut self, i: usize, j: usize, dy: [T; V]) {
        // Values first, stores last: the compiler does not know that the two slices are apart.
        let y = *at::<T, V>(self.y, self.stride, i, j);
        let before = *at::<T, V>(self.sum, self.stride, i, j);
        let (mut dz, mut sum) = ([T::zero(); V], [T::zero(); V]);
        for v in 0..V {
            dz[v] = dy[v] * y[v] * (T::one() - y[v]);
        }
        for v in 0..V {
            sum[v] = if self.first { dz[v] } else { before[v] + dz[v] };
        }
        *at_mut(self.y, self.stride, i, j) = dz;
        *at_mut(self.sum, self.stride, i, j) = sum;
    }
}
