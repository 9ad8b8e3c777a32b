//! How a cell's planes and sums lie in memory: what its files share.

use crate::LANES;

/// What the forward pass keeps for the backward pass, per hidden unit: r, u, c and q = U_c h + b_hc.
pub(crate) const SAVED: usize = 4;

/// Lanes in a partial sum of a bias gradient.
pub(crate) const PARTIAL: usize = 8;

/// Columns of a row are padded to whole vectors.
pub(crate) const VECTOR: usize = 8;

/// Lanes, of one step or several, whose gradients are multiplied into the sums at once: so the sums, which
/// are more than the first cache holds, are read and written less often.
pub(crate) const HELD: usize = 2 * LANES;

/// From one row of the held gradients to the next: not a power of two, whose rows would contend for few lines
/// of the cache.
pub(crate) const HELD_STRIDE: usize = HELD + 2 * VECTOR;

/// Elements in a line of the cache, at least.
pub(crate) const LINE: usize = 16;
