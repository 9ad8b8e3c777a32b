//! From what a log or a request says to what a model reads: tokens to ids, numbers to features, items to
//! both.

mod hash;
mod item_table;
mod number;
mod text;
mod vocabularies;
mod vocabulary;

pub use hash::{hash, scramble};
pub use item_table::ItemTable;
pub use number::{Number, Spread, Transform};
pub use text::utf8;
pub use vocabularies::Vocabularies;
pub use vocabulary::Vocabulary;
