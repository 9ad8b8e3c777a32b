//! DIEN and the models that its paper compares it with, over the same features: a file a structure; what they
//! share is in [`parts`](crate::parts).
//!
//! Every head reads profile, context and candidate. What else it reads of each sequence of behaviours:
//!
//! | | |
//! | --- | --- |
//! | [`Base`] | the pooled history |
//! | [`WideDeep`] | the same; a linear part beside it reads history and product, too |
//! | [`Pnn`] | the same, and inner or outer products of all fields |
//! | [`Din`] | the pooled history, its product with the candidate, the events summed by attention |
//! | [`GruAttention`] | the same, but what is summed are the states of two GRU layers |
//! | [`Dien`] | the same, but the last state of a cell driven by attention over the states of a GRU |
//!
//! AIGRU, AGRU and AUGRU are [`Dien`] without the auxiliary loss; IPNN and OPNN are
//! [`Pnn`] with one of the products.

mod attention_pooling;
mod base;
mod common;
mod dien;
mod din;
mod gru_attention;
mod pnn;
mod wide_deep;

pub use attention_pooling::{AttentionPooling, EventStates};
pub use base::Base;
pub use dien::Dien;
pub use din::{Din, Events};
pub use gru_attention::{GruAttention, TwoGrus};
pub use pnn::Pnn;
pub use wide_deep::WideDeep;
