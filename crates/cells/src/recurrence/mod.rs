//! A recurrence over packed sequences: what one must supply, and the driver that does the rest.
//!
//! At each step the driver computes for every gate g, of the event x and the state h before,
//!
//! ```text
//! z_g = W_g x + U_g h + b_g
//! ```
//!
//! A [`Recurrence`] says what follows: its [`gates`](Recurrence::gates) make the new state of the z, its
//! [`derivatives`](Recurrence::derivatives) are the way back. The driver owns the rest: time, lanes and the
//! ragged ends of sequences, last states, products and the packing of weights, what is saved for the way
//! back, prefetching, and the gradients of weights, biases, input and initial state. [`run`] makes one tape
//! node of it all.
//!
//! [`cell`](crate::cell), the GRU family, is a recurrence; `examples/lstm` has an LSTM in one file. This is
//! Elman's, h' = tanh z:
//!
//! ```
//! use dien_cells::LANES;
//! use dien_cells::recurrence::{Derivatives, GateList, Recurrence, Saved, Simd, Tile, math};
//! use dien_tensor::Real;
//!
//! #[derive(Clone, Copy)]
//! struct Elman;
//!
//! impl Recurrence for Elman {
//!     const GATES: usize = 1;
//!     const SAVED: usize = 1;
//!
//!     fn name(self) -> &'static str {
//!         "elman"
//!     }
//!     #[inline(always)]
//!     fn list_gates<L: GateList>(self, list: L) -> L::Output {
//!         list.take([0])
//!     }
//!     #[inline(always)]
//!     fn gates<T: Real, S: Simd, const W: usize>(self, tile: Tile<'_, T, W>) {
//!         let Tile { planes, mut after, .. } = tile;
//!         let [h] = planes.split();
//!         h.iter_mut().for_each(|z| *z = math::tanh::<T, S>(*z));
//!         for (to, h) in after.plane(0).chunks_exact_mut(LANES).zip(h.chunks_exact(W)) {
//!             to[..W].copy_from_slice(h);
//!         }
//!     }
//!     #[inline(always)]
//!     fn derivatives<T: Real, S: Simd>(self, at: Saved<T>) -> Derivatives<T> {
//!         let (h, dh) = (at.planes[0], at.d_after[0]);
//!         Derivatives::new([dh * (T::one() - h * h)], [T::zero()])
//!     }
//! }
//! ```

mod args;
mod backward;
mod backward_chunk;
mod backward_products;
mod backward_steps;
mod derivatives;
mod forward;
mod forward_inputs;
mod forward_steps;
mod groups;
mod layout;
mod op;
mod op_backward;
mod prefetch;
mod sizes;
mod tiles;
mod views;
mod weights;

pub use args::{CellInput, CellOutput, RecurrenceArgs};
pub use dien_kernels::simd::{Simd, math};
pub use layout::{MAX_PLANES, MAX_STATES};
pub use op::run;
pub use views::{Derivatives, GateList, Planes, Saved, StateRows, StateRowsMut, Tile};

use dien_tensor::Real;

/// What a recurrence is, beside the products; see the [module](self) for what the driver does and for an
/// example.
///
/// All that has a `T` runs in the kernels' loops: mark it `#[inline(always)]`.
pub trait Recurrence: Copy + Send + Sync + 'static {
    /// Gates: W is `[GATES hidden, inputs]`, U `[GATES hidden, hidden]` and b `[GATES hidden]`.
    const GATES: usize;

    /// Planes of a state, `[STATES hidden, LANES]`. The first is h, which U multiplies.
    const STATES: usize = 1;

    /// Whether the last gate's two products stay apart, as where a reset follows the product: its z is
    /// W x + b alone, and U h + b_u, with a bias of its own, comes as one more z after the gates'.
    const SPLIT: bool = false;

    /// Planes of a hidden unit that [`gates`](Self::gates) leaves for [`derivatives`](Self::derivatives):
    /// those of every z, which it may write over, and more if it likes. At most [`MAX_PLANES`].
    const SAVED: usize;

    /// Its name, for graphs and messages.
    fn name(self) -> &'static str;

    /// Hands the gates' numbers to `list`: `list.take([0, 1, 2])`. One that is left out is not computed; its
    /// plane is zero. Where a gate is [split](Self::SPLIT), the last of the list is the last of all.
    fn list_gates<L: GateList>(self, list: L) -> L::Output;

    /// Whether an event comes with a score.
    #[inline(always)]
    fn takes_score(self) -> bool {
        false
    }

    /// Whether the score multiplies the event: z = W (a x) + U h + b.
    #[inline(always)]
    fn scales_input(self) -> bool {
        false
    }

    /// What the z of a gate is multiplied by: the driver puts it into the packed weights, where it is free.
    #[inline(always)]
    fn scale<T: Real>(_gate: usize) -> T {
        T::one()
    }

    /// Two numbers a lane that a step makes of its scores (1 where there are none) once, for all units.
    #[inline(always)]
    fn score_terms<T: Real, const W: usize>(self, _scores: &[T; W]) -> [[T; W]; 2] {
        [[T::zero(); W]; 2]
    }

    /// The new states of a few hidden units in `W` lanes, of their z and the states before.
    fn gates<T: Real, S: Simd, const W: usize>(self, tile: Tile<'_, T, W>);

    /// The gradients of one hidden unit's z and states before, in one lane, from those of its new states:
    /// by z as it was before [`scale`](Self::scale), which does not enter here. The products are the
    /// driver's. That of a gate that [`list_gates`](Self::list_gates) leaves out must be 0.
    fn derivatives<T: Real, S: Simd>(self, at: Saved<T>) -> Derivatives<T>;
}
