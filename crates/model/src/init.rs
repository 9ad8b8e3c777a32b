//! Parameters and their initial values: those of [`dien_tensor::init`].

pub use dien_tensor::init::{Builder, ParamError, ParamSource};
