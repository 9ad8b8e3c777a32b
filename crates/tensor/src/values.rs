//! The values of a computation, in the order in which they were computed.

use ndarray::{ArrayD, ArrayViewD};

use crate::arena::Arena;
use crate::{ParamId, ParamKind, ParamStore, Real};

/// A value, or the parameter that is one.
pub(crate) enum Value<T> {
    Owned(ArrayD<T>),
    Param(ParamId),
}

/// A value and where it is from.
pub(crate) struct Node<T> {
    pub value: Value<T>,
    /// Where the inputs' indices stand in the tape's list.
    pub inputs: (usize, usize),
    pub name: &'static str,
    pub needs_grad: bool,
}

/// Nodes by their index, over the parameters.
pub(crate) struct Values<'p, T: Real> {
    pub params: &'p ParamStore<T>,
    pub nodes: Arena<Node<T>>,
}

impl<T: Real> Values<'_, T> {
    /// Adds a node, and gives its index.
    pub fn push(
        &self,
        value: Value<T>,
        inputs: (usize, usize),
        name: &'static str,
        needs_grad: bool,
    ) -> usize {
        let value = match value {
            Value::Owned(array) => Value::Owned(standard(array)),
            Value::Param(id) => Value::Param(id),
        };
        self.nodes.push(Node { value, inputs, name, needs_grad })
    }

    pub fn value(&self, node: usize) -> ArrayViewD<'_, T> {
        match &self.nodes.get(node).value {
            Value::Owned(array) => array.view(),
            Value::Param(id) => self.params.value(*id),
        }
    }

    pub fn data(&self, node: usize) -> &[T] {
        match &self.nodes.get(node).value {
            Value::Owned(array) => array.as_slice().expect("values have standard layout"),
            Value::Param(id) => self.params.data(*id),
        }
    }

    pub fn shape(&self, node: usize) -> &[usize] {
        match &self.nodes.get(node).value {
            Value::Owned(array) => array.shape(),
            Value::Param(id) => self.params.shape(*id),
        }
    }

    pub fn needs_grad(&self, node: usize) -> bool {
        self.nodes.get(node).needs_grad
    }

    pub fn op_name(&self, node: usize) -> &'static str {
        self.nodes.get(node).name
    }

    /// The parameter's name, or else the op's.
    pub fn label(&self, node: usize) -> &str {
        match &self.nodes.get(node).value {
            Value::Param(id) => self.params.name(*id),
            Value::Owned(_) => self.op_name(node),
        }
    }

    pub fn is_row_table(&self, node: usize) -> bool {
        matches!(self.nodes.get(node).value, Value::Param(id) if self.params.kind(id) == ParamKind::Rows)
    }
}

/// The array in standard layout, copied only if it is not.
fn standard<T: Real>(array: ArrayD<T>) -> ArrayD<T> {
    if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
}
