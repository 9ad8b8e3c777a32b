//! From what a log or a request says to what a model reads: tokens to ids, numbers to features, items to
//! both.

mod dense;
mod hash;
mod item_table;
mod text;
mod vocabularies;
mod vocabulary;

pub use dense::{DenseEncoder, Standardizer, Transform};
pub use hash::{hash, scramble};
pub use item_table::ItemTable;
pub use text::utf8;
pub use vocabularies::Vocabularies;
pub use vocabulary::Vocabulary;
