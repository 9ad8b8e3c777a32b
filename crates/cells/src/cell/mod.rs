//! The GRU family. All cells reset after the recurrent product, as cuDNN and PyTorch do (reset before, the
//! original form, is not offered: it needs a second, dependent product per step):
//!
//! ```text
//! r = σ(W_r x + U_r h + b_r)        u = σ(W_u x + U_u h + b_u)
//! c = tanh(W_c x + b_c + r ∘ (U_c h + b_hc))
//! h' = (1 − w) ∘ h + w ∘ c
//!
//! GRU     w = u
//! AIGRU   w = u, and x is a·x
//! AGRU    w = a (u is not computed)
//! AUGRU   w = a·u                   official code: w = 1 − (1 − a)·u
//! ```
//!
//! [`mod@reference`] is these equations, literally; [`GruRecurrence`] is what the kernels of
//! [`recurrence`](crate::recurrence) run, [`cell()`] the tape node.

mod gru;
mod op;
pub mod reference;
#[cfg(test)]
mod tests;

pub use crate::recurrence::{CellInput, CellOutput};
pub use gru::GruRecurrence;
pub(crate) use op::CellOp;
pub use op::{CellArgs, cell};

use serde::{Deserialize, Serialize};

/// Which cell. See the [module](self) for the equations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CellKind {
    /// Gated recurrent unit.
    Gru,
    /// GRU with attentional input.
    Aigru,
    /// Attention-based GRU: the attention score replaces the update gate.
    Agru,
    /// GRU with attentional update gate, as the paper writes it.
    Augru,
    /// GRU with attentional update gate, as the authors' TensorFlow code has it: the score scales how much is
    /// *kept*.
    AugruOfficial,
}

impl CellKind {
    /// Every kind.
    pub const ALL: [CellKind; 5] =
        [CellKind::Gru, CellKind::Aigru, CellKind::Agru, CellKind::Augru, CellKind::AugruOfficial];

    /// Its name in a configuration, such as `augru-official`.
    pub fn name(self) -> &'static str {
        match self {
            CellKind::Gru => "gru",
            CellKind::Aigru => "aigru",
            CellKind::Agru => "agru",
            CellKind::Augru => "augru",
            CellKind::AugruOfficial => "augru-official",
        }
    }

    /// Whether the cell takes an attention score with each event.
    pub fn takes_attention(self) -> bool {
        self != CellKind::Gru
    }

    /// Whether the update gate is computed.
    pub(crate) fn has_update(self) -> bool {
        self != CellKind::Agru
    }

    /// Whether the score scales the input.
    pub(crate) fn scales_input(self) -> bool {
        self == CellKind::Aigru
    }

    /// w as a line in u, (α, β) with w = α + β u, for a score: so the kernels need not know the kind.
    #[inline(always)]
    pub(crate) fn weight_line<T: dien_tensor::Real>(self, a: T) -> (T, T) {
        let (zero, one) = (T::zero(), T::one());
        match self {
            CellKind::Gru | CellKind::Aigru => (zero, one),
            CellKind::Agru => (a, zero),
            CellKind::Augru => (zero, a),
            CellKind::AugruOfficial => (one, a - one),
        }
    }

    /// [`weight_line`](Self::weight_line) of each lane's score.
    #[inline(always)]
    pub(crate) fn weight_lines<T: dien_tensor::Real, const W: usize>(self, a: &[T; W]) -> [[T; W]; 2] {
        let mut lines = [[T::zero(); W]; 2];
        for v in 0..W {
            (lines[0][v], lines[1][v]) = self.weight_line(a[v]);
        }
        lines
    }
}
