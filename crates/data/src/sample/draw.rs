//! Random numbers that depend on what they are for, not on who asked first.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// What the numbers are for: each use has a stream of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use {
    Split,
    Shuffle,
    Batch,
    Synthesis,
    Files,
    #[cfg(feature = "parquet")]
    Build,
    /// A number of its own, whether or not there is the one before.
    HoldOut = 6,
}

/// The generator of one use in one epoch, for one batch.
pub(crate) fn rng(purpose: Use, seed: u64, epoch: u64, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (place, word) in key.chunks_exact_mut(8).zip([seed, epoch, index, purpose as u64]) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// A place among `n`.
#[inline]
pub(crate) fn place(rng: &mut ChaCha8Rng, n: usize) -> usize {
    rng.random_range(0..n as u64) as usize
}

/// One of the pool that fits, by `place`'s draws of places: after `draws` in vain, the first of a walk
/// through the pool from a drawn place on; none if nothing fits.
#[inline]
pub(crate) fn one_of(
    rng: &mut ChaCha8Rng,
    pool: &[u32],
    draws: usize,
    place: impl Fn(&mut ChaCha8Rng, usize) -> usize,
    fits: impl Fn(u32) -> bool,
) -> Option<u32> {
    if pool.is_empty() {
        return None;
    }
    for _ in 0..draws {
        let item = pool[place(rng, pool.len())];
        if fits(item) {
            return Some(item);
        }
    }
    let (before, after) = pool.split_at(place(rng, pool.len()));
    after.iter().chain(before).copied().find(|&item| fits(item))
}
