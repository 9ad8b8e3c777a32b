//! Matrix products: [`gemm`] for whole matrices through `matrixmultiply`, [`multiply`] for those that fit into a cache,
//! [`block`] for the small blocks of kernels, [`panels`] for one matrix that multiplies many blocks.

pub mod block;
pub mod panels;
mod rows;
mod whole;

pub use rows::multiply;
pub(crate) use rows::transposed;
pub use whole::gemm;
