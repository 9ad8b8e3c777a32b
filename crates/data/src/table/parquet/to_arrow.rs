//! Cells that are written as they were read.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};

use crate::table::Cells;

/// An array of the first cells, `rows` of them.
pub(crate) fn to_arrow(cells: Cells<'_>, rows: usize) -> ArrayRef {
    match cells {
        Cells::Texts(texts) => Arc::new((0..rows).map(|i| texts.get(i)).collect::<StringArray>()),
        Cells::Integers(ints) => Arc::new((0..rows).map(|i| ints.get(i)).collect::<Int64Array>()),
        Cells::Numbers(floats) => Arc::new((0..rows).map(|i| floats.get(i)).collect::<Float64Array>()),
    }
}
