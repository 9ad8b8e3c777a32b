//! Values from one store of parameters into another.

use crate::{ParamStore, Real};

/// Why the values of one store are not another's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssignError {
    /// A parameter has no value in the other store.
    Missing {
        /// The parameter's name.
        name: String,
        /// Its shape.
        expected: Vec<usize>,
    },
    /// A parameter has another shape.
    Shape {
        /// The parameter's name.
        name: String,
        /// The shape in the store that is read.
        found: Vec<usize>,
        /// Its shape here.
        expected: Vec<usize>,
    },
    /// The store that is read has a parameter that is not one of these.
    Unexpected {
        /// The parameter's name.
        name: String,
    },
}

impl std::fmt::Display for AssignError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AssignError::Missing { name, expected } => {
                write!(f, "found no parameter `{name}`, expected {expected:?}")
            }
            AssignError::Shape { name, found, expected } => {
                write!(f, "parameter `{name}` is {found:?}, expected {expected:?}")
            }
            AssignError::Unexpected { name } => {
                write!(f, "found a parameter `{name}`, expected the model's parameters alone")
            }
        }
    }
}

impl std::error::Error for AssignError {}

impl<T: Real> ParamStore<T> {
    /// Sets every parameter to the value of the same name in `from`. Order and kinds may differ.
    ///
    /// # Errors
    /// If a name is in one store alone or a shape differs. Nothing is changed then.
    pub fn assign(&mut self, from: &ParamStore<T>) -> Result<(), AssignError> {
        for id in self.ids() {
            let (name, expected) = (self.name(id).to_owned(), self.shape(id).to_vec());
            match from.id(&name).map(|id| from.shape(id)) {
                None => return Err(AssignError::Missing { name, expected }),
                Some(shape) if shape != expected => {
                    return Err(AssignError::Shape { name, found: shape.to_vec(), expected });
                }
                Some(_) => {}
            }
        }
        if let Some(id) = from.ids().find(|&id| self.id(from.name(id)).is_none()) {
            return Err(AssignError::Unexpected { name: from.name(id).to_owned() });
        }
        for id in self.ids() {
            let source = from.id(self.name(id)).expect("checked above");
            self.data_mut(id).copy_from_slice(from.data(source));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ParamKind;
    use ndarray::ArrayD;

    fn store(of: &[(&str, &[usize], f32)]) -> ParamStore<f32> {
        let mut store = ParamStore::new();
        for &(name, shape, value) in of {
            store.add(name, ParamKind::Dense, ArrayD::from_elem(shape, value));
        }
        store
    }

    #[test]
    fn names_decide_and_nothing_changes_on_an_error() {
        let mut params = store(&[("a", &[2], 0.0), ("b", &[1, 2], 0.0)]);
        let value = |params: &ParamStore<f32>| params.ids().map(|id| params.data(id)[0]).collect::<Vec<_>>();
        for (from, message) in [
            (store(&[("b", &[1, 2], 9.0)]), "found no parameter `a`, expected [2]"),
            (store(&[("a", &[2], 9.0), ("b", &[2], 9.0)]), "parameter `b` is [2], expected [1, 2]"),
            (
                store(&[("a", &[2], 9.0), ("b", &[1, 2], 9.0), ("c", &[1], 9.0)]),
                "found a parameter `c`, expected the model's parameters alone",
            ),
        ] {
            assert_eq!(params.assign(&from).unwrap_err().to_string(), message);
            assert_eq!(value(&params), [0.0, 0.0]);
        }
        params.assign(&store(&[("b", &[1, 2], 2.0), ("a", &[2], 1.0)])).unwrap();
        assert_eq!(value(&params), [1.0, 2.0]);
    }
}
