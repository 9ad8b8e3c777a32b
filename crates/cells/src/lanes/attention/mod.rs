//! Attention as one op: DIN's local activation unit, and the paper's bilinear form.

mod backward;
mod bilinear;
mod event_tile;
mod forward;
mod keys;
mod query;
mod unit;
mod weights;

pub use bilinear::DotOp;
pub use bilinear::dot_attention;
pub use unit::UnitOp;
pub use unit::{UnitWeights, activation_unit};

/// The unit's widths.
#[derive(Clone, Copy, Debug)]
struct Shape {
    hidden: usize,
    first: usize,
    second: usize,
}

impl Shape {
    /// Inputs of the first layer's product: a key, and its product with the query.
    fn inputs(&self) -> usize {
        2 * self.hidden
    }

    /// Features of a query, and of its part of the first layer.
    fn query(&self) -> usize {
        self.hidden + self.first
    }

    /// Numbers saved of an event: the values of both hidden layers.
    fn saved(&self) -> usize {
        self.first + self.second
    }

    /// Columns of a weight gradient while it is summed: whole vectors.
    fn padded(columns: usize) -> usize {
        columns.next_multiple_of(8)
    }
}
