//! Which of a user's behaviours belong to which part.

use std::ops::Range;

use crate::behaviours::log::{Impression, User};
use crate::build::{SampleBuilder, TargetPolicy};
use crate::sample::split::Split;
use crate::schema::{self, Part};

/// What a part has of a user: the events it may see, and those of them that are targets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Share {
    pub events: Range<usize>,
    pub targets: Vec<usize>,
}

impl SampleBuilder {
    /// What a part has of a user who was shown these: the events it may see, and those that are targets.
    pub(super) fn share_shown(
        &self,
        split: &Split<'_>,
        user: &User,
        shown: &[Impression],
        part: Part,
    ) -> Share {
        let enough = |shown: &Impression| shown.end as usize >= self.min_history;
        let mine = |shown: &Impression| split.part(&user.id, shown.time, || None) == Some(part);
        let targets: Vec<usize> =
            (0..shown.len()).filter(|&at| enough(&shown[at]) && mine(&shown[at])).collect();
        let seen = targets.iter().map(|&at| shown[at].end as usize).max().unwrap_or_default();
        Share { events: 0..seen, targets }
    }

    /// What a part has of a user. Those that the log names as test users train and validate nothing, however
    /// the split is made; if it is by time, what they did before its cuts is no target of theirs.
    pub(super) fn share(&self, split: &Split<'_>, user: &User, part: Part) -> Share {
        let none = Share { events: 0..0, targets: vec![] };
        if user.test && part != Part::Test {
            return none;
        }
        let (seen, own) = match &self.split {
            schema::Split::Group { .. } => {
                if split.part_of(user) != part {
                    return none;
                }
                (user.events.len(), 0..user.events.len())
            }
            schema::Split::Time { .. } => {
                // Times do not go backwards, so a part is a run of events.
                let of = |e: &crate::behaviours::log::Event| self.split.part(&user.id, e.time);
                let rank =
                    |p: Part| [Part::Training, Part::Validation, Part::Test].iter().position(|x| *x == p);
                let start = user.events.partition_point(|e| rank(of(e)) < rank(part));
                let end = user.events.partition_point(|e| rank(of(e)) <= rank(part));
                (end, start..end)
            }
        };
        let first = own.start.max(self.min_history);
        let targets: Vec<usize> = match self.targets {
            TargetPolicy::Every => (first..own.end).collect(),
            TargetPolicy::Last => own.clone().next_back().filter(|&last| last >= first).into_iter().collect(),
        };
        if targets.is_empty() && part != Part::Training { none } else { Share { events: 0..seen, targets } }
    }
}
