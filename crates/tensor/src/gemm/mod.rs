//! Matrix products: [`gemm`] for whole matrices through `matrixmultiply`, [`block`] for the small blocks of kernels.

pub mod block;
mod whole;

pub use whole::gemm;
