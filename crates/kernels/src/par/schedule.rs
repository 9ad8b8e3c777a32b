//! What a recording allows on more threads than there are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::panic::Location;

use super::record::{Recording, Work};

/// The tasks of a [`Recording`] and what waits for what. Handing a task over costs nothing here.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// In an order in which each comes after all that it waits for.
    tasks: Vec<Task>,
}

#[derive(Clone, Debug)]
struct Task {
    seconds: f64,
    /// What it waits for.
    after: Vec<usize>,
    /// Where it was forked, or, of what is between two forks, where the next one is.
    at: Option<&'static Location<'static>>,
    forked: bool,
}

impl Recording {
    /// Its tasks.
    pub fn schedule(&self) -> Schedule {
        let mut schedule = Schedule::default();
        schedule.add(self, Vec::new(), None);
        schedule
    }
}

impl Schedule {
    /// Adds what begins when `after` has ended; returns what has to end before it has.
    fn add(
        &mut self,
        recording: &Recording,
        mut after: Vec<usize>,
        fork: Option<&'static Location<'static>>,
    ) -> Vec<usize> {
        for (i, work) in recording.works.iter().enumerate() {
            after = match work {
                Work::Run { seconds } => {
                    let next = recording.works[i..].iter().find_map(|work| match work {
                        Work::Fork { at, .. } => Some(*at),
                        Work::Run { .. } => None,
                    });
                    let (at, forked) = (fork.or(next), fork.is_some());
                    self.tasks.push(Task { seconds: *seconds, after, at, forked });
                    vec![self.tasks.len() - 1]
                }
                Work::Fork { at, branches: [a, b] } => {
                    let mut ends = self.add(a, after.clone(), Some(at));
                    ends.extend(self.add(b, after, Some(at)));
                    ends
                }
            };
        }
        after
    }

    /// The shortest of several times that the same work took, stretch by stretch: a stretch that was
    /// interrupted tells nothing. `None` if the work was not the same.
    pub fn fastest(schedules: &[Schedule]) -> Option<Schedule> {
        let mut fastest = schedules.first()?.clone();
        for other in schedules {
            let same = other.tasks.len() == fastest.tasks.len()
                && fastest.tasks.iter().zip(&other.tasks).all(|(a, b)| a.after == b.after);
            if !same {
                return None;
            }
            for (task, other) in fastest.tasks.iter_mut().zip(&other.tasks) {
                task.seconds = task.seconds.min(other.seconds);
            }
        }
        Some(fastest)
    }

    /// The number of tasks.
    pub fn tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Seconds of all tasks together.
    pub fn work(&self) -> f64 {
        self.tasks.iter().map(|task| task.seconds).sum()
    }

    /// Seconds from the beginning to the end where every task finds a free thread.
    pub fn longest_path(&self) -> f64 {
        self.rest().into_iter().max_by(f64::total_cmp).unwrap_or_default()
    }

    /// Seconds from the beginning to the end on so many threads: a free one takes what has the most after it.
    ///
    /// # Panics
    /// If there are no threads.
    pub fn makespan(&self, threads: usize) -> f64 {
        assert!(threads > 0, "no threads");
        let rest = self.rest();
        let mut waits: Vec<usize> = self.tasks.iter().map(|task| task.after.len()).collect();
        let mut then = vec![Vec::new(); self.tasks.len()];
        for (i, task) in self.tasks.iter().enumerate() {
            task.after.iter().for_each(|&before| then[before].push(i));
        }
        // Seconds are not negative, so their bits are in their order.
        let key = |seconds: f64| seconds.max(0.0).to_bits();
        let mut ready: BinaryHeap<(u64, Reverse<usize>)> =
            (0..self.tasks.len()).filter(|&i| waits[i] == 0).map(|i| (key(rest[i]), Reverse(i))).collect();
        let mut running: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        let mut now = 0.0;
        loop {
            while running.len() < threads
                && let Some((_, Reverse(task))) = ready.pop()
            {
                running.push(Reverse((key(now + self.tasks[task].seconds), task)));
            }
            let Some(Reverse((end, task))) = running.pop() else { return now };
            now = f64::from_bits(end);
            for &next in &then[task] {
                waits[next] -= 1;
                if waits[next] == 0 {
                    ready.push((key(rest[next]), Reverse(next)));
                }
            }
        }
    }

    /// Where the longest path goes: seconds by place in the source, the longest first. A place is where tasks
    /// were forked, or after `before` what runs alone before the next fork.
    pub fn longest_path_by_place(&self) -> Vec<(String, f64)> {
        let mut best: Vec<(f64, Option<usize>)> = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            let before = task.after.iter().copied().max_by(|&a, &b| best[a].0.total_cmp(&best[b].0));
            best.push((before.map_or(0.0, |b| best[b].0) + task.seconds, before));
        }
        let mut at = (0..best.len()).max_by(|&a, &b| best[a].0.total_cmp(&best[b].0));
        let mut places: BTreeMap<String, f64> = BTreeMap::new();
        while let Some(i) = at {
            let Task { seconds, at: place, forked, .. } = &self.tasks[i];
            let place = place.map_or("the end".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
            let place = if *forked { place } else { format!("before {place}") };
            *places.entry(place).or_default() += seconds;
            at = best[i].1;
        }
        let mut places: Vec<_> = places.into_iter().collect();
        places.sort_by(|a, b| b.1.total_cmp(&a.1));
        places
    }

    /// Of each task, the seconds from its beginning to the end where every task finds a free thread.
    fn rest(&self) -> Vec<f64> {
        let mut rest = vec![0.0f64; self.tasks.len()];
        for (i, task) in self.tasks.iter().enumerate().rev() {
            rest[i] += task.seconds;
            for &before in &task.after {
                rest[before] = rest[before].max(rest[i]);
            }
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(seconds: f64) -> Work {
        Work::Run { seconds }
    }

    fn fork(a: Vec<Work>, b: Vec<Work>) -> Work {
        let branches = [Recording { works: a }, Recording { works: b }];
        Work::Fork { at: Location::caller(), branches }
    }

    #[test]
    fn work_path_and_makespan() {
        // 1, then (2 beside (3, then 4 beside 1)), then 1.
        let inner = fork(vec![run(4.0)], vec![run(1.0)]);
        let works = vec![run(1.0), fork(vec![run(2.0)], vec![run(3.0), inner, run(0.0)]), run(1.0)];
        let schedule = Recording { works }.schedule();
        assert_eq!(schedule.work(), 12.0);
        assert_eq!(schedule.longest_path(), 9.0);
        assert_eq!(schedule.makespan(1), 12.0);
        assert_eq!(schedule.makespan(2), 9.0);
        assert_eq!(schedule.makespan(64), 9.0);
        let places: f64 = schedule.longest_path_by_place().iter().map(|(_, seconds)| seconds).sum();
        assert_eq!(places, 9.0);
    }

    #[test]
    fn a_free_thread_takes_what_has_the_most_after_it() {
        let tasks = |n: usize| (0..n).fold(run(1.0), |tasks, _| fork(vec![tasks], vec![run(1.0)]));
        let schedule = Recording { works: vec![tasks(9)] }.schedule();
        assert_eq!([1, 2, 3, 10, 20].map(|threads| schedule.makespan(threads)), [10.0, 5.0, 4.0, 1.0, 1.0]);
    }

    #[test]
    fn a_recording_has_what_ran() {
        let mut y = vec![0u32; 100];
        let recorded = super::super::record(|| {
            super::super::for_chunks(10, &mut y, &|start, y| y.fill(start as u32));
        });
        let schedule = recorded.schedule();
        assert!((0..100).all(|i| y[i] as usize == i / 10 * 10));
        assert!(schedule.tasks() >= 10 && schedule.longest_path() <= schedule.work());
        assert!(schedule.longest_path_by_place().iter().any(|(place, _)| place.contains("schedule.rs")));
        let fastest = Schedule::fastest(&[schedule.clone(), schedule.clone()]).expect("the same");
        assert_eq!(fastest.work(), schedule.work());
    }
}
