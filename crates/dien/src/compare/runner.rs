//! Cells trained side by side.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dien_data::Warnings;
use rayon::ThreadPoolBuilder;

use super::{Cell, Outcome};
use crate::dataset_cache::DatasetCache;
use crate::error::{Error, Result};
use crate::train::StopWhen;

/// How cells are trained.
#[derive(Clone, Copy, Debug)]
pub struct Runner {
    /// How many at once, each on one thread: a cell's bits do not depend on it.
    pub jobs: usize,
    /// After this time no further cell begins.
    pub budget: Option<Duration>,
}

/// What happened to a cell.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// It was finished before.
    Known(&'a Cell),
    /// Its training begins.
    Begun(&'a Cell),
    /// It is trained and tested.
    Finished(&'a Cell, &'a Outcome),
    /// Its data was read, and some of it ignored.
    Warned(&'a Cell, &'a Warnings),
    /// Its loss is not finite. The others go on, and it is trained anew another time.
    Failed(&'a Cell, &'a Error),
}

impl Runner {
    /// Trains the cells that are not finished, until `stop` is set. Whether all are finished now.
    ///
    /// # Errors
    /// The first of any cell but a [loss that is not finite](Event::Failed); the others that have begun are
    /// finished.
    pub fn run(&self, cells: &[Cell], stop: &AtomicBool, tell: &(dyn Fn(Event<'_>) + Sync)) -> Result<bool> {
        let started = Instant::now();
        // Cells that differ in name alone are trained once.
        let mut open: Vec<Vec<&Cell>> = vec![];
        let mut known: Vec<&Cell> = vec![];
        for cell in cells {
            if cell.finished()?.is_some() {
                known.push(cell);
                tell(Event::Known(cell));
            } else if let Some(same) = open.iter_mut().find(|same| same[0].config == cell.config) {
                same.push(cell);
            } else {
                open.push(vec![cell]);
            }
        }
        for cell in known {
            for same in open.extract_if(.., |same| same[0].config == cell.config).flatten() {
                if let Some(outcome) = cell.finished()? {
                    same.adopt(&outcome)?;
                    tell(Event::Known(same));
                }
            }
        }
        let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(None::<Error>));
        let datasets = Mutex::new(DatasetCache::default());
        let goes_on = || {
            let late = self.budget.is_some_and(|budget| started.elapsed() >= budget);
            !stop.load(Ordering::Relaxed) && !late && lock(&failed).is_none()
        };
        let work = || {
            while goes_on() {
                let Some(same) = open.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                tell(Event::Begun(same[0]));
                match alone(same, &datasets, stop, tell) {
                    Err(e @ Error::NonFinite { .. }) => {
                        same.iter().for_each(|cell| tell(Event::Failed(cell, &e)))
                    }
                    Ok(outcomes) if outcomes.is_empty() => break,
                    Ok(outcomes) => {
                        done.fetch_add(1, Ordering::Relaxed);
                        same.iter().zip(&outcomes).for_each(|(cell, o)| tell(Event::Finished(cell, o)));
                    }
                    Err(e) => {
                        let Cell { set, variant, seed, .. } = same[0];
                        let which = format!("{set} {variant} seed {seed}");
                        lock(&failed).get_or_insert(Error::Within { which, source: Box::new(e) });
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..self.jobs.clamp(1, open.len().max(1)) {
                scope.spawn(work);
            }
        });
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(e) => Err(e),
            None => Ok(done.into_inner() == open.len()),
        }
    }
}

/// Trains the first of cells that differ in name alone, on a pool of one thread; the others take over its
/// outcome. None if it was stopped.
fn alone(
    same: &[&Cell],
    datasets: &Mutex<DatasetCache>,
    stop: &AtomicBool,
    tell: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Vec<Outcome>> {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().map_err(|e| Error::Io {
        path: "a thread".into(),
        action: "start",
        source: std::io::Error::other(e),
    })?;
    let (data, warnings) = lock(datasets).get_warned(&same[0].config)?;
    if !warnings.is_empty() {
        tell(Event::Warned(same[0], &warnings));
    }
    match pool.install(|| same[0].train(&data, &mut StopWhen(stop)))? {
        Some(first) => {
            let others = same[1..].iter().map(|cell| cell.adopt(&first)).collect::<Result<Vec<_>>>()?;
            Ok([vec![first], others].concat())
        }
        None => Ok(vec![]),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
