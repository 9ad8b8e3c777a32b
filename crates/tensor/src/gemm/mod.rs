//! Matrix products: [`gemm`] for whole matrices through `matrixmultiply`, [`multiply`] for those that fit into a cache,
//! [`block`] for the small blocks of kernels.

pub mod block;
mod rows;
mod whole;

pub use rows::multiply;
pub(crate) use rows::transposed;
pub use whole::gemm;
