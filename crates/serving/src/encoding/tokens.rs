//! Texts by number, and numbers by text.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Texts, each once, numbered from 0 in the order in which they came.
///
/// They stand one after the other in one piece, so that a vocabulary takes about as much memory as it does in
/// a model file. Numbers are found by a keyed hash: a client's ids cannot be made to collide.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    text: String,
    /// Where each ends.
    ends: Vec<u64>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

/// Why texts are none of [`Tokens`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoTokens {
    /// They are no UTF-8, or the ends do not ascend to the last text's.
    Broken,
    /// One of them stands there before.
    Repeated { number: usize, text: String },
}

impl Tokens {
    /// Texts that stand one after the other, and where each ends.
    pub fn from_parts(text: Vec<u8>, ends: Vec<u64>) -> Result<Self, NoTokens> {
        let text = String::from_utf8(text).map_err(|_| NoTokens::Broken)?;
        let fits = |&end: &u64| usize::try_from(end).is_ok_and(|end| text.is_char_boundary(end));
        let whole = ends.last().copied().unwrap_or(0) == text.len() as u64;
        if !(whole && ends.is_sorted() && ends.iter().all(fits)) || u32::try_from(ends.len()).is_err() {
            return Err(NoTokens::Broken);
        }
        let mut tokens = Tokens { numbers: HashTable::with_capacity(ends.len()), ..Tokens::default() };
        (tokens.text, tokens.ends) = (text, ends);
        for number in 0..tokens.ends.len() {
            let text = tokens.at(number);
            let hash = tokens.hash(text);
            if tokens.find(hash, text).is_some() {
                return Err(NoTokens::Repeated { number, text: text.to_owned() });
            }
            tokens.index(hash, number as u32);
        }
        Ok(tokens)
    }

    /// A text's number: a new one, or, as `Err`, that which it has.
    ///
    /// # Panics
    /// At 2³² texts.
    pub fn insert(&mut self, text: &str) -> Result<u32, u32> {
        let hash = self.hash(text);
        if let Some(number) = self.find(hash, text) {
            return Err(number);
        }
        let number = u32::try_from(self.len()).expect("fewer than 2³² texts");
        self.text.push_str(text);
        self.ends.push(self.text.len() as u64);
        self.index(hash, number);
        Ok(number)
    }

    /// The number of a text.
    pub fn number(&self, text: &str) -> Option<u32> {
        self.find(self.hash(text), text)
    }

    /// The text of a number.
    pub fn get(&self, number: usize) -> Option<&str> {
        (number < self.len()).then(|| self.at(number))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// All, by their numbers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.len()).map(|number| self.at(number))
    }

    fn at(&self, number: usize) -> &str {
        slice(&self.text, &self.ends, number)
    }

    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }

    fn find(&self, hash: u64, text: &str) -> Option<u32> {
        self.numbers.find(hash, |&number| self.at(number as usize) == text).copied()
    }

    fn index(&mut self, hash: u64, number: u32) {
        let Tokens { text, ends, numbers, hasher } = self;
        numbers.insert_unique(hash, number, |&n| hasher.hash_one(slice(text, ends, n as usize)));
    }
}

fn slice<'a>(text: &'a str, ends: &[u64], number: usize) -> &'a str {
    let start = number.checked_sub(1).map_or(0, |before| ends[before] as usize);
    &text[start..ends[number] as usize]
}

impl PartialEq for Tokens {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl Eq for Tokens {}

impl<S: AsRef<str>> FromIterator<S> for Tokens {
    /// The texts in their order; those that stand there before are left out.
    fn from_iter<I: IntoIterator<Item = S>>(texts: I) -> Self {
        let mut tokens = Tokens::default();
        for text in texts {
            let _ = tokens.insert(text.as_ref());
        }
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_number_of_their_place() {
        let mut tokens = Tokens::default();
        let texts: Vec<String> = (0..2000).map(|i| format!("{}é", i * 7919 % 10007)).collect();
        for (text, number) in texts.iter().zip(0..) {
            assert_eq!(tokens.insert(text), Ok(number));
        }
        assert_eq!((tokens.insert(&texts[3]), tokens.insert("")), (Err(3), Ok(2000)));
        assert_eq!(
            (tokens.number(&texts[1999]), tokens.number(""), tokens.number("x")),
            (Some(1999), Some(2000), None)
        );
        assert_eq!((tokens.get(1), tokens.get(2001), tokens.len()), (Some(&*texts[1]), None, 2001));
        assert!(tokens.iter().take(2000).eq(texts.iter().map(String::as_str)));
        let parts = Tokens::from_parts(tokens.text.clone().into_bytes(), tokens.ends.clone());
        assert_eq!(parts, Ok(tokens));
    }

    #[test]
    fn parts_must_fit() {
        let parts = |text: &str, ends: &[u64]| Tokens::from_parts(text.into(), ends.to_vec());
        assert_eq!(parts("abab", &[2, 3, 4]).unwrap().number("b"), Some(2));
        assert_eq!(parts("abab", &[2, 4]), Err(NoTokens::Repeated { number: 1, text: "ab".into() }));
        for (text, ends) in [("ab", &[1][..]), ("ab", &[3]), ("ab", &[2, 1, 2]), ("é", &[1, 2]), ("a", &[])]
        {
            assert_eq!(parts(text, ends), Err(NoTokens::Broken), "{text} {ends:?}");
        }
        assert_eq!(Tokens::from_parts(vec![0xff], vec![1]), Err(NoTokens::Broken));
        assert_eq!(parts("", &[]).unwrap().len(), 0);
    }
}
