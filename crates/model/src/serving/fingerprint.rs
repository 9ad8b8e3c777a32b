//! Which model a state is of.

use std::fmt;
use std::str::FromStr;

use dien_tensor::ParamStore;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::Xxh3;

/// 128 bits (XXH3) over a model's configuration, features and every parameter: models that score differently
/// have different ones, but for chance. It is computed once, when a model is made ready to serve, at some
/// gigabytes a second; to compare two is nothing. It is no secret, and no proof against forgery.
///
/// A state that another version of `dien` made may be refused, even if the model's file is the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Of the parameters, and of what else tells one model from another.
    pub(super) fn new(description: &str, params: &ParamStore<f32>) -> Self {
        let mut hash = Xxh3::new();
        let text = |hash: &mut Xxh3, text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        text(&mut hash, description);
        let mut bytes = [0; 4096];
        for id in params.ids() {
            text(&mut hash, params.name(id));
            text(&mut hash, &format!("{:?}", params.shape(id)));
            for numbers in params.data(id).chunks(bytes.len() / 4) {
                let (words, _) = bytes.as_chunks_mut::<4>();
                words.iter_mut().zip(numbers).for_each(|(word, x)| *word = x.to_le_bytes());
                hash.update(&bytes[..4 * numbers.len()]);
            }
        }
        Fingerprint(hash.digest128().to_be_bytes())
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
