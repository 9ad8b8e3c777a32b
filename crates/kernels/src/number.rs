//! The number types: `f32` to run, `f64` to check.

use crate::simd::{Kernel, Level, Portable, Simd, exp, plain, run_at};

mod sealed {
    /// Kernels are compiled, and tested, for two types.
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A floating-point number for which kernels are compiled: `f32` or `f64`.
pub trait Number: ndarray::NdFloat + Default + std::iter::Sum + sealed::Sealed {
    /// The type's name in messages and files.
    const NAME: &'static str;

    /// The highest level that kernels over this type are compiled for.
    const HIGHEST: Level;

    /// Runs `kernel` at `level`, which is not above [`HIGHEST`](Self::HIGHEST); panics if the machine lacks
    /// it.
    #[doc(hidden)]
    fn run_at<K: Kernel<Self>>(level: Level, kernel: K) -> K::Output;

    /// The nearest number of this type.
    fn of(x: f64) -> Self;

    /// The number as `f64`, exactly.
    fn f64(self) -> f64;

    /// eˣ in the form that vectorises at level `S`; see [`math`](crate::simd::math) for its error.
    fn exp_at<S: Simd>(self) -> Self;

    /// 2ˣ for |x| ≤ 63, beyond that the value at that end, so that a product of two is finite: for kernels
    /// that compute several gates at once.
    fn exp2_at<S: Simd>(self) -> Self;

    /// σ(x) in the form that vectorises at level `S`; see [`math`](crate::simd::math) for its error.
    fn sigmoid_at<S: Simd>(self) -> Self;

    /// tanh x in the form that vectorises at level `S`; see [`math`](crate::simd::math) for its error.
    fn tanh_at<S: Simd>(self) -> Self;

    /// self · x + y, `L` lanes of each; see [`axpy`](crate::simd::axpy()).
    fn axpy_at<S: Simd, const L: usize>(self, x: [Self; L], y: [Self; L]) -> [Self; L];

    /// An 8 × 8 tile of [`transpose`](crate::simd::transpose()).
    fn transpose8_at<S: Simd>(from: &[Self], from_stride: usize, to: &mut [Self], to_stride: usize);

    /// C ← α A B + β C through `matrixmultiply`, with strides in elements.
    ///
    /// # Safety
    /// Each pointer with its shape and strides must lie within one allocation, and `c` must overlap neither
    /// `a` nor `b`.
    #[allow(unsafe_code)]
    unsafe fn gemm_raw(
        m: usize,
        k: usize,
        n: usize,
        alpha: Self,
        a: (*const Self, isize, isize),
        b: (*const Self, isize, isize),
        beta: Self,
        c: (*mut Self, isize, isize),
    );
}

macro_rules! gemm_raw {
    ($gemm:path) => {
        #[allow(unsafe_code)]
        unsafe fn gemm_raw(
            m: usize,
            k: usize,
            n: usize,
            alpha: Self,
            a: (*const Self, isize, isize),
            b: (*const Self, isize, isize),
            beta: Self,
            c: (*mut Self, isize, isize),
        ) {
            // SAFETY: the caller keeps this function's contract, which is that of `matrixmultiply`.
            unsafe { $gemm(m, k, n, alpha, a.0, a.1, a.2, b.0, b.1, b.2, beta, c.0, c.1, c.2) }
        }
    };
}

impl Number for f32 {
    const NAME: &'static str = "f32";
    const HIGHEST: Level = *Level::ALL.last().expect("a level");
    #[inline]
    fn run_at<K: Kernel<Self>>(level: Level, kernel: K) -> K::Output {
        run_at(level, kernel)
    }
    #[inline]
    fn of(x: f64) -> Self {
        x as f32
    }
    #[inline]
    fn f64(self) -> f64 {
        self.into()
    }
    #[inline(always)]
    fn exp_at<S: Simd>(self) -> Self {
        exp::exp_f32::<S>(self)
    }
    #[inline(always)]
    fn exp2_at<S: Simd>(self) -> Self {
        exp::exp2_f32::<S>(self)
    }
    #[inline(always)]
    fn sigmoid_at<S: Simd>(self) -> Self {
        exp::sigmoid_f32::<S>(self)
    }
    #[inline(always)]
    fn tanh_at<S: Simd>(self) -> Self {
        2.0 * exp::sigmoid_f32::<S>(2.0 * self) - 1.0
    }
    #[inline(always)]
    fn axpy_at<S: Simd, const L: usize>(self, x: [Self; L], y: [Self; L]) -> [Self; L] {
        S::axpy(self, x, y)
    }
    #[inline(always)]
    fn transpose8_at<S: Simd>(from: &[Self], from_stride: usize, to: &mut [Self], to_stride: usize) {
        S::transpose8(from, from_stride, to, to_stride);
    }
    gemm_raw!(matrixmultiply::sgemm);
}

impl Number for f64 {
    const NAME: &'static str = "f64";
    // It is there to check the other: compiling every kernel for it again would double the build.
    const HIGHEST: Level = Level::Portable;
    #[inline]
    fn run_at<K: Kernel<Self>>(_: Level, kernel: K) -> K::Output {
        kernel.run::<Portable>()
    }
    #[inline]
    fn of(x: f64) -> Self {
        x
    }
    #[inline]
    fn f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn exp_at<S: Simd>(self) -> Self {
        self.exp()
    }
    #[inline(always)]
    fn exp2_at<S: Simd>(self) -> Self {
        self.clamp(-63.0, 63.0).exp2()
    }
    #[inline(always)]
    fn sigmoid_at<S: Simd>(self) -> Self {
        1.0 / (1.0 + (-self).exp())
    }
    #[inline(always)]
    fn tanh_at<S: Simd>(self) -> Self {
        self.tanh()
    }
    #[inline(always)]
    fn axpy_at<S: Simd, const L: usize>(self, x: [Self; L], y: [Self; L]) -> [Self; L] {
        plain::axpy::<f64, S, L>(self, x, y)
    }
    #[inline(always)]
    fn transpose8_at<S: Simd>(from: &[Self], from_stride: usize, to: &mut [Self], to_stride: usize) {
        plain::transpose8(from, from_stride, to, to_stride);
    }
    gemm_raw!(matrixmultiply::dgemm);
}
