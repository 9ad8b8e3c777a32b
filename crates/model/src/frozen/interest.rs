//! What DIEN has beyond the baseline: extractor, attention, evolution, and the auxiliary product.

use dien_cells::serving::Cell;

use super::FrozenAttention;

/// An [interest network](crate::parts::Interest), ready to serve: what stands between an event's embedding
/// and the head.
#[derive(Debug)]
pub struct FrozenInterest {
    pub(crate) hidden: usize,
    pub(crate) extractor: Cell<f32>,
    pub(crate) evolution: Cell<f32>,
    /// `None` where the cell takes none.
    pub(crate) attention: Option<FrozenAttention>,
    /// P by column, `[hidden, event width]`, of the auxiliary inner product, which is a feature of the head.
    pub(crate) project: Option<Vec<f32>>,
}

impl FrozenInterest {
    /// The units of the attention's first layer; 0 without one.
    pub(crate) fn first(&self) -> usize {
        let unit = self.attention.as_ref().and_then(|a| a.unit.as_ref());
        unit.map_or(0, |u| u.pair.first())
    }
}
