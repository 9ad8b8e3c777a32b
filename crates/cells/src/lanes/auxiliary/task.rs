//! The loss, and its gradients, over tasks of a few blocks each, in parallel.

use std::ops::Range;

use dien_kernels::par::{Split, join, threads};
use dien_kernels::simd::dispatch;
use dien_tensor::{Pool, Real};

use super::Loss;
use super::entropy::Entropy;
use super::info_nce::InfoNce;
use super::pair_tile::{COLUMNS, PairTile, Pairs};
use crate::{LANES, Packed, PerBlock, PerTask};

/// Tasks that a batch should have at least, if that leaves each a few tiles: a task has gradients of the
/// parameters of its own, which are written and read once more.
const TASKS: usize = 32;

/// Tiles in a task, at least and at most.
const TILES: [usize; 2] = [2, 6];

/// How a state is scored against an event, over tiles.
///
/// A task calls [`state`](Score::state), then for each event [`logits`](Score::logits) and perhaps
/// [`event_back`](Score::event_back), at last [`state_back`](Score::state_back), with the same `work`.
pub(super) trait Score<T: Real>: Sync {
    /// Elements of `work`.
    fn work(&self) -> usize;
    /// Elements of the gradients of all parameters, in the score's own layout.
    fn sums(&self) -> usize;
    /// Computes what depends on the states `h` alone.
    fn state(&self, h: &[T], width: usize, work: &mut [T]);
    /// f(h, e) of each column.
    fn logits(&self, e: &[T], width: usize, work: &mut [T], z: &mut [T; COLUMNS]);
    /// Back from `dz`, the gradient of the logits just computed, to the events. `first` begins the gradient
    /// of what depends on the state alone; others are added to it.
    fn event_back(&self, dz: &[T; COLUMNS], e: &[T], first: bool, width: usize, back: Back<'_, T>);
    /// Back from what depends on the state alone to the states.
    fn state_back(&self, h: &[T], width: usize, back: Back<'_, T>);
}

/// What the way back of a [`Score`] writes.
pub(super) struct Back<'a, T> {
    /// The gradient of the events or states, `[features, COLUMNS]`, to overwrite.
    pub dx: &'a mut [T],
    pub work: &'a mut [T],
    /// The gradients of the parameters, to add to.
    pub sums: &'a mut [T],
}

/// What the loss is computed from.
pub(super) struct Problem<'a, T: Real, S> {
    pub loss: Loss,
    pub packed: &'a Packed,
    pub score: S,
    pub interests: &'a [T],
    /// The events, then the negatives.
    pub events: &'a [&'a [T]],
    /// The features of an interest and of an event.
    pub widths: (usize, usize),
    /// The number of pairs.
    pub pairs: usize,
    pub pool: &'a Pool<T>,
}

/// The gradients of the parameters (a part for each task), of each block's predecessor in the interests,
/// and of all events: within a block first the true ones, then each negative.
pub(super) type Gradients<'a, T> = (PerTask<&'a mut [T]>, PerBlock<&'a mut [T]>, PerBlock<&'a mut [T]>);

/// A task's memory, and what it gives.
struct Task<'a, T> {
    /// Its first block.
    start: usize,
    /// A tile of events.
    e: &'a mut [T],
    /// The logits of all events of a tile, if they are wanted together.
    z: &'a mut [[T; COLUMNS]],
    dx: &'a mut [T],
    work: &'a mut [T],
    losses: [T; COLUMNS],
    /// The parts of [`Gradients`].
    gradients: Option<(&'a mut [T], &'a mut [T], &'a mut [T])>,
}

/// The number of tasks; each has its loss, and its gradients of the parameters.
pub(super) fn tasks(pairs: usize) -> usize {
    let tiles = pairs.div_ceil(COLUMNS);
    tiles.div_ceil((tiles / TASKS).clamp(TILES[0], TILES[1]))
}

impl<T: Real, S: Score<T>> Problem<'_, T, S> {
    /// Computes each task's sum of losses and, if wanted, its gradients. Tasks are fixed by the data,
    /// whatever the pool.
    pub(super) fn run(&self, losses: PerTask<&mut [T]>, gradients: Option<Gradients<'_, T>>) {
        let tasks = tasks(self.pairs);
        self.pool.reserve(threads().min(tasks), self.scratch());
        self.walk(0..self.packed.blocks(), self.pairs, tasks, (losses, gradients));
    }

    /// The elements of a task's scratch.
    fn scratch(&self) -> usize {
        let (hidden, event) = self.widths;
        (hidden + event + self.kept() + hidden.max(event)) * COLUMNS + self.score.work()
    }

    /// For how many events a tile's logits are kept.
    fn kept(&self) -> usize {
        match self.loss {
            Loss::Paper => 0,
            Loss::InfoNce => self.events.len(),
        }
    }

    fn walk(
        &self,
        blocks: Range<usize>,
        pairs: usize,
        tasks: usize,
        parts: (PerTask<&mut [T]>, Option<Gradients<'_, T>>),
    ) {
        if tasks <= 1 {
            let (losses, gradients) = parts.part();
            return self.task(blocks, &mut losses[0], gradients);
        }
        let left = tasks / 2;
        let cut = Pairs::new(self.packed, blocks.clone()).cut(pairs * left / tasks);
        let left_pairs = Pairs::new(self.packed, blocks.start..cut).count();
        let (a, b) = parts.split(left, cut - blocks.start);
        let (mut a, mut b) = (Some(a), Some(b));
        join(&mut || self.walk(blocks.start..cut, left_pairs, left, a.take().expect("once")), &mut || {
            self.walk(cut..blocks.end, pairs - left_pairs, tasks - left, b.take().expect("once"))
        });
    }

    fn task(
        &self,
        blocks: Range<usize>,
        loss: &mut T,
        mut gradients: Option<(&mut [T], &mut [T], &mut [T])>,
    ) {
        let (hidden, event) = self.widths;
        let (size, k) = (event * LANES, self.events.len() - 1);
        let mut scratch = self.pool.scratch(self.scratch());
        let (h, rest) = scratch.split_at_mut(hidden * COLUMNS);
        let (e, rest) = rest.split_at_mut(event * COLUMNS);
        let (z, rest) = rest.split_at_mut(self.kept() * COLUMNS);
        let (dx, work) = rest.split_at_mut(hidden.max(event) * COLUMNS);
        if let Some((sums, d_before, d_events)) = &mut gradients {
            sums.fill(T::zero());
            // A chunk's first block has no predecessor, and is in no tile.
            for first in (0..self.packed.chunks()).map(|chunk| self.packed.chunk(chunk).start) {
                if blocks.contains(&first) {
                    let block = first - blocks.start;
                    d_before[block * hidden * LANES..][..hidden * LANES].fill(T::zero());
                    d_events[block * size * (1 + k)..][..size * (1 + k)].fill(T::zero());
                }
            }
        }
        let z = z.as_chunks_mut().0;
        let mut task = Task { start: blocks.start, e, z, dx, work, losses: [T::zero(); COLUMNS], gradients };
        let mut pairs = Pairs::new(self.packed, blocks);
        while let Some(tile) = PairTile::take(&mut pairs) {
            tile.gather(self.interests, 1, hidden, h);
            self.score.state(h, tile.width(), task.work);
            match self.loss {
                Loss::Paper => self.one_by_one(&tile, &mut task),
                Loss::InfoNce => self.together(&tile, &mut task),
            }
            if let Some((sums, d_before, _)) = &mut task.gradients {
                let dx = &mut task.dx[..hidden * COLUMNS];
                self.score.state_back(h, tile.width(), Back { dx, work: task.work, sums });
                tile.scatter(dx, hidden, d_before, (task.start, hidden * LANES));
            }
        }
        *loss = task.losses.iter().fold(T::zero(), |sum, &l| sum + l);
    }

    /// The paper's loss of a tile: an event's derivative depends on its logit alone, so one pass goes there
    /// and back.
    fn one_by_one(&self, tile: &PairTile, task: &mut Task<'_, T>) {
        let (used, k) = (tile.used, self.events.len() - 1);
        let scale = T::of(1.0 / self.pairs as f64);
        for which in 0..=k {
            let mut z = [T::zero(); COLUMNS];
            self.event(which, tile, task, &mut z);
            let positive = which == 0;
            let weight = if positive { T::one() } else { T::of(1.0 / k as f64) };
            let scale = weight * scale;
            dispatch(Entropy { positive, used, weight, scale, z: &mut z, losses: &mut task.losses });
            self.event_back(which, tile, task, (&z, positive));
        }
    }

    /// InfoNCE of a tile: an event's derivative depends on all logits, so they come first.
    fn together(&self, tile: &PairTile, task: &mut Task<'_, T>) {
        let k = self.events.len() - 1;
        for which in 0..=k {
            let mut z = [T::zero(); COLUMNS];
            self.event(which, tile, task, &mut z);
            task.z[which] = z;
        }
        let (used, scale) = (tile.used, T::of(1.0 / self.pairs as f64));
        dispatch(InfoNce { used, scale, z: task.z, losses: &mut task.losses });
        if task.gradients.is_none() {
            return;
        }
        for which in (0..=k).rev() {
            // Of the last event, the score still has what lies between; of the others it must have it again.
            if which < k {
                self.event(which, tile, task, &mut [T::zero(); COLUMNS]);
            }
            let z = task.z[which];
            self.event_back(which, tile, task, (&z, which == k));
        }
    }

    /// The logits of event number `which`.
    fn event(&self, which: usize, tile: &PairTile, task: &mut Task<'_, T>, z: &mut [T; COLUMNS]) {
        tile.gather(self.events[which], 0, self.widths.1, task.e);
        self.score.logits(task.e, tile.width(), task.work, z);
    }

    /// Back to event number `which` from the gradient of the logits just computed, if wanted; `first` as in
    /// [`event_back`](Score::event_back).
    fn event_back(
        &self,
        which: usize,
        tile: &PairTile,
        task: &mut Task<'_, T>,
        (dz, first): (&[T; COLUMNS], bool),
    ) {
        let Some((sums, _, d_events)) = &mut task.gradients else { return };
        let event = self.widths.1;
        let (dx, size) = (&mut task.dx[..event * COLUMNS], event * LANES);
        self.score.event_back(dz, task.e, first, tile.width(), Back { dx, work: task.work, sums });
        let to = &mut d_events[which * size..];
        tile.scatter(dx, event, to, (task.start, self.events.len() * size));
    }
}
