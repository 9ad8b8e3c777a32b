//! The parts that models are made of.

mod attention;
mod auxiliary;
mod embedding;
mod event_rows;
mod evolution;
mod extractor;
mod head;
mod interest;
mod layout;
mod sequences;

pub use attention::{ActivationUnit, Attention, Bilinear};
pub use auxiliary::Auxiliary;
pub use embedding::Embedding;
pub use event_rows::EventRows;
pub use evolution::Evolution;
pub use extractor::Extractor;
pub use head::Head;
pub use interest::{Interest, InterestOutput};
pub use layout::{HeadInput, HeadInputs, HeadLayout};
pub use sequences::{SequenceInput, add_history, per_sequence, push_history, sequence_inputs};

use dien_tensor::ParamId;
use dien_tensor::nn::Linear;

/// The bias of a layer that was made with one.
pub(crate) fn bias(layer: &Linear) -> ParamId {
    layer.bias.expect("the layer was made with a bias")
}
