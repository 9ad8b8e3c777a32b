//! Rows that stand more than once.

use std::collections::HashMap;

use super::MANY;

/// Hashes that are kept at most.
const KEPT: usize = 1 << 16;
/// From this share on it is told.
const SHARE: f64 = 0.01;

/// The share of rows that were there before, from those whose hash is small: as exact as a poll of
/// 65,536, in the memory of that many.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Repeats {
    kept: HashMap<u64, u64>,
    /// A hash is kept if so many of its first bits are 0.
    zeros: u32,
    rows: u64,
}

impl Repeats {
    /// Adds a row by its hash.
    pub fn add(&mut self, hash: u64) {
        self.rows += 1;
        if hash.leading_zeros() < self.zeros {
            return;
        }
        *self.kept.entry(hash).or_default() += 1;
        if self.kept.len() > KEPT {
            self.zeros += 1;
            self.kept.retain(|hash, _| hash.leading_zeros() >= self.zeros);
        }
    }

    /// The share of rows that were there before.
    pub fn share(&self) -> f64 {
        let all: u64 = self.kept.values().sum();
        (all - self.kept.len() as u64) as f64 / all.max(1) as f64
    }

    /// What to tell of it.
    pub fn warning(&self) -> Option<String> {
        let share = self.share();
        let percent = 100.0 * share;
        let about = if self.zeros == 0 { "" } else { "about " };
        (self.rows >= MANY && share >= SHARE).then(|| {
            format!(
                "{about}{percent:.1} % of the training rows were there before, alike in every column that is \
                 read, the time too: a log that was written twice?"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dien_serving::encoding::scramble;

    #[test]
    fn the_share_is_that_of_the_rows_that_were_there_before() {
        let mut repeats = Repeats::default();
        (0..1000).for_each(|i| repeats.add(scramble(i)));
        assert_eq!((repeats.share(), repeats.warning()), (0.0, None));
        (0..250).for_each(|i| repeats.add(scramble(i)));
        assert_eq!(repeats.share(), 0.2);
        assert!(repeats.warning().unwrap().starts_with("20.0 % of the training rows"));
        // Of many, a poll.
        (0..2_000_000).for_each(|i| repeats.add(scramble(1_000_000 + i % 1_500_000)));
        assert!(repeats.kept.len() <= KEPT);
        assert!((repeats.share() - 0.25).abs() < 0.01, "{}", repeats.share());
        assert!(repeats.warning().unwrap().starts_with("about 2"));
    }
}
