//! Kernels at the level that the machine and their numbers have.

use super::{Kernel, Level};
use crate::Number;

impl Level {
    /// The level that kernels over `T` run at: [`Level::current`], or less where `T` is compiled for less.
    pub fn of<T: Number>() -> Level {
        Level::current().min(T::HIGHEST)
    }

    /// The levels of this machine that kernels over `T` are compiled for.
    pub fn available<T: Number>() -> impl Iterator<Item = Level> {
        Level::ALL.iter().copied().filter(|&level| level <= T::HIGHEST && level.is_available())
    }
}

/// Runs `kernel` at [`Level::of`] its numbers.
#[inline]
pub fn dispatch<T: Number, K: Kernel<T>>(kernel: K) -> K::Output {
    T::run_at(Level::of::<T>(), kernel)
}

/// Runs `kernel` at `level`.
///
/// # Panics
/// If the machine lacks the level, or `T` is not compiled for it.
#[inline]
pub fn dispatch_at<T: Number, K: Kernel<T>>(level: Level, kernel: K) -> K::Output {
    assert!(level <= T::HIGHEST && level.is_available(), "{level:?} is not available for {}", T::NAME);
    T::run_at(level, kernel)
}
