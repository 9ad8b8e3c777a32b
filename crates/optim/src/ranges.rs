//! What the numeric options of the optimisers may be, each by itself.

use std::ops::Bound;

use dien_tensor::range::{Integers, Numbers};

/// Of a learning rate, `lr`.
pub const LR: Numbers = Numbers::POSITIVE;

/// Of each of the `betas`.
pub const BETAS: Numbers = Numbers::BELOW_ONE;

/// Of `eps`. In `f32` a gradient below about 1e-18 has a square of 0: what it is divided by is ε alone, and
/// of a smaller ε the quotient would be no longer a step but a leap.
pub const EPS: Numbers = Numbers::at_least(1e-15);

/// Of `weight_decay`.
pub const WEIGHT_DECAY: Numbers = Numbers::at_least(0.0);

/// Of `clip_norm`.
pub const CLIP_NORM: Numbers = Numbers::POSITIVE;

/// Of `schedule.factor`.
pub const FACTOR: Numbers = Numbers { low: Bound::Excluded(0.0), high: Bound::Included(1.0) };

/// Of `schedule.period`.
pub const PERIOD: Integers = Integers::at_least(1);

/// Of `schedule.total`.
pub const TOTAL: Integers = Integers::at_least(1);

/// Of `schedule.floor`.
pub const FLOOR: Numbers = Numbers::SHARE;
