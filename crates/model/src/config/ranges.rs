//! What the numeric options of a model may be.

use dien_tensor::range::{Integers, Numbers};

/// Of `hidden`.
pub const HIDDEN: Integers = Integers::at_least(1);

/// Of each layer of `attention_layers`, `auxiliary_layers` and `head_layers`.
pub const LAYERS: Integers = Integers::at_least(1);

/// Of `auxiliary_weight`.
pub const AUXILIARY_WEIGHT: Numbers = Numbers::at_least(0.0);

/// Of `dropout`.
pub const DROPOUT: Numbers = Numbers::BELOW_ONE;

/// Of `embedding_l2`.
pub const EMBEDDING_L2: Numbers = Numbers::at_least(0.0);

/// Of `l2_by_frequency`.
pub const L2_BY_FREQUENCY: Numbers = Numbers::at_least(0.0);

/// Of `label_smoothing`.
pub const LABEL_SMOOTHING: Numbers = Numbers::BELOW_ONE;

/// Of `init.embedding`, a standard deviation.
pub const INIT_EMBEDDING: Numbers = Numbers::at_least(0.0);

/// Of the slopes `init.prelu` and `init.dice`.
pub const INIT_SLOPE: Numbers = Numbers::FINITE;

/// Of `init.update_bias`.
pub const INIT_UPDATE_BIAS: Numbers = Numbers::FINITE;
