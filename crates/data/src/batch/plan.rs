//! Which targets meet in which batch.

use std::ops::Range;

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::sample::options::DataOptions;
use crate::sample::samples::Part;

/// Neighbouring targets of one user: they share one history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub user: u32,
    /// Places in the part's targets.
    pub first: usize,
    pub last: usize,
}

/// Groups, cut into batches.
#[derive(Clone, Debug)]
pub(crate) struct BatchPlan {
    groups: Vec<Group>,
    /// Each batch's groups.
    batches: Vec<Range<usize>>,
}

impl Group {
    pub fn targets(&self) -> usize {
        self.last - self.first
    }

    /// The events to load: from the first target's window to the last target.
    pub fn window(&self, part: &Part, max_history: usize) -> Range<usize> {
        let end = part.targets[self.last - 1].end as usize;
        (part.targets[self.first].end as usize).saturating_sub(max_history)..end
    }
}

impl BatchPlan {
    /// Shuffled, bucketed by length, cut to `batch_size` targets, the batches shuffled.
    pub fn training(part: &Part, options: &DataOptions, per_position: usize, rng: &mut ChaCha8Rng) -> Self {
        let per_batch = (options.batch_size / per_position).max(1);
        let mut groups = groups(part, options.targets_per_history);
        groups.shuffle(rng);
        if options.bucket_batches > 1 {
            let (cut, windows) = cut(groups, per_batch.saturating_mul(options.bucket_batches));
            groups = cut;
            for window in windows {
                groups[window].sort_by_key(|g| g.window(part, options.max_history).len());
            }
        }
        let (groups, mut batches) = cut(groups, per_batch);
        batches.shuffle(rng);
        BatchPlan { groups, batches }
    }

    /// By ascending length, then in the log's order; the targets of a position stay together.
    pub fn held_out(part: &Part, options: &DataOptions, per_position: usize) -> Self {
        let mut groups = groups(part, 0);
        groups.sort_by_key(|g| g.window(part, options.max_history).len());
        let (groups, batches) = cut(groups, options.test_batch_size / per_position * per_position);
        BatchPlan { groups, batches }
    }

    pub fn len(&self) -> usize {
        self.batches.len()
    }

    pub fn batch(&self, index: usize) -> &[Group] {
        &self.groups[self.batches[index].clone()]
    }
}

/// Every target once, in runs of at most `most` of one user (0: all of them).
fn groups(part: &Part, most: usize) -> Vec<Group> {
    let mut groups = Vec::with_capacity(part.users.len());
    for (&user, bounds) in part.users.iter().zip(part.offsets.windows(2)) {
        let most = if most == 0 { bounds[1] - bounds[0] } else { most };
        let runs = (bounds[0]..bounds[1]).step_by(most);
        groups.extend(runs.map(|first| Group { user, first, last: (first + most).min(bounds[1]) }));
    }
    groups
}

/// Cuts the targets, in the order of the groups, every `size`; a group across a cut becomes two.
fn cut(groups: Vec<Group>, size: usize) -> (Vec<Group>, Vec<Range<usize>>) {
    let (mut pieces, mut ranges) = (Vec::with_capacity(groups.len()), vec![]);
    let (mut start, mut room) = (0, size);
    for mut group in groups {
        while group.targets() > 0 {
            let taken = group.targets().min(room);
            pieces.push(Group { last: group.first + taken, ..group });
            group.first += taken;
            room -= taken;
            if room == 0 {
                ranges.push(start..pieces.len());
                (start, room) = (pieces.len(), size);
            }
        }
    }
    if start < pieces.len() {
        ranges.push(start..pieces.len());
    }
    (pieces, ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::draw::{self, Use};
    use crate::sample::samples::Target;

    fn part(counts: &[usize]) -> Part {
        let mut part = Part::default();
        for (user, &n) in (0..).zip(counts) {
            part.users.push(user);
            part.targets.extend((0..n as u32).map(|end| Target { end, item: 0, label: 1.0 }));
            part.offsets.push(part.targets.len());
        }
        part
    }

    fn sizes(plan: &BatchPlan) -> Vec<usize> {
        (0..plan.len()).map(|i| plan.batch(i).iter().map(Group::targets).sum()).collect()
    }

    #[test]
    fn fills_every_batch_but_one_and_takes_each_target_once() {
        let part = part(&[5, 1, 9, 30, 2, 2, 7]);
        for (batch_size, targets_per_history, bucket_batches) in
            [(16, 0, 8), (6, 2, 0), (2, 1, 3), (1000, 0, 1)]
        {
            let options =
                DataOptions { batch_size, targets_per_history, bucket_batches, ..DataOptions::default() };
            let plan = BatchPlan::training(&part, &options, 2, &mut draw::rng(Use::Shuffle, 3, 4, 0));
            let mut sizes = sizes(&plan);
            sizes.sort_unstable_by(|a, b| b.cmp(a));
            assert!(sizes[..sizes.len() - 1].iter().all(|&n| n == batch_size / 2), "{sizes:?}");
            let mut seen: Vec<usize> = plan.groups.iter().flat_map(|g| g.first..g.last).collect();
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..part.targets.len()));
            assert!(
                targets_per_history == 0 || plan.groups.iter().all(|g| g.targets() <= targets_per_history)
            );
        }
    }

    #[test]
    fn buckets_hold_histories_of_one_length() {
        let counts: Vec<usize> = (0..4000).map(|i| 1 + (i * 7919) % 40).collect();
        let part = part(&counts);
        let spread = |bucket_batches| {
            let options = DataOptions { bucket_batches, ..DataOptions::default() };
            let plan = BatchPlan::training(&part, &options, 2, &mut draw::rng(Use::Shuffle, 1, 0, 0));
            let length = |g: &Group| g.window(&part, 100).len();
            let range =
                |b: &[Group]| b.iter().map(length).max().unwrap() - b.iter().map(length).min().unwrap();
            (0..plan.len()).map(|i| range(plan.batch(i))).sum::<usize>() as f64 / plan.len() as f64
        };
        assert!(spread(16) < spread(0) / 2.0, "{} {}", spread(16), spread(0));
    }
}
