//! The GRUs that take an attention score with each event, with their parameters.

use std::sync::Arc;

use dien_tensor::Var;
use dien_tensor::init::Builder;

use super::CellParams;
use crate::cell::{CellKind, CellOutput, cell};
use crate::{Packed, Real};

/// An AIGRU, AGRU or AUGRU over packed sequences, from a zero state; see [`cell`](crate::cell) for the
/// equations.
///
/// ```
/// use dien_cells::{Packed, cell::CellKind, lanes, nn::AttentionalGru};
/// use dien_tensor::{Mode, ParamStore, Pool, Tape, init::Builder};
/// use ndarray::Array2;
/// use std::sync::Arc;
///
/// let mut params = ParamStore::<f32>::new();
/// let augru = AttentionalGru::new(&mut Builder::new(&mut params, 1), "augru", CellKind::Augru, 4, 8);
/// let packed = Arc::new(Packed::from_lengths(&[3, 0, 2]));
/// let (pool, rows) = (Pool::new(), |width| Array2::ones((5, width)).into_dyn());
/// let tape = Tape::new(&params, &pool, Mode::Eval);
/// let [x, scores] = [4, 1].map(|width| lanes::events_to_lanes(tape.constant(rows(width)), &packed));
/// let last = lanes::lanes_to_sequences(augru.last(x, scores, &packed), &packed);
/// assert_eq!(last.shape(), [3, 8]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionalGru {
    /// Which of them.
    pub kind: CellKind,
    /// The parameters.
    pub params: CellParams,
}

impl AttentionalGru {
    /// Adds `name.w`, `name.u`, `name.b` and `name.b_hc`; see [`CellParams::new`].
    ///
    /// # Panics
    /// If the kind takes no attention (see [`Gru`](super::Gru)), or a name is taken.
    #[track_caller]
    pub fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        name: &str,
        kind: CellKind,
        inputs: usize,
        hidden: usize,
    ) -> Self {
        assert!(kind.takes_attention(), "AttentionalGru: {} takes no attention; use nn::Gru", kind.name());
        AttentionalGru { kind, params: CellParams::new(builder, name, inputs, hidden, 0.0) }
    }

    /// The state after every event: `events` `[blocks, inputs, LANES]` with `attention` `[blocks, 1, LANES]`
    /// to `[blocks, hidden, LANES]`.
    ///
    /// # Panics
    /// If a shape is another.
    #[track_caller]
    pub fn forward<'t, T: Real>(
        &self,
        events: Var<'t, T>,
        attention: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        cell(self.params.run(events.tape(), self.kind, events, Some(attention)), CellOutput::States, packed)
    }

    /// Each sequence's last state, zero if it is empty: `[chunks, hidden, LANES]`; as rows by
    /// [`lanes::lanes_to_sequences`](crate::lanes::lanes_to_sequences).
    ///
    /// # Panics
    /// If a shape is another.
    #[track_caller]
    pub fn last<'t, T: Real>(
        &self,
        events: Var<'t, T>,
        attention: Var<'t, T>,
        packed: &Arc<Packed>,
    ) -> Var<'t, T> {
        cell(self.params.run(events.tape(), self.kind, events, Some(attention)), CellOutput::Last, packed)
    }
}
