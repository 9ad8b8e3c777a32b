//! Which model a state is of.

use std::fmt;
use std::str::FromStr;

use dien_tensor::ParamStore;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::Xxh3;

use crate::{EmbeddingFeature, Features, Table};

/// 128 bits (XXH3) over a model's configuration, features and every parameter: models that score differently
/// have different ones, but for chance. It is computed once, when a model is made ready to serve, at some
/// gigabytes a second; to compare two is nothing. It is no secret, and no proof against forgery.
///
/// A state that another version of `dien` made may be refused, even if the model's file is the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Of the parameters, and of what else tells one model from another.
    pub(super) fn new(
        description: &str,
        features: &Features,
        max_history: &[usize],
        params: &ParamStore<f32>,
    ) -> Self {
        let mut hash = Hash(Xxh3::new());
        hash.text(description);
        hash.features(features);
        hash.sizes(max_history);
        let mut bytes = [0; 4096];
        for id in params.ids() {
            hash.text(params.name(id));
            hash.sizes(params.shape(id));
            for numbers in params.data(id).chunks(bytes.len() / 4) {
                let (words, _) = bytes.as_chunks_mut::<4>();
                words.iter_mut().zip(numbers).for_each(|(word, x)| *word = x.to_le_bytes());
                hash.0.update(&bytes[..4 * numbers.len()]);
            }
        }
        Fingerprint(hash.0.digest128().to_be_bytes())
    }
}

/// No two things give the same bytes: a length comes before what has one. Nor do they depend on how a type
/// prints itself.
struct Hash(Xxh3);

impl Hash {
    fn size(&mut self, n: usize) {
        self.0.update(&(n as u64).to_le_bytes());
    }

    fn sizes(&mut self, sizes: &[usize]) {
        self.size(sizes.len());
        sizes.iter().for_each(|&n| self.size(n));
    }

    fn text(&mut self, text: &str) {
        self.size(text.len());
        self.0.update(text.as_bytes());
    }

    fn features(&mut self, features: &Features) {
        let Features { tables, behaviours, sparse, multi_hot, dense, extra_sequences } = features;
        self.size(tables.len());
        for Table { name, num_embeddings, embedding_dim } in tables {
            self.text(name);
            self.sizes(&[*num_embeddings, *embedding_dim]);
        }
        for lookups in [behaviours, sparse, multi_hot] {
            self.size(lookups.len());
            for EmbeddingFeature { name, table, is_bag } in lookups {
                self.text(name);
                self.size(*table);
                // Others are hashed as they were before there were bags.
                if *is_bag {
                    self.text("bag");
                }
            }
        }
        for names in [dense, extra_sequences] {
            self.size(names.len());
            names.iter().for_each(|name| self.text(name));
        }
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// What [`Display`](fmt::Display) writes.
impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = digits.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        let of = |number: u128| Fingerprint(number.to_be_bytes());
        number.map(of).ok_or_else(|| format!("`{text}`; expected 32 hexadecimal digits"))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
