//! Which vector instructions the kernels are compiled for, chosen when the program runs.
//!
//! A [`Kernel`] is ordinary generic code. [`dispatch`](super::dispatch()) runs it inside a function for which
//! the compiler may use a level's instructions; since everything below is inlined into that function, plain
//! loops become vector code.
//!
//! All that is known of a level stands in its file: whether the machine has it, how it multiplies and adds,
//! and the shapes of its tiles. A new level is such a file and a line in the list below.

use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(any(test, feature = "testing"))]
mod here;
mod traits;

#[cfg(any(test, feature = "testing"))]
pub use here::at_level;
pub use traits::{Kernel, Packing, SequencePacking, Simd, Strips, UnitTiles, Vectors};

macro_rules! levels {
    ($($(#[doc = $doc:literal])* $name:ident in $file:ident on $cfg:meta;)*) => {
        $(#[cfg($cfg)] mod $file;)*

        /// A set of vector instructions, lowest first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Level {
            $($(#[doc = $doc])* $name,)*
        }

        impl Level {
            /// Every level, lowest first.
            pub const ALL: &[Level] = &[$(Level::$name),*];

            /// Its name in options and reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Level::$name => stringify!($file),)*
                }
            }

            /// Whether this machine has the level's instructions.
            pub fn is_available(self) -> bool {
                match self {
                    $(#[cfg($cfg)] Level::$name => $file::$name::is_available(),)*
                    #[allow(unreachable_patterns, reason = "levels of other machines")]
                    _ => false,
                }
            }

            /// The sizes that operands are packed by at this level.
            ///
            /// # Panics
            /// If the level is one of other machines.
            pub fn packing(self) -> Packing {
                match self {
                    $(#[cfg($cfg)] Level::$name => $file::$name::PACKING,)*
                    #[allow(unreachable_patterns, reason = "levels of other machines")]
                    _ => unreachable!("{self:?} is not available on this machine"),
                }
            }
        }

        /// Runs `kernel` at `level`.
        ///
        /// # Panics
        /// If the machine lacks the level: its instructions must not run there.
        #[inline]
        pub(crate) fn run_at<T, K: Kernel<T>>(level: Level, kernel: K) -> K::Output {
            assert!(level.is_available(), "{level:?} is not available on this machine");
            match level {
                $(#[cfg($cfg)] Level::$name => $file::$name::run(kernel),)*
                #[allow(unreachable_patterns, reason = "levels of other machines")]
                _ => unreachable!("{level:?} is not available on this machine"),
            }
        }

        mod sealed {
            /// Whoever could name another level could run instructions that nobody looked for.
            pub trait Sealed {}
            $(#[cfg($cfg)] impl Sealed for super::$file::$name {})*
        }
        pub(super) use sealed::Sealed;
    };
}

levels! {
    /// What the compilation target guarantees.
    Portable in portable on all();
    /// AVX2 and FMA: 8 `f32` a vector, 16 registers.
    Avx2 in avx2 on target_arch = "x86_64";
    /// AVX-512 F, DQ, VL and BW: 16 `f32` a vector, 32 registers.
    Avx512 in avx512 on target_arch = "x86_64";
}

pub use portable::Portable;

/// 0 is "not yet asked"; else 1 + the level, which the machine has.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// The level that kernels over `f32` run at: the best of the machine, unless [`Level::force`] said
    /// otherwise (or, in a test, `testing::at_level`).
    pub fn current() -> Level {
        #[cfg(any(test, feature = "testing"))]
        if let Some(level) = here::level_here() {
            return level;
        }
        match CURRENT.load(Ordering::Relaxed) {
            0 => {
                let best = *Level::ALL.iter().rev().find(|l| l.is_available()).unwrap_or(&Level::Portable);
                // Not over what another thread forces meanwhile.
                let _ = CURRENT.compare_exchange(0, 1 + best as u8, Ordering::Relaxed, Ordering::Relaxed);
                Level::current()
            }
            known => Level::ALL[usize::from(known) - 1],
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
