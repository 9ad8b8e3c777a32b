//! Walks over the chunks of a [`Packed`], or over some of its blocks at a time, in parallel and without a
//! list of the tasks.
//!
//! ```text
//! let parts = (per_block(&x, 4), per_block(&mut y, 2), per_task(&mut sums, LANES));
//! packed.par_chunks(parts).for_each(|chunk, (x, y, sums)| …); // each the chunk's own part
//! ```

use std::ops::Range;

use dien_kernels::par::join;

use crate::{LANES, Packed};

/// Blocks in a task of [`Packed::par_blocks`].
pub(crate) const TASK_BLOCKS: usize = 16;

/// What a walk cuts into tasks: [`per_block`], [`per_task`], an [`Option`] of such, or a tuple of up to
/// twelve.
pub(crate) trait Split: Send {
    /// What one task receives.
    type Part;
    /// Cuts off the first `tasks` tasks, which have `blocks` blocks.
    fn split(self, tasks: usize, blocks: usize) -> (Self, Self)
    where
        Self: Sized;
    /// The only task.
    fn part(self) -> Self::Part;
}

/// `&[T]` or `&mut [T]`.
pub(crate) trait Slice: Send + Sized {
    /// Cuts off the first `at` elements.
    fn cut(self, at: usize) -> (Self, Self);
}

impl<T: Sync> Slice for &[T] {
    fn cut(self, at: usize) -> (Self, Self) {
        self.split_at(at)
    }
}

impl<T: Send> Slice for &mut [T] {
    fn cut(self, at: usize) -> (Self, Self) {
        self.split_at_mut(at)
    }
}

/// A tensor `[blocks, features, LANES]`; see [`per_block`].
#[derive(Debug)]
pub(crate) struct PerBlock<S> {
    data: S,
    size: usize,
}

/// A tensor of a fixed number of elements a task; see [`per_task`].
#[derive(Debug)]
pub(crate) struct PerTask<S> {
    data: S,
    size: usize,
}

/// A tensor `[blocks, features, LANES]`, of which a task receives its blocks.
pub(crate) fn per_block<S: Slice>(data: S, features: usize) -> PerBlock<S> {
    PerBlock { data, size: features * LANES }
}

/// A tensor of which each task (a chunk, or some blocks) receives `size` elements, such as
/// `[chunks, features, LANES]`.
pub(crate) fn per_task<S: Slice>(data: S, size: usize) -> PerTask<S> {
    PerTask { data, size }
}

impl<S: Slice> Split for PerBlock<S> {
    type Part = S;
    fn split(self, _: usize, blocks: usize) -> (Self, Self) {
        let (a, b) = self.data.cut(blocks * self.size);
        (PerBlock { data: a, size: self.size }, PerBlock { data: b, size: self.size })
    }
    fn part(self) -> S {
        self.data
    }
}

impl<S: Slice> Split for PerTask<S> {
    type Part = S;
    fn split(self, tasks: usize, _: usize) -> (Self, Self) {
        let (a, b) = self.data.cut(tasks * self.size);
        (PerTask { data: a, size: self.size }, PerTask { data: b, size: self.size })
    }
    fn part(self) -> S {
        self.data
    }
}

impl<P: Split> Split for Option<P> {
    type Part = Option<P::Part>;
    fn split(self, tasks: usize, blocks: usize) -> (Self, Self) {
        self.map(|p| p.split(tasks, blocks)).unzip()
    }
    fn part(self) -> Self::Part {
        self.map(P::part)
    }
}

macro_rules! tuple {
    ($($name:ident),+) => {
        impl<$($name: Split),+> Split for ($($name,)+) {
            type Part = ($($name::Part,)+);
            #[allow(non_snake_case)]
            fn split(self, tasks: usize, blocks: usize) -> (Self, Self) {
                let ($($name,)+) = self;
                $(let $name = $name.split(tasks, blocks);)+
                (($($name.0,)+), ($($name.1,)+))
            }
            #[allow(non_snake_case)]
            fn part(self) -> Self::Part {
                let ($($name,)+) = self;
                ($($name.part(),)+)
            }
        }
    };
}

tuple!(A);
tuple!(A, B);
tuple!(A, B, C);
tuple!(A, B, C, D);
tuple!(A, B, C, D, E);
tuple!(A, B, C, D, E, F);
tuple!(A, B, C, D, E, F, G);
tuple!(A, B, C, D, E, F, G, H);
tuple!(A, B, C, D, E, F, G, H, I);
tuple!(A, B, C, D, E, F, G, H, I, J);
tuple!(A, B, C, D, E, F, G, H, I, J, K);
tuple!(A, B, C, D, E, F, G, H, I, J, K, L);

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

impl<P: Split> ParChunks<'_, P> {
    /// Calls `f` with each chunk and its parts.
    pub(crate) fn for_each(self, f: impl Fn(usize, P::Part) + Sync) {
        let packed = self.packed;
        let first_block = |chunk: usize| packed.first_block(chunk);
        walk(0..packed.chunks(), &first_block, self.parts, &|chunk, part| f(chunk, part));
    }
}

impl<P: Split> ParBlocks<'_, P> {
    /// Calls `f` with each task's range of blocks and its parts.
    pub(crate) fn for_each(self, f: impl Fn(Range<usize>, P::Part) + Sync) {
        let packed = self.packed;
        let first_block = |task: usize| (task * TASK_BLOCKS).min(packed.blocks());
        walk(0..packed.block_tasks(), &first_block, self.parts, &|task, part| {
            f(first_block(task)..first_block(task + 1), part);
        });
    }
}

/// Calls `f` with each task and its parts; `first_block(task)` is where it begins, and for one past the
/// last the end.
pub(crate) fn walk<P: Split>(
    tasks: Range<usize>,
    first_block: &(impl Fn(usize) -> usize + Sync),
    parts: P,
    f: &(impl Fn(usize, P::Part) + Sync),
) {
    match tasks.len() {
        0 => {}
        1 => f(tasks.start, parts.part()),
        n => {
            let middle = tasks.start + n.div_ceil(2);
            let blocks = first_block(middle) - first_block(tasks.start);
            let (left, right) = parts.split(middle - tasks.start, blocks);
            let (mut left, mut right) = (Some(left), Some(right));
            join(&mut || walk(tasks.start..middle, first_block, left.take().expect("once"), f), &mut || {
                walk(middle..tasks.end, first_block, right.take().expect("once"), f)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
