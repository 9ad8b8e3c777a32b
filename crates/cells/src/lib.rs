//! Packed variable-length sequences and the GRU family of DIEN as fused tape ops.
//!
//! Sequences stand side by side in the lanes of vector units ([`Packed`]); an event tensor is
//! `[blocks, features, LANES]`, and every op between the embedding and the last state keeps that layout ([`lanes`]).
//! [`cell::cell`] runs a GRU, AIGRU, AGRU or AUGRU over all sequences as one tape node.

pub mod cell;
pub mod lanes;
mod packed;
mod padded;
mod real;
pub mod serving;
mod walk;

pub use packed::{LANES, Packed};
pub use real::Real;

pub use padded::{Padded, PaddedError, Padding};
pub use walk::{ParChunks, ParGroups, PerBlock, PerPiece, Slice, Split, per_block, per_piece};

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
