//! Behaviours that stand more than once in a history.

use std::collections::HashSet;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

/// What becomes of behaviours that a history has more than once. Behaviours are alike if all that an event
/// consists of is: ids, and of what is out of vocabulary the text.
///
/// ```
/// use dien_serving::encoding::Repeats;
///
/// let history = ["a", "a", "b", "a"];
/// assert_eq!(Repeats::MergeConsecutive.kept(history), [0, 2, 3]);
/// assert_eq!(Repeats::First.kept(history), [0, 2]);
/// assert_eq!(Repeats::Last.kept(history), [2, 3]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Repeats {
    /// They stay.
    #[default]
    Keep,
    /// Those that follow one another are one.
    MergeConsecutive,
    /// The first of all stays.
    First,
    /// The last of all stays: which one that is depends on what comes later.
    Last,
}

impl Repeats {
    /// The places of the events that stay, ascending, of those of a history, oldest first.
    pub fn kept<K: Eq + Hash>(self, events: impl IntoIterator<Item = K>) -> Vec<usize> {
        let mut seen = HashSet::new();
        let events = events.into_iter().enumerate();
        match self {
            Repeats::Keep => events.map(|(place, _)| place).collect(),
            Repeats::MergeConsecutive => {
                let mut last = None;
                let is_new = |(place, event)| {
                    let is_new = last.as_ref() != Some(&event);
                    last = Some(event);
                    is_new.then_some(place)
                };
                events.filter_map(is_new).collect()
            }
            Repeats::First => {
                events.filter_map(|(place, event)| seen.insert(event).then_some(place)).collect()
            }
            Repeats::Last => {
                let all: Vec<(usize, K)> = events.collect();
                let latest = all.into_iter().rev();
                let mut kept: Vec<usize> =
                    latest.filter_map(|(place, event)| seen.insert(event).then_some(place)).collect();
                kept.reverse();
                kept
            }
        }
    }

    /// Whether what stays of a history's beginning is the beginning of what stays of it.
    pub fn is_causal(self) -> bool {
        self != Repeats::Last
    }

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Repeats::Keep => "keep",
            Repeats::MergeConsecutive => "merge-consecutive",
            Repeats::First => "first",
            Repeats::Last => "last",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_what_stays_is_what_stays_of_the_beginning() {
        let history: Vec<u32> = (0..200_u32).map(|i| i * i / 5 % 7).collect();
        for repeats in [Repeats::Keep, Repeats::MergeConsecutive, Repeats::First, Repeats::Last] {
            let whole = repeats.kept(&history);
            assert!(whole.is_sorted() && (repeats == Repeats::Keep || whole.len() < 200));
            let is_causal = (0..history.len()).all(|end| {
                whole.iter().copied().take_while(|place| *place < end).eq(repeats.kept(&history[..end]))
            });
            assert_eq!(is_causal, repeats.is_causal(), "{repeats:?}");
            let text = serde_json::to_string(&repeats).unwrap();
            assert_eq!(text, format!("\"{}\"", repeats.name()));
        }
        assert!(Repeats::First.kept::<u32>([]).is_empty());
    }
}
