//! An optimiser's state as named tensors, ready for a file.

use std::borrow::Cow;

/// All that an optimiser needs to go on: tensors of its own, or the optimiser's where they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState<'a> {
    /// Steps made.
    pub step: u64,
    /// Named tensors, like `m/embedding.item`; each name once.
    pub tensors: Vec<(String, StateTensor<'a>)>,
}

/// A row-major tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct StateTensor<'a> {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements, as many as the shape's product.
    pub data: StateData<'a>,
}

/// The elements of a [`StateTensor`].
#[derive(Clone, Debug, PartialEq)]
pub enum StateData<'a> {
    /// 32-bit floating point.
    F32(Cow<'a, [f32]>),
    /// 64-bit floating point.
    F64(Cow<'a, [f64]>),
    /// 32-bit unsigned.
    U32(Cow<'a, [u32]>),
}

impl OptimizerState<'_> {
    /// The same with tensors of its own, so that the optimiser can go on.
    #[must_use]
    pub fn into_owned(self) -> OptimizerState<'static> {
        let own =
            |(name, StateTensor { shape, data })| (name, StateTensor { shape, data: data.into_owned() });
        OptimizerState { step: self.step, tensors: self.tensors.into_iter().map(own).collect() }
    }

    /// Makes the table of this name longer, for rows that no step has met: they have no moments, and nothing
    /// to catch up. Its tensors are those called `<kind>/<table>`; `history/…` is of all parameters.
    pub fn grow(&mut self, table: &str, rows: usize) {
        for (name, tensor) in &mut self.tensors {
            // `history/steps` is no tensor of a table of that name.
            let of = name.split_once('/').and_then(|(what, of)| (what != "history").then_some(of));
            if of != Some(table) || tensor.shape.first().is_none_or(|&before| before >= rows) {
                continue;
            }
            tensor.shape[0] = rows;
            let len = tensor.shape.iter().product();
            match &mut tensor.data {
                StateData::F32(data) => data.to_mut().resize(len, 0.0),
                StateData::F64(data) => data.to_mut().resize(len, 0.0),
                StateData::U32(steps) => {
                    steps.to_mut().resize(len, u32::try_from(self.step).unwrap_or(u32::MAX));
                }
            }
        }
    }
}

impl StateData<'_> {
    /// The same with elements of its own.
    #[must_use]
    pub fn into_owned(self) -> StateData<'static> {
        match self {
            StateData::F32(data) => StateData::F32(data.into_owned().into()),
            StateData::F64(data) => StateData::F64(data.into_owned().into()),
            StateData::U32(data) => StateData::U32(data.into_owned().into()),
        }
    }

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
#[non_exhaustive]
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
        "optimizer state: `{option}` was {found} when it was saved and is {expected} now, but rows have \
         steps to catch up; save after a flush, or keep the option"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_grows_by_rows_without_a_past() {
        let tensor = |shape: &[usize], data| StateTensor { shape: shape.to_vec(), data };
        let before = vec![
            ("m/a".to_owned(), tensor(&[2, 2], StateData::F32(vec![1.0, 2.0, 3.0, 4.0].into()))),
            ("touched/a".to_owned(), tensor(&[2], StateData::U32(vec![5, 7].into()))),
            ("m/b".to_owned(), tensor(&[1, 2], StateData::F32(vec![8.0, 9.0].into()))),
        ];
        let mut state = OptimizerState { step: 7, tensors: before.clone() };
        state.grow("a", 3);
        let expected = tensor(&[3, 2], StateData::F32(vec![1.0, 2.0, 3.0, 4.0, 0.0, 0.0].into()));
        assert_eq!(state.tensors[0].1, expected);
        assert_eq!(state.tensors[1].1, tensor(&[3], StateData::U32(vec![5, 7, 7].into())));
        assert_eq!(state.tensors[2], before[2]);
        let longer = state.clone();
        state.grow("a", 2);
        assert_eq!(state, longer, "it never shrinks");
    }

    #[test]
    fn a_table_may_be_called_what_the_history_is() {
        for name in ["steps", "moments", "options", "history/steps", "a/b"] {
            let tensor = |rows: usize| StateTensor {
                shape: vec![rows, 1],
                data: StateData::F64(vec![0.5; rows].into()),
            };
            let names = ["m/", "sum/"].map(|kind| format!("{kind}{name}"));
            let mut state = OptimizerState { step: 7, tensors: Vec::new() };
            state.tensors.extend(names.map(|name| (name, tensor(2))));
            state
                .tensors
                .extend(["steps", "moments", "options"].map(|of| (format!("history/{of}"), tensor(2))));
            state.grow(name, 3);
            let rows: Vec<usize> = state.tensors.iter().map(|(_, tensor)| tensor.data.len()).collect();
            assert_eq!(rows, [3, 3, 2, 2, 2], "{name}");
        }
    }
}
