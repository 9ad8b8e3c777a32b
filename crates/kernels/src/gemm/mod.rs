//! Matrix products: [`gemm`] for whole matrices through `matrixmultiply`, [`multiply`] for those that fit into a cache,
//! [`block`] for the small blocks of kernels, [`panels`] for one matrix that multiplies many blocks, and [`tile`] for the registers that all of
//! these but the first end in.

pub mod block;
pub mod panels;
mod rows;
pub mod tile;
mod whole;

pub use rows::{Products, multiply, transposed};
pub use whole::gemm;
