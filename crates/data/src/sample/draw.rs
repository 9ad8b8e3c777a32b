//! Random numbers that depend on what they are for, not on who asked first.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

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
