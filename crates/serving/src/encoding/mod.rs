//! From what a log or a request says to what a model reads: tokens to ids, numbers to features, items to
//! both.

mod civil;
mod dense;
mod hash;
mod id_type;
pub(crate) mod item_table;
mod numeral;
mod repeats;
mod text;
pub(crate) mod tokens;
mod vocabularies;
pub(crate) mod vocabulary;

pub use civil::{Date, NotIso, Timestamp};
pub use dense::{DenseEncoder, Standardizer, Transform};
pub use hash::{hash, hash_integer, scramble};
pub use id_type::{IdType, IdTypeInference, canonical};
pub use item_table::ItemTable;
pub use repeats::Repeats;
pub use text::utf8;
pub use vocabularies::Vocabularies;
pub use vocabulary::Vocabulary;
