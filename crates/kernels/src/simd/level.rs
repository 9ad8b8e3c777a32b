//! Which vector instructions the kernels are compiled for, chosen when the program runs.
//!
//! A [`Kernel`] is ordinary generic code. [`dispatch`] runs it inside a function for which the compiler may use
//! AVX2 + FMA or AVX-512; since everything below is inlined into that function, plain loops become vector code.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU8, Ordering};

/// A set of vector instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What the compilation target guarantees.
    Portable,
    /// AVX2 and FMA: 8 `f32` a vector, 16 registers.
    Avx2,
    /// AVX-512 F, DQ, VL and BW: 16 `f32` a vector, 32 registers.
    Avx512,
}

mod sealed {
    /// Whoever could name another level could run instructions that nobody looked for.
    pub trait Sealed {}
    impl Sealed for super::Portable {}
    impl Sealed for super::Avx2 {}
    impl Sealed for super::Avx512 {}
}

/// The type-level form of a [`Level`], which lets a kernel choose its constants by level. There are no others than these:
/// code of a level only runs where [`dispatch`] has found its instructions.
pub trait Simd: sealed::Sealed + Copy + 'static {
    /// Which level this is.
    const LEVEL: Level;
    /// Whether `mul_add` is one instruction rather than a call into a library.
    const FMA: bool;
}

/// [`Level::Portable`] as a type.
#[derive(Clone, Copy, Debug)]
pub struct Portable;
/// [`Level::Avx2`] as a type.
#[derive(Clone, Copy, Debug)]
pub struct Avx2;
/// [`Level::Avx512`] as a type.
#[derive(Clone, Copy, Debug)]
pub struct Avx512;

impl Simd for Portable {
    const LEVEL: Level = Level::Portable;
    const FMA: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));
}
impl Simd for Avx2 {
    const LEVEL: Level = Level::Avx2;
    const FMA: bool = true;
}
impl Simd for Avx512 {
    const LEVEL: Level = Level::Avx512;
    const FMA: bool = true;
}

/// Work to be compiled once for each [`Level`]. Mark `run` and all it calls `#[inline(always)]`.
pub trait Kernel {
    /// What the work returns.
    type Output;
    /// Does the work.
    fn run<S: Simd>(self) -> Self::Output;
}

/// 0 is "not yet asked"; else 1 + the level.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Level; 3] = [Level::Portable, Level::Avx2, Level::Avx512];

    /// Whether this machine has the level's instructions.
    pub fn is_available(self) -> bool {
        match self {
            Level::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => {
                Level::Avx2.is_available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The level that kernels run at: the best of the machine, unless [`Level::force`] said otherwise.
    pub fn current() -> Level {
        match CURRENT.load(Ordering::Relaxed) {
            1 => Level::Portable,
            2 => Level::Avx2,
            3 => Level::Avx512,
            _ => {
                let best = Level::ALL.into_iter().rev().find(|l| l.is_available()).unwrap_or(Level::Portable);
                CURRENT.store(1 + best as u8, Ordering::Relaxed);
                best
            }
        }
    }

    /// Makes every kernel of this process run at `level` from now on; for tests and comparisons.
    ///
    /// # Panics
    /// If the machine lacks the level.
    pub fn force(level: Level) {
        assert!(level.is_available(), "{level:?} is not available on this machine");
        CURRENT.store(1 + level as u8, Ordering::Relaxed);
    }
}

/// Runs `kernel` at [`Level::current`].
#[inline]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    dispatch_at(Level::current(), kernel)
}

/// Runs `kernel` at `level`.
///
/// # Panics
/// If the machine lacks the level.
#[inline]
pub fn dispatch_at<K: Kernel>(level: Level, kernel: K) -> K::Output {
    debug_assert!(level.is_available());
    match level {
        Level::Portable => kernel.run::<Portable>(),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => {
            assert!(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"));
            // SAFETY: the features were detected in the line above.
            unsafe { run_avx2(kernel) }
        }
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => {
            assert!(Level::Avx512.is_available());
            // SAFETY: the features were detected in the line above.
            unsafe { run_avx512(kernel) }
        }
        #[cfg(not(target_arch = "x86_64"))]
        _ => panic!("{level:?} is not available on this machine"),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512>()
}
