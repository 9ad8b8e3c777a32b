//! How planes and sums lie in memory: what the driver's files share.

use crate::LANES;

/// Most planes of a hidden unit that a recurrence may save.
pub const MAX_PLANES: usize = 8;

/// Most planes of a state.
pub const MAX_STATES: usize = 4;

/// Most units in a tile.
const UNITS: usize = 4;

/// From one plane of a tile to the next.
pub(super) const PLANE: usize = UNITS * LANES;

/// Lanes in a partial sum of a bias gradient.
pub(super) const PARTIAL: usize = 8;

/// Columns of a row are padded to whole vectors.
pub(super) const VECTOR: usize = 8;

/// Lanes, of one step or several, whose gradients are multiplied into the sums at once: so the sums, which
/// are more than the first cache holds, are read and written less often.
pub(super) const DEFERRED: usize = 2 * LANES;

/// From one row of the deferred gradients to the next: not a power of two, whose rows would contend for few
/// lines of the cache.
pub(super) const DEFERRED_STRIDE: usize = DEFERRED + 2 * VECTOR;
