//! Cells that add their own parameters, as the layers of [`dien_tensor::nn`] do.

mod attentional;
mod gru;
mod params;
mod pytorch;

pub use attentional::AttentionalGru;
pub use gru::Gru;
pub use params::CellParams;
pub use pytorch::{GruWeights, PytorchError};
