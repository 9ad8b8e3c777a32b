//! Walks over tasks, each with its own part of several arrays, in parallel and without a list of the tasks.

use std::ops::Range;
use std::panic::Location;

use super::join_at;

/// What a walk cuts into tasks: [`per_task`], [`per_block`], an [`Option`] of such, or a tuple of up to
/// twelve.
pub trait Split: Send {
    /// What one task receives.
    type Part;
    /// Cuts off the first `tasks` tasks, which have `blocks` of what the walk counts beside them.
    fn split(self, tasks: usize, blocks: usize) -> (Self, Self)
    where
        Self: Sized;
    /// The only task.
    fn part(self) -> Self::Part;
}

/// `&[T]` or `&mut [T]`.
pub trait Slice: Send + Sized {
    /// Its length.
    fn length(&self) -> usize;
    /// Cuts off the first `at` elements.
    fn cut(self, at: usize) -> (Self, Self);
}

impl<T: Sync> Slice for &[T] {
    fn length(&self) -> usize {
        self.len()
    }
    fn cut(self, at: usize) -> (Self, Self) {
        self.split_at(at)
    }
}

impl<T: Send> Slice for &mut [T] {
    fn length(&self) -> usize {
        self.len()
    }
    fn cut(self, at: usize) -> (Self, Self) {
        self.split_at_mut(at)
    }
}

/// An array of a fixed number of elements a task; see [`per_task`].
#[derive(Debug)]
pub struct PerTask<S> {
    data: S,
    size: usize,
}

/// An array of which each task receives `size` elements, the last one perhaps fewer.
pub fn per_task<S: Slice>(data: S, size: usize) -> PerTask<S> {
    PerTask { data, size }
}

impl<S: Slice> Split for PerTask<S> {
    type Part = S;
    fn split(self, tasks: usize, _: usize) -> (Self, Self) {
        let at = (tasks * self.size).min(self.data.length());
        let (a, b) = self.data.cut(at);
        (PerTask { data: a, size: self.size }, PerTask { data: b, size: self.size })
    }
    fn part(self) -> S {
        self.data
    }
}

/// An array of a fixed number of elements a block; see [`per_block`].
#[derive(Debug)]
pub struct PerBlock<S> {
    data: S,
    size: usize,
}

/// An array of which each task receives `size` elements for each of its blocks.
pub fn per_block<S: Slice>(data: S, size: usize) -> PerBlock<S> {
    PerBlock { data, size }
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

/// Calls `f` with each of `tasks` tasks and its parts, in parallel if there are several.
#[track_caller]
pub fn for_tasks<P: Split>(tasks: usize, parts: P, f: &(impl Fn(usize, P::Part) + Sync)) {
    walk(0..tasks, &|task| task, parts, f);
}

/// Calls `f` with each task and its parts; `first_block(task)` is where it begins in what the tasks are cut
/// from, and for one past the last the end.
#[track_caller]
pub fn walk<P: Split>(
    tasks: Range<usize>,
    first_block: &(impl Fn(usize) -> usize + Sync),
    parts: P,
    f: &(impl Fn(usize, P::Part) + Sync),
) {
    walk_at(Location::caller(), tasks, first_block, parts, f);
}

fn walk_at<P: Split>(
    at: &'static Location<'static>,
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
            join_at(
                at,
                &mut || walk_at(at, tasks.start..middle, first_block, left.take().expect("once"), f),
                &mut || walk_at(at, middle..tasks.end, first_block, right.take().expect("once"), f),
            );
        }
    }
}
