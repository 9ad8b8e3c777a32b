//! Matrix products: [`product`] inside kernels, whatever the left matrix's form ([`Lhs`]) and whatever is
//! made of the sums ([`Epilogue`]); [`multiply`] for matrices that fit into a cache; [`gemm`] for whole
//! matrices through `matrixmultiply`. All but the last end in the registers of [`tile`].

mod block;
pub mod epilogue;
mod lhs;
mod multiply;
mod product;
pub mod tile;
mod whole;

pub use block::Block;
pub use epilogue::{Epilogue, Store};
pub use lhs::{Columns, Lhs, LongRows, Packed, Panels, Rows};
pub use multiply::{Products, multiply, transposed};
pub use product::{dispatch_product, product};
pub use whole::gemm;
