//! The batches of an epoch, or of the held-out users.

use std::collections::HashMap;

use dien_model::{Batch, Behaviours, Histories, OOV, Targets};
use rand::rngs::ChaCha8Rng;

use crate::batch::bags;
use crate::batch::plan::{BatchPlan, Group};
use crate::sample::draw::{self, Use};
use crate::sample::sampler::Sampler;
use crate::sample::samples::{Context, ExtraSequence, Names, Part, Samples, pick, pick_lists};

/// A plan of batches; each is built when asked for, by any thread, and is the same however often and in
/// whatever order.
#[derive(Clone, Debug)]
pub struct IndexedBatches<'a> {
    data: &'a Samples,
    part: &'a Part,
    names: Option<&'a Names>,
    plan: BatchPlan,
    /// None for held-out users, whose negatives are fixed.
    draws: Option<Draws>,
}

/// What decides how training targets are shuffled, and which negatives they meet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    pub seed: u64,
    pub epoch: u64,
    /// Which part of the epoch this is, and how many batches come before it.
    pub part: u64,
    pub before: u64,
}

impl<'a> IndexedBatches<'a> {
    /// Of an epoch, if there is one to draw for: else of held-out users.
    pub(crate) fn new(
        data: &'a Samples,
        part: &'a Part,
        draws: Option<Draws>,
        names: Option<&'a Names>,
    ) -> Self {
        // A positive and its negative, or a real label alone.
        let per_position = if data.draws_targets() { 2 } else { 1 };
        let plan = match draws {
            Some(draws) => {
                let mut rng = draw::rng(Use::Shuffle, draws.seed, draws.epoch, draws.part);
                BatchPlan::training(part, &data.options, per_position, &mut rng)
            }
            None => BatchPlan::held_out(part, &data.options, per_position),
        };
        IndexedBatches { data, part, names, plan, draws }
    }

    /// How many batches.
    pub fn len(&self) -> usize {
        self.plan.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many targets all batches have together, drawn negatives included.
    pub fn targets(&self) -> usize {
        self.part.targets.len() * if self.draws_targets() { 2 } else { 1 }
    }

    /// Builds a batch. Of a training target, the positive comes first, then its drawn negative. Held-out
    /// users' batches have no auxiliary negatives.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    #[track_caller]
    pub fn batch(&self, index: usize) -> Batch {
        self.check(index);
        let groups = self.plan.batch(index);
        let (mut rng, candidates) = self.candidates(index);
        let histories = self.histories(groups, &mut rng);
        let extra = self.data.extra_sequences.iter();
        let extra_sequences = extra.map(|of| self.extra_sequence(of, groups, &mut rng)).collect();
        let batch =
            Batch::new(histories, self.targets_of(groups, &candidates)).with_extra_sequences(extra_sequences);
        bags::own(batch, &self.data.columns.bags)
    }

    /// The user and the candidate of each of a batch's targets, in order, as the log calls them.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    #[track_caller]
    pub fn ids(&self, index: usize) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.check(index);
        let copies = if self.draws_targets() { 2 } else { 1 };
        let (_, candidates) = self.candidates(index);
        let groups = self.plan.batch(index);
        let users: Vec<u32> =
            groups.iter().flat_map(|g| std::iter::repeat_n(g.user, g.targets() * copies)).collect();
        let names = self.names.expect("a log's users and items have names");
        let name = |(user, item): (u32, u32)| {
            (names.users[user as usize].as_str(), names.items[item as usize].as_str())
        };
        users.into_iter().zip(candidates).map(name)
    }

    /// The places of a batch's targets among the part's, where none are drawn.
    pub(crate) fn places(&self, index: usize) -> impl Iterator<Item = usize> {
        self.plan.batch(index).iter().flat_map(|g| g.first..g.last)
    }

    #[track_caller]
    fn check(&self, index: usize) {
        assert!(index < self.len(), "batch {index} of {}", self.len());
    }

    fn draws_targets(&self) -> bool {
        self.draws.is_some() && self.data.draws_targets()
    }

    /// The candidates' items, and the batch's generator after they were drawn.
    fn candidates(&self, index: usize) -> (ChaCha8Rng, Vec<u32>) {
        let mut rng = match self.draws {
            Some(d) => draw::rng(Use::Batch, d.seed, d.epoch, d.before + index as u64),
            None => draw::rng(Use::Batch, 0, 0, index as u64),
        };
        let groups = self.plan.batch(index);
        let targets = groups.iter().flat_map(|g| &self.part.targets[g.first..g.last]);
        let items = if self.draws_targets() {
            let (sampler, class) = (&self.data.sampler, &self.data.columns.class[..]);
            targets.flat_map(|t| [t.item, sampler.target(&mut rng, class, t.item)]).collect()
        } else {
            targets.map(|t| t.item).collect()
        };
        (rng, items)
    }

    fn histories(&self, groups: &[Group], rng: &mut ChaCha8Rng) -> Histories {
        let histories = groups.iter().map(|group| {
            let window = group.window(self.part, self.data.options.max_history);
            &self.data.histories.get(group.user)[window]
        });
        self.with_negatives(histories, &self.data.sampler, rng)
    }

    /// What a batch's targets look back on in an extra sequence. Equal histories are one.
    fn extra_sequence(&self, of: &ExtraSequence, groups: &[Group], rng: &mut ChaCha8Rng) -> Behaviours {
        let (mut known, mut histories) = (HashMap::new(), vec![]);
        let mut all = Behaviours::default();
        for place in groups.iter().flat_map(|g| g.first..g.last) {
            let events = of.histories.get(of.history[place]);
            let history = *known.entry(of.history[place]).or_insert_with(|| {
                histories.push(events);
                histories.len() as u32 - 1
            });
            all.history.push(history);
            all.start.push(0);
            all.end.push(events.len() as u32);
        }
        all.histories = self.with_negatives(histories.into_iter(), &of.sampler, rng);
        all
    }

    fn with_negatives<'b>(
        &self,
        histories: impl Iterator<Item = &'b [u32]>,
        sampler: &Sampler,
        rng: &mut ChaCha8Rng,
    ) -> Histories {
        let (options, columns) = (&self.data.options, &self.data.columns);
        let (mut offsets, mut events) = (vec![0], Vec::<u32>::new());
        for history in histories {
            events.extend_from_slice(history);
            offsets.push(events.len() as u32);
        }
        let draws = self.draws.is_some() && sampler.is_enough();
        let k = if draws { options.negatives_per_event } else { 0 };
        let mut drawn: Vec<u32> = Vec::with_capacity(events.len() * k);
        let mut negatives = vec![vec![]; if k > 0 { columns.behaviours.len() } else { 0 }];
        if k > 0 {
            for bounds in offsets.windows(2) {
                let own = &events[bounds[0] as usize..bounds[1] as usize];
                // A first event has no state before it that could predict it; its places are filled but not
                // drawn.
                drawn.extend(own.iter().take(1).flat_map(|&item| std::iter::repeat_n(item, k)));
                for &item in own.iter().skip(1) {
                    let kind = options.auxiliary_negatives;
                    let draw = |_| sampler.auxiliary(kind, rng, &columns.class, own, item);
                    drawn.extend((0..k).map(draw));
                }
            }
            let firsts = offsets.windows(2).filter(|b| b[0] < b[1]).map(|b| b[0] as usize * k);
            for (ids, column) in negatives.iter_mut().zip(&columns.behaviours) {
                *ids = pick(column, &drawn);
                firsts.clone().for_each(|at| ids[at..at + k].fill(OOV));
            }
        }
        let ids = columns.behaviours.iter().map(|column| pick(column, &events)).collect();
        Histories::new(offsets, ids).with_negatives(negatives, k)
    }

    fn targets_of(&self, groups: &[Group], candidates: &[u32]) -> Targets {
        let columns = &self.data.columns;
        let n = candidates.len();
        let mut targets = Targets::new(
            Vec::with_capacity(n),
            Vec::with_capacity(n),
            Vec::with_capacity(n),
            columns.behaviours.iter().map(|column| pick(column, candidates)).collect(),
        )
        .with_label(Vec::with_capacity(n))
        .with_group_id(Vec::with_capacity(n));
        let drawn = self.draws_targets();
        let max_history = self.data.options.max_history;
        for (history, group) in (0..).zip(groups) {
            let loaded = group.window(self.part, max_history).start;
            for target in &self.part.targets[group.first..group.last] {
                let end = target.end as usize - loaded;
                let start = end.saturating_sub(max_history);
                let labels = [target.label, 0.0];
                for &label in &labels[..if drawn { 2 } else { 1 }] {
                    targets.history.push(history);
                    targets.start.push(start as u32);
                    targets.end.push(end as u32);
                    targets.label.push(label);
                    targets.group_id.push(group.user);
                }
            }
        }
        match &self.data.context {
            Context::User => {
                targets.sparse = columns.sparse.iter().map(|ids| pick(ids, &targets.group_id)).collect();
                targets.multi_hot =
                    columns.multi_hot.iter().map(|lists| pick_lists(lists, candidates)).collect();
            }
            Context::Target(rows) => {
                let places: Vec<u32> = groups.iter().flat_map(|g| g.first as u32..g.last as u32).collect();
                targets.sparse = rows.sparse.iter().map(|ids| pick(ids, &places)).collect();
                targets.multi_hot = rows.multi_hot.iter().map(|lists| pick_lists(lists, &places)).collect();
                targets.dense = rows.dense.iter().map(|numbers| pick(numbers, &places)).collect();
                targets.group_id = pick(&rows.group_id, &places);
                targets.weight = if rows.weight.is_empty() { vec![] } else { pick(&rows.weight, &places) };
            }
        }
        targets
    }
}
