//! Which rows train, and which are held out.

use dien_serving::encoding::hash;
use serde::{Deserialize, Serialize};

use super::cut::TimeCut;
use crate::time::Tick;

/// Which rows are held out. All of one group, or of one time, are on the same side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Split {
    /// Seeded shares of the groups (users), by a hash of their ids: the same on every machine, and as the log
    /// grows.
    Group {
        /// The share that validates.
        #[serde(default)]
        validation: f64,
        /// The share that tests.
        #[serde(default)]
        test: f64,
        /// Another seed holds out others.
        #[serde(default)]
        seed: u64,
    },
    /// By time: what comes first trains.
    Time {
        /// The first time that validates; else nothing does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        validation_from: Option<TimeCut>,
        /// The first time that tests; else nothing does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test_from: Option<TimeCut>,
    },
}

/// A part of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// What is learnt from.
    Training,
    /// What chooses the best epoch.
    Validation,
    /// What is measured in the end.
    Test,
}

impl Split {
    /// Whom a row belongs to, if what its time counts is known to those that cut by a date; `tick` is what
    /// its column says.
    pub(crate) fn part_at(&self, group: &str, time: i64, tick: impl Fn() -> Option<Tick>) -> Option<Part> {
        Some(match *self {
            Split::Group { validation, test, seed } => {
                // 53 bits are as many as an f64 holds.
                let share = (hash(seed, group.as_bytes()) >> 11) as f64 / (1_u64 << 53) as f64;
                if share < test {
                    Part::Test
                } else if share < test + validation {
                    Part::Validation
                } else {
                    Part::Training
                }
            }
            Split::Time { validation_from, test_from } => {
                let from = |cut: Option<TimeCut>| cut.map_or(Some(false), |cut| cut.holds(time, &tick));
                match (from(test_from)?, from(validation_from)?) {
                    (true, _) => Part::Test,
                    (false, true) => Part::Validation,
                    (false, false) => Part::Training,
                }
            }
        })
    }

    /// Whom a row belongs to, by cuts in the unit of its time.
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "what is built is Parquet"))]
    pub(crate) fn part(&self, group: &str, time: i64) -> Part {
        self.part_at(group, time, || None).unwrap_or(Part::Training)
    }

    /// Whether it gives a part any row.
    pub(crate) fn has(&self, part: Part) -> bool {
        match (self, part) {
            (_, Part::Training) => true,
            (Split::Group { validation, .. }, Part::Validation) => *validation > 0.0,
            (Split::Group { test, .. }, Part::Test) => *test > 0.0,
            (Split::Time { validation_from, .. }, Part::Validation) => validation_from.is_some(),
            (Split::Time { test_from, .. }, Part::Test) => test_from.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_keep_their_side_and_shares_are_met() {
        let split = Split::Group { validation: 0.2, test: 0.1, seed: 3 };
        let parts: Vec<Part> = (0..20_000).map(|i| split.part(&format!("user {i}"), i)).collect();
        let share = |part| parts.iter().filter(|&&p| p == part).count() as f64 / parts.len() as f64;
        assert!((share(Part::Test) - 0.1).abs() < 0.01 && (share(Part::Validation) - 0.2).abs() < 0.01);
        assert!((0..20_000).all(|i| split.part(&format!("user {i}"), -i) == parts[i as usize]));
        let other = Split::Group { validation: 0.2, test: 0.1, seed: 4 };
        assert!((0..100).any(|i| other.part(&format!("user {i}"), i) != parts[i as usize]));
    }

    #[test]
    fn a_cut_in_time_belongs_to_what_comes_after() {
        let split = Split::Time { validation_from: Some(10.into()), test_from: Some(20.into()) };
        let parts = [9, 10, 19, 20].map(|time| split.part("", time));
        assert_eq!(parts, [Part::Training, Part::Validation, Part::Validation, Part::Test]);
        assert!(!Split::Time { validation_from: None, test_from: Some(1.into()) }.has(Part::Validation));
    }
}
