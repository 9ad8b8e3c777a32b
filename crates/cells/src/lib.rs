//! Packed variable-length sequences and the GRU family of DIEN as fused tape ops.
//!
//! Sequences stand side by side in the lanes of vector units ([`Packed`]); an event tensor is `[blocks,
//! features, LANES]`, and every op between the embedding and the last state keeps that layout ([`lanes`]).
//! [`cell::cell`] runs a GRU, AIGRU, AGRU or AUGRU over all sequences as one tape node; [`nn`] has them with
//! their parameters.
//!
//! # Memory
//!
//! For its backward pass a cell keeps five planes (r, u, c, U_c h + b_hc and the state) of every step of a
//! chunk of 32 sequences: 5 · hidden · 32 numbers, in `f32` 640 · hidden bytes, times the steps of each
//! chunk's longest sequence. A batch of 1,024 sequences of 100 events at 36 hidden units takes 74 MB.
//! Evaluation keeps none.
//!
//! In an unoptimised build all this is slow: [`dien_tensor`] says which lines of a `Cargo.toml` mend that.
//!
//! # Example
//!
//! A GRU over ragged sequences, trained:
//!
//! ```
//! # use ndarray::array;
//! # use std::sync::Arc;
//! use dien_cells::{Packed, lanes, nn::Gru};
//! use dien_optim::{Adam, AdamConfig, Optimizer};
//! use dien_tensor::{Mode, ParamStore, Pool, Tape, init::Builder, nn::Linear, ops};
//!
//! let mut params = ParamStore::<f32>::new();
//! let mut builder = Builder::new(&mut params, 1);
//! let (gru, head) = (Gru::new(&mut builder, "gru", 2, 8), Linear::new(&mut builder, "head", 8, 1));
//! let (mut adam, pool) = (Adam::new(&params, AdamConfig::default())?, Pool::new());
//! let packed = Arc::new(Packed::from_offsets(&[0, 3, 3, 5])); // three sequences, of 3, 0 and 2 events
//! let events = array![[0.1, 1.0], [0.2, 0.5], [0.9, 0.0], [0.3, 0.7], [0.8, 0.1f32]].into_dyn();
//! for seed in 0..10 {
//!     let tape = Tape::new(&params, &pool, Mode::Train { seed });
//!     let x = lanes::events_to_lanes(tape.constant(events.clone()), &packed);
//!     let last = lanes::lanes_to_sequences(gru.last(x, &packed), &packed); // [sequences, 8]
//!     let loss = ops::bce_with_logits(head.forward(last), &[1.0, 0.0, 1.0], None);
//!     let grads = tape.backward(loss);
//!     drop(tape); // it borrows the parameters
//!     adam.step(&mut params, &grads)?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod cell;
pub mod lanes;
pub mod nn;
mod packed;
mod padded;
mod real;
pub mod recurrence;
pub mod serving;
mod walk;

pub use packed::{LANES, Packed};
pub use real::Real;

pub(crate) use dien_kernels::par::{PerBlock, PerTask, per_task};
pub use padded::{Padded, PaddedError, Padding};
pub(crate) use walk::per_block;

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
