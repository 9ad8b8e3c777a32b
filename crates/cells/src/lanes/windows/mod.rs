//! From histories to the targets that look back on them.

mod gather;
mod pool;
mod rows;
mod weighted;

pub use gather::GatherOp;
pub use gather::gather;
pub use pool::PoolOp;
pub use pool::pool;
pub(crate) use rows::{HistoryRows, add_rows, history_rows, sum_targets};
pub use weighted::WeightedPoolOp;
pub use weighted::weighted_pool;

use std::ops::Range;
use std::sync::Arc;

use dien_kernels::par::{Split, walk};

use crate::{LANES, Packed};

/// Tasks that a batch should have at least, if that leaves each its events.
const TASKS: usize = 32;

/// Events in a [task](Windows::tasks), of a small batch and of a large one.
const TASK: [usize; 2] = [256, 512];

/// Which events of which history each target sees.
#[derive(Clone, Debug)]
pub struct Windows {
    histories: Arc<Packed>,
    targets: Arc<Packed>,
    identity: bool,
    /// Each target's history and the first event it sees.
    source: Vec<(u32, u32)>,
    /// Among the histories' [rows], that of the first event which the target in each slot sees; 0 where there
    /// is none.
    first_rows: Vec<u32>,
    /// The targets of history `h`, ascending, are `by_history[offsets[h]..offsets[h + 1]]`.
    offsets: Vec<u32>,
    by_history: Vec<u32>,
    /// The first block and the chunk of each task of the targets' blocks, with one more to mark the end.
    tasks: Vec<(usize, usize)>,
    /// The first task of each chunk, and the number of tasks.
    chunk_tasks: Vec<usize>,
    /// The targets' own packing while the histories' serves.
    spare: Option<Arc<Packed>>,
}

/// No histories, no targets.
impl Default for Windows {
    fn default() -> Self {
        Windows {
            histories: Arc::default(),
            targets: Arc::default(),
            identity: true,
            source: Vec::new(),
            first_rows: Vec::new(),
            offsets: vec![0],
            by_history: Vec::new(),
            tasks: vec![(0, 0)],
            chunk_tasks: vec![0],
            spare: None,
        }
    }
}

impl Windows {
    /// Target `i` sees the events `start[i]..end[i]` of history `history[i]`.
    ///
    /// # Panics
    /// If the lists differ in length, there is no such history, or a window is not within its history.
    #[track_caller]
    pub fn new(histories: &Arc<Packed>, history: &[u32], start: &[u32], end: &[u32]) -> Windows {
        let mut windows = Windows { histories: histories.clone(), ..Windows::default() };
        windows.look(history, start, end);
        windows
    }

    /// Packs the histories, of which `i` has the events `offsets[i]..offsets[i + 1]`, and sets the windows as
    /// [`new`](Windows::new) does; in place of those that were there, whose buffers it uses again. See
    /// [`Pool::shared`](dien_tensor::Pool::shared).
    ///
    /// # Panics
    /// As [`new`](Windows::new), and if the offsets do not begin at 0, or decrease.
    #[track_caller]
    pub fn set(&mut self, offsets: &[u32], history: &[u32], start: &[u32], end: &[u32]) {
        if Arc::ptr_eq(&self.targets, &self.histories) {
            self.targets = self.spare.take().unwrap_or_default();
        }
        unique(&mut self.histories).pack_offsets(offsets);
        self.look(history, start, end);
    }

    #[track_caller]
    fn look(&mut self, history: &[u32], start: &[u32], end: &[u32]) {
        let n = history.len();
        assert!(
            start.len() == n && end.len() == n,
            "windows: {n} targets, {} starts, {} ends",
            start.len(),
            end.len()
        );
        let Windows { histories, targets, offsets, by_history, source, first_rows, .. } = self;
        offsets.clear();
        offsets.resize(histories.len() + 1, 0);
        let mut whole = true;
        for ((&h, &s), &e) in history.iter().zip(start).zip(end) {
            let events = *histories
                .lengths()
                .get(h as usize)
                .unwrap_or_else(|| panic!("windows: history {h} of {}", histories.len()));
            assert!(s <= e && e <= events, "windows: events {s}..{e} of history {h}, which has {events}");
            whole &= e - s == events;
            offsets[h as usize + 1] += 1;
        }
        self.identity = whole && n == histories.len() && offsets[1..].iter().all(|&targets| targets == 1);
        for h in 0..histories.len() {
            offsets[h + 1] += offsets[h];
        }
        by_history.clear();
        by_history.resize(n, 0);
        for (target, &h) in history.iter().enumerate() {
            let next = &mut offsets[h as usize];
            by_history[*next as usize] = target as u32;
            *next += 1;
        }
        // Each has moved on to where the next one began.
        offsets.rotate_right(1);
        offsets[0] = 0;
        if !self.identity {
            unique(targets).pack(start.iter().zip(end).map(|(s, e)| e - s));
        } else if history.is_sorted() {
            self.spare = Some(std::mem::replace(targets, histories.clone()));
        } else {
            unique(targets).reorder(histories, history);
        }
        source.clear();
        source.extend(history.iter().copied().zip(start.iter().copied()));
        first_rows.clear();
        first_rows.resize(targets.chunks() * LANES, 0);
        for (target, &(h, start)) in source.iter().enumerate() {
            let (chunk, lane) = targets.place(target);
            if targets.lengths()[target] > 0 {
                let (of_chunk, of_lane) = histories.place(h as usize);
                let blocks = histories.chunk(of_chunk);
                let row = blocks.start * LANES + of_lane * blocks.len() + start as usize;
                first_rows[chunk * LANES + lane] = row as u32;
            }
        }
        self.cut_tasks();
    }

    /// Cuts each of the targets' chunks into tasks.
    fn cut_tasks(&mut self) {
        let (packed, tasks) = (&self.targets, &mut self.tasks);
        let task = (packed.events() / TASKS).clamp(TASK[0], TASK[1]);
        tasks.clear();
        self.chunk_tasks.clear();
        self.chunk_tasks.push(0);
        for chunk in 0..packed.chunks() {
            let total: usize = packed.chunk(chunk).map(|block| packed.active(block)).sum();
            let share = total.div_ceil(total.div_ceil(task).max(1));
            let mut events = share;
            for block in packed.chunk(chunk) {
                if events >= share {
                    tasks.push((block, chunk));
                    events = 0;
                }
                events += packed.active(block);
            }
            self.chunk_tasks.push(tasks.len());
        }
        tasks.push((packed.blocks(), packed.chunks()));
    }

    /// The packing of the targets' windows; the histories' own, if each history has one target that sees all
    /// of it.
    pub fn targets(&self) -> &Arc<Packed> {
        &self.targets
    }

    /// The packing of the histories.
    pub fn histories(&self) -> &Arc<Packed> {
        &self.histories
    }

    /// Whether every target's events stand where its history's do, so that the histories' tensors are the
    /// targets' too.
    ///
    /// So it is when each history has one target that sees all of it, whatever the targets' order.
    pub fn is_identity(&self) -> bool {
        self.identity
    }

    /// The last event that each target sees, as (history, event); `None` if its window is empty.
    pub fn last(&self) -> impl Iterator<Item = Option<(usize, usize)>> + '_ {
        let last = |(&(h, start), &len): (&(u32, u32), &u32)| {
            Some((h as usize, (start + len.checked_sub(1)?) as usize))
        };
        self.source.iter().zip(self.targets.lengths()).map(last)
    }

    /// The number of tasks: consecutive target blocks of one chunk, of much the same work, fixed by the
    /// windows alone.
    pub(crate) fn tasks(&self) -> usize {
        self.tasks.len() - 1
    }

    /// The blocks of a task, and their chunk.
    pub(crate) fn task(&self, task: usize) -> (Range<usize>, usize) {
        let (start, chunk) = self.tasks[task];
        (start..self.tasks[task + 1].0, chunk)
    }

    /// The tasks of a chunk.
    pub(crate) fn tasks_of(&self, chunk: usize) -> Range<usize> {
        self.chunk_tasks[chunk]..self.chunk_tasks[chunk + 1]
    }

    /// Every task in parallel, each with its own part of several tensors.
    #[track_caller]
    pub(crate) fn par_tasks<P: Split>(&self, parts: P, f: impl Fn(usize, P::Part) + Sync) {
        walk(0..self.tasks(), &|task: usize| self.tasks[task].0, parts, &f);
    }

    /// The rows of a target's window among the [rows](history_rows) of the histories.
    fn rows_of<'a, T>(&self, target: usize, rows: &'a [T], features: usize) -> &'a [T] {
        let (chunk, lane) = self.targets.place(target);
        let first = self.first_rows[chunk * LANES + lane] as usize;
        &rows[first * features..][..self.targets.lengths()[target] as usize * features]
    }

    /// The targets of a history, ascending.
    fn targets_of(&self, history: usize) -> &[u32] {
        &self.by_history[self.offsets[history] as usize..self.offsets[history + 1] as usize]
    }
}

/// A packing to change: what was there if nobody else refers to it, else a new one.
fn unique(packed: &mut Arc<Packed>) -> &mut Packed {
    if Arc::get_mut(packed).is_none() {
        *packed = Arc::default();
    }
    Arc::get_mut(packed).expect("nobody else refers to it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_again_leaves_nothing_of_what_was_there() {
        let mut windows = Windows::default();
        let offsets = [0, 3, 3, 40, 45];
        let all: [(&[u32], &[u32], &[u32]); 5] = [
            (&[0, 1, 2, 3], &[0; 4], &[3, 0, 37, 5]),
            (&[2, 2, 0, 3, 2], &[5, 0, 0, 1, 1], &[30, 37, 2, 5, 1]),
            (&[3, 0, 2, 1], &[0; 4], &[5, 3, 37, 0]),
            (&[0, 1, 2, 3], &[0; 4], &[3, 0, 37, 5]),
            (&[], &[], &[]),
        ];
        for (history, start, end) in all {
            windows.set(&offsets, history, start, end);
            let new = Windows::new(&Arc::new(Packed::from_offsets(&offsets)), history, start, end);
            let plain = |windows: &Windows| format!("{:?}", Windows { spare: None, ..windows.clone() });
            assert_eq!(plain(&windows), plain(&new));
        }
    }
}
