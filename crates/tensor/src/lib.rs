//! Tape-based reverse-mode autodiff over [`ndarray`], generic over `f32` and `f64`, for models on CPUs.
//!
//! A [`Tape`] records [`ops`] over the parameters of a [`ParamStore`]; [`Tape::backward`] gives their
//! [`Grads`]. Ops are parallel inside with `rayon`, and give the same bits at any thread count.
//!
//! ```
//! use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape, ops};
//! use ndarray::array;
//!
//! let mut params = ParamStore::<f32>::new();
//! let weight = params.add("weight", ParamKind::Dense, array![[0.5, -0.2]].into_dyn());
//! let pool = Pool::new(); // keeps the buffers from step to step
//! let tape = Tape::new(&params, &pool, Mode::Train { seed: 0 });
//! let x = tape.constant(array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
//! let logits = ops::linear(x, tape.param(weight), None);
//! let loss = ops::bce_with_logits(logits, &[1.0, 0.0], None);
//! let grads = tape.backward(loss);
//! assert_eq!(grads.get(weight).unwrap().values().len(), 2);
//! ```
//!
//! # An op of your own
//!
//! An op is a function that computes a value and a struct that knows the backward pass: it holds what the
//! forward pass saved and implements [`Backward`]. [`Tape::record`] joins the two. With the feature
//! `testing`, the module `check` compares the gradient with finite differences.
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! use dien_tensor::check::{assert_gradients, mix};
//! use dien_tensor::{Backward, OpGrads, ParamKind, ParamStore, Real, Var};
//! use ndarray::{ArrayViewD, array};
//!
//! struct Square;
//!
//! fn square<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
//!     let mut y = x.tape().pool().stale(x.shape());
//!     y.zip_mut_with(&x.view(), |y, &x| *y = x * x);
//!     x.tape().record(&[x], y, Square)
//! }
//!
//! impl<T: Real> Backward<T> for Square {
//!     fn name(&self) -> &'static str {
//!         "square"
//!     }
//!     fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
//!         let x = io.input(0);
//!         if let Some(mut dx) = io.grad(0) {
//!             dx += &(&x * &dy * T::of(2.0));
//!         }
//!     }
//! }
//!
//! let mut params = ParamStore::<f64>::new();
//! let x = params.add("x", ParamKind::Dense, array![[1.0, -2.0], [0.5, 3.0]].into_dyn());
//! assert_gradients(&params, |tape| mix(square(tape.param(x))));
//! # }
//! ```
//!
//! # Features
//!
//! - `f64`: what is computed in `f32` can be computed in `f64`, too, here and in every crate that builds on
//!   this one. Without it they take a quarter less time to build.
//! - `testing`: the gradient checker, which computes in `f64`.
//! - `safetensors`: parameters in `.safetensors` files.
//!
//! # Unoptimised builds
//!
//! Cargo's dev profile does not optimise dependencies, and these kernels are then some 75 times slower (a
//! GRU's training step). So say in your workspace's `Cargo.toml`
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! ```
//!
//! or the same for `dien-kernels`, `dien-tensor`, `dien-cells`, `dien-optim`, `ndarray`, `rayon` and
//! `rayon-core` alone. Your own crate stays as it is to be debugged. It has to be 3, as in Cargo's release
//! profile: at 2 a cell takes 1.2 to 1.7 times as long. What else a release profile says changes little: with
//! LTO off, thin or fat, in one unit of code generation or in 16, training took from 10 % less to 7 % more
//! time than by default (`benches/profiles/run` in the repository measures it).

#![cfg_attr(docsrs, feature(doc_cfg))]

mod arena;
mod assign;
mod backward;
#[cfg(any(test, feature = "testing"))]
pub mod check;
mod grad;
mod graph;
pub mod init;
pub mod nn;
mod op_box;
pub mod ops;
mod param;
mod param_value;
mod pool;
pub mod range;
#[cfg(feature = "safetensors")]
mod store_file;
mod tape;
mod updates;
mod values;

pub use dien_kernels::{Buffers, Number, Real, Scratch};

pub use assign::AssignError;
pub use backward::{Backward, GradSlot, OpGrads};
pub use grad::{Grad, Grads};
pub use graph::{Graph, GraphNode};
pub use param::{ParamId, ParamKind, ParamMut, ParamStore};
pub use param_value::ParamValue;
pub use pool::Pool;
#[cfg(feature = "safetensors")]
pub use store_file::{FileError, FileErrorKind};
pub use tape::{Mode, Tape, Var, VarList};
pub use updates::Updates;

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
