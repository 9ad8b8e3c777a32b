//! Walks over the chunks of a [`Packed`], or over some of its blocks at a time, in parallel and without a
//! list of the tasks.
//!
//! ```text
//! let parts = (per_block(&x, 4), per_block(&mut y, 2), per_task(&mut sums, LANES));
//! packed.par_chunks(parts).for_each(|chunk, (x, y, sums)| …); // each the chunk's own part
//! ```

use std::ops::Range;

use dien_kernels::par::{self, PerBlock, Slice, Split, for_tasks, walk};

use crate::{LANES, Packed};

/// Blocks in a task of [`Packed::par_blocks`].
pub(crate) const TASK_BLOCKS: usize = 16;

/// A tensor `[blocks, features, LANES]`, of which a task receives its blocks.
pub(crate) fn per_block<S: Slice>(data: S, features: usize) -> PerBlock<S> {
    par::per_block(data, features * LANES)
}

/// A walk over every chunk; see [`Packed::par_chunks`].
#[derive(Debug)]
#[must_use = "call for_each"]
pub(crate) struct ParChunks<'a, P> {
    packed: &'a Packed,
    parts: P,
}

/// A walk over tasks of blocks; see [`Packed::par_blocks`].
#[derive(Debug)]
#[must_use = "call for_each"]
pub(crate) struct ParBlocks<'a, P> {
    packed: &'a Packed,
    parts: P,
}

impl Packed {
    /// Every chunk in parallel, each with its own part of several tensors: `for_each(|chunk, (a, b, …)| …)`.
    ///
    /// Allocates nothing. For work that goes from step to step; what treats each event alone balances better
    /// over [`par_blocks`](Packed::par_blocks).
    pub(crate) fn par_chunks<P: Split>(&self, parts: P) -> ParChunks<'_, P> {
        ParChunks { packed: self, parts }
    }

    /// Runs of consecutive chunks in parallel, of about as many blocks each: `f(chunks, a run's part of what
    /// has parts by chunk, its part of what has parts by run)`. [`each_chunk`](Packed::each_chunk) cuts the
    /// former. There is a run for each chunk if `runs` says so, else some may be empty.
    #[track_caller]
    pub(crate) fn par_runs<P: Split, Q: Split>(
        &self,
        runs: usize,
        (by_chunk, by_run): (P, Q),
        f: impl Fn(Range<usize>, P, Q::Part) + Sync,
    ) {
        let first_chunk = |run: usize| match run {
            run if run == runs => self.chunks(),
            run if runs == self.chunks() => run,
            run => self.chunk_from(run * self.blocks() / runs),
        };
        let parts = ByRun { packed: self, by_chunk, by_run, runs: 0..runs, first_chunk: &first_chunk };
        for_tasks(runs, parts, &|run, (by_chunk, by_run)| {
            f(first_chunk(run)..first_chunk(run + 1), by_chunk, by_run);
        });
    }

    /// The chunks of a run, one after the other, each with its own part.
    pub(crate) fn each_chunk<P: Split>(
        &self,
        chunks: Range<usize>,
        parts: P,
        mut f: impl FnMut(usize, P::Part),
    ) {
        let mut rest = parts;
        for chunk in chunks {
            let (own, later) = rest.split(1, self.chunk(chunk).len());
            f(chunk, own.part());
            rest = later;
        }
    }

    /// Tasks of consecutive blocks in parallel, each with its own part of several tensors:
    /// `for_each(|blocks, (a, b, …)| …)`, where `blocks` is the task's range of blocks.
    ///
    /// A task has 16 blocks, the last one perhaps fewer, and may go on from one chunk to the next. There are
    /// [`block_tasks`](Packed::block_tasks) of them, fixed by the lengths alone. Allocates nothing.
    pub(crate) fn par_blocks<P: Split>(&self, parts: P) -> ParBlocks<'_, P> {
        ParBlocks { packed: self, parts }
    }

    /// How many tasks [`par_blocks`](Packed::par_blocks) has.
    pub(crate) fn block_tasks(&self) -> usize {
        self.blocks().div_ceil(TASK_BLOCKS)
    }
}

/// What is cut at chunks beside what is cut at runs of chunks.
struct ByRun<'a, P, Q, F> {
    packed: &'a Packed,
    by_chunk: P,
    by_run: Q,
    runs: Range<usize>,
    first_chunk: &'a F,
}

impl<P: Split, Q: Split, F: Fn(usize) -> usize + Sync> Split for ByRun<'_, P, Q, F> {
    type Part = (P, Q::Part);
    fn split(self, runs: usize, _: usize) -> (Self, Self) {
        let ByRun { packed, first_chunk, .. } = self;
        let middle = self.runs.start + runs;
        let chunks = first_chunk(self.runs.start)..first_chunk(middle);
        let blocks = packed.first_block(chunks.end) - packed.first_block(chunks.start);
        let (a, b) = self.by_chunk.split(chunks.len(), blocks);
        let (run_a, run_b) = self.by_run.split(runs, 0);
        (
            ByRun { packed, by_chunk: a, by_run: run_a, runs: self.runs.start..middle, first_chunk },
            ByRun { packed, by_chunk: b, by_run: run_b, runs: middle..self.runs.end, first_chunk },
        )
    }
    fn part(self) -> Self::Part {
        (self.by_chunk, self.by_run.part())
    }
}

impl<P: Split> ParChunks<'_, P> {
    /// Calls `f` with each chunk and its parts.
    #[track_caller]
    pub(crate) fn for_each(self, f: impl Fn(usize, P::Part) + Sync) {
        let packed = self.packed;
        let first_block = |chunk: usize| packed.first_block(chunk);
        walk(0..packed.chunks(), &first_block, self.parts, &|chunk, part| f(chunk, part));
    }
}

impl<P: Split> ParBlocks<'_, P> {
    /// Calls `f` with each task's range of blocks and its parts.
    #[track_caller]
    pub(crate) fn for_each(self, f: impl Fn(Range<usize>, P::Part) + Sync) {
        let packed = self.packed;
        let first_block = |task: usize| (task * TASK_BLOCKS).min(packed.blocks());
        walk(0..packed.block_tasks(), &first_block, self.parts, &|task, part| {
            f(first_block(task)..first_block(task + 1), part);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dien_kernels::par::per_task;

    fn numbered(packed: &Packed, features: usize) -> Vec<f32> {
        (0..packed.blocks() * features * LANES).map(|i| (i / LANES) as f32).collect()
    }

    #[test]
    fn each_chunk_receives_its_own() {
        for n in [0u32, 1, 31, 33, 200] {
            let lengths: Vec<u32> = (0..n).map(|i| i * 7 % 12).collect();
            let packed = Packed::from_lengths(&lengths);
            let x = numbered(&packed, 3);
            let (mut y, mut seen) = (vec![-1.0; packed.blocks() * LANES], vec![0; packed.chunks()]);
            let parts = (
                per_block(&x[..], 3),
                per_block(&mut y[..], 1),
                per_task(&mut seen[..], 1),
                None::<PerBlock<&[f32]>>,
            );
            packed.par_chunks(parts).for_each(|chunk, (x, y, seen, none)| {
                assert!(none.is_none());
                let blocks = packed.chunk(chunk);
                assert_eq!((x.len(), y.len()), (blocks.len() * 3 * LANES, blocks.len() * LANES));
                for (y, x) in y.chunks_exact_mut(LANES).zip(x.chunks_exact(3 * LANES)) {
                    y.copy_from_slice(&x[..LANES]);
                }
                seen[0] += chunk + 1;
            });
            assert_eq!(seen, (1..=packed.chunks()).collect::<Vec<_>>());
            assert!(y.iter().enumerate().all(|(i, &y)| y == (i / LANES * 3) as f32));
        }
    }

    #[test]
    fn every_run_receives_its_chunks() {
        for n in [0u32, 1, 31, 33, 200, 700] {
            let lengths: Vec<u32> = (0..n).map(|i| (i * 7 % 40).saturating_sub(9)).collect();
            let packed = Packed::from_lengths(&lengths);
            for runs in [1, 2, 3, packed.chunks()] {
                let x = numbered(&packed, 1);
                let (mut seen, mut of_run) = (vec![0; packed.chunks()], vec![usize::MAX; runs]);
                let by_chunk = (per_block(&x[..], 1), per_task(&mut seen[..], 1));
                packed.par_runs(runs, (by_chunk, per_task(&mut of_run[..], 1)), |chunks, parts, run| {
                    run[0] = chunks.len();
                    packed.each_chunk(chunks, parts, |chunk, (x, seen)| {
                        let blocks = packed.chunk(chunk);
                        assert_eq!(x.len(), blocks.len() * LANES);
                        assert!(x.first().is_none_or(|&x| x == blocks.start as f32));
                        seen[0] += chunk + 1;
                    });
                });
                assert_eq!(seen, (1..=packed.chunks()).collect::<Vec<_>>());
                if runs == packed.chunks() {
                    assert!(of_run.iter().all(|&n| n == 1));
                }
                assert_eq!(of_run.iter().sum::<usize>(), packed.chunks());
            }
        }
    }

    #[test]
    fn block_tasks_cover_every_block_once() {
        let packed = Packed::from_lengths(&(0..130).map(|i| i % 19).collect::<Vec<_>>());
        let mut y = vec![0.0; packed.blocks() * 2 * LANES];
        let mut counts = vec![0; packed.block_tasks()];
        let parts = (per_block(&mut y[..], 2), per_task(&mut counts[..], 1));
        packed.par_blocks(parts).for_each(|blocks, (y, count)| {
            count[0] = blocks.len();
            for (block, y) in blocks.zip(y.chunks_exact_mut(2 * LANES)) {
                y.iter_mut().for_each(|y| *y += block as f32);
            }
        });
        assert_eq!(counts.iter().sum::<usize>(), packed.blocks());
        assert!(y.iter().enumerate().all(|(i, &y)| y == (i / (2 * LANES)) as f32));
    }
}
