//! Layers that add their own parameters: names, shapes and initial values are PyTorch's, unless a constructor
//! says otherwise. A layer is a few [`ParamId`](crate::ParamId)s, small and `Copy`; the values stay in the
//! [`ParamStore`](crate::ParamStore).
//!
//! ```
//! use dien_tensor::{Mode, ParamStore, Pool, Tape, init::Builder, nn, ops};
//! use ndarray::array;
//!
//! let mut params = ParamStore::<f32>::new();
//! let mut builder = Builder::new(&mut params, 1);
//! let hidden = nn::Linear::new(&mut builder, "hidden", 2, 8);
//! let norm = nn::LayerNorm::new(&mut builder, "norm", 8);
//! let head = nn::Linear::new(&mut builder, "head", 8, 3);
//!
//! let pool = Pool::new();
//! let tape = Tape::new(&params, &pool, Mode::Train { seed: 0 });
//! let x = tape.constant(array![[0.5, -1.0], [2.0, 0.0]].into_dyn());
//! let loss = ops::cross_entropy(head.forward(ops::relu(norm.forward(hidden.forward(x)))), &[2, 0]);
//! assert!(tape.backward(loss).get(hidden.weight).is_some());
//! ```

mod batch_norm;
mod embedding;
mod layer_norm;
mod linear;

pub use crate::ops::BatchNorm;
pub use embedding::Embedding;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
