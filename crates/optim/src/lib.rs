//! Optimisers of the parameters of a [`ParamStore`](dien_tensor::ParamStore), dense ones and row-sparse
//! tables whose step costs what the touched rows cost: [`Adam`] and [`Adagrad`], with learning-rate
//! [schedules](Schedule) and clipping by global norm.
//!
//! A training step, with any [`Optimizer`]:
//!
//! ```
//! use dien_optim::{Adagrad, AdagradConfig, Optimizer};
//! use dien_tensor::{Mode, ParamStore, Pool, Tape, init::Builder, nn, ops};
//!
//! let mut params = ParamStore::<f32>::new();
//! let item = nn::Embedding::new(&mut Builder::new(&mut params, 1), "item", 1000, 1);
//! let (mut optimizer, pool) = (Adagrad::new(&params, AdagradConfig::default())?, Pool::new());
//! let (ids, clicked) = ([3, 7, 3], [1.0, 0.0, 1.0]);
//! for seed in 0..10 {
//!     optimizer.prepare(&mut params, &[(item.weight, &ids)]);
//!     let tape = Tape::new(&params, &pool, Mode::Train { seed });
//!     let loss = ops::bce_with_logits(item.forward(&tape, &ids), &clicked, None);
//!     let grads = tape.backward(loss);
//!     drop(tape); // it borrows the parameters
//!     optimizer.step(&mut params, &grads)?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Tables
//!
//! ```
//! use dien_optim::{Adam, AdamConfig, Optimizer};
//! use dien_tensor::{Grad, Grads, ParamKind, ParamStore};
//! use ndarray::{ArrayD, array};
//!
//! let mut params = ParamStore::<f32>::new();
//! let table = params.add("embedding.item", ParamKind::Rows, ArrayD::zeros(vec![1000, 2]));
//! let mut adam = Adam::new(&params, AdamConfig::default())?;
//!
//! adam.prepare(&mut params, &[(table, &[3, 7, 3])]); // the rows that the forward pass is about to read
//! let mut grads = Grads::none(params.len());
//! grads.set(table, Grad::Rows { ids: vec![3, 7], rows: array![[1.0, 0.0], [0.0, -2.0]] });
//! adam.step(&mut params, &grads)?;
//!
//! adam.flush(&mut params); // before evaluation, before saving
//! assert!(params.data(table)[6] < 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod adagrad;
mod adam;
mod begin;
mod clip;
mod error;
mod norm;
mod optimizer;
pub mod ranges;
mod real;
mod schedule;
mod state;
mod tensors;

pub use adagrad::{Adagrad, AdagradConfig};
pub use adam::{Adam, AdamConfig, CatchUpStats, SparseMode};
pub use error::ConfigError;
pub use optimizer::{NonFiniteGradient, Optimizer, StepReport};
pub use real::Real;
pub use schedule::Schedule;
pub use state::{OptimizerState, StateData, StateError, StateTensor};

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
