//! An optimiser's state as named tensors, ready for a file.

/// All that an optimiser needs to go on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState {
    /// Steps made.
    pub step: u64,
    /// Named tensors, like `m/embedding.item`; each name once.
    pub tensors: Vec<(String, StateTensor)>,
}

/// A row-major tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct StateTensor {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements, as many as the shape's product.
    pub data: StateData,
}

/// The elements of a [`StateTensor`].
#[derive(Clone, Debug, PartialEq)]
pub enum StateData {
    /// 32-bit floating point.
    F32(Vec<f32>),
    /// 64-bit floating point.
    F64(Vec<f64>),
    /// 32-bit unsigned.
    U32(Vec<u32>),
}

impl StateData {
    /// The number type's name: `f32`, `f64` or `u32`.
    pub fn dtype(&self) -> &'static str {
        match self {
            StateData::F32(_) => "f32",
            StateData::F64(_) => "f64",
            StateData::U32(_) => "u32",
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            StateData::F32(data) => data.len(),
            StateData::F64(data) => data.len(),
            StateData::U32(data) => data.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why a state does not fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StateError {
    /// A tensor is not there.
    #[error("optimizer state has no tensor `{name}`, expected {expected}")]
    Missing {
        /// The tensor's name.
        name: String,
        /// Type and shape that it should have.
        expected: String,
    },
    /// A tensor has another type or shape, or not the elements of its shape.
    #[error("optimizer state: `{name}` is {found}, expected {expected}")]
    Mismatch {
        /// The tensor's name.
        name: String,
        /// Type and shape that it has.
        found: String,
        /// Type and shape that it should have.
        expected: String,
    },
    /// A tensor that belongs to no parameter and no option.
    #[error("optimizer state: unexpected tensor `{name}` (another model, or another `sparse` mode?)")]
    Unexpected {
        /// The tensor's name.
        name: String,
    },
    /// Rows have yet to catch up on steps that were made with other options.
    #[error(
        "optimizer state: `{option}` was {found} when it was saved and is {expected} now, but rows have steps to catch \
         up; save after a flush, or keep the option"
    )]
    Option {
        /// The option's name.
        option: &'static str,
        /// Its saved value.
        found: f64,
        /// Its present value.
        expected: f64,
    },
    /// A number that no run can have produced.
    #[error("optimizer state: `{name}` has {found} at {place}, expected {expected}")]
    Value {
        /// The tensor's name.
        name: String,
        /// Row-major place of the number.
        place: usize,
        /// The number.
        found: String,
        /// What would be possible.
        expected: String,
    },
}
