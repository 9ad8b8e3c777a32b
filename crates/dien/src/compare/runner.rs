//! Runs trained side by side.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dien_data::Warnings;
use dien_serving::FileError;
use rayon::ThreadPoolBuilder;

use super::{Outcome, TrialRun};
use crate::dataset_cache::DatasetCache;
use crate::error::{Error, Result};
use crate::train::StopWhen;

/// How runs are trained.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Runner {
    /// How many at once, each on one thread: a run's bits do not depend on it.
    pub jobs: usize,
    /// After this time no further run begins.
    pub budget: Option<Duration>,
}

/// What happened to a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// It was finished before.
    Known(&'a TrialRun),
    /// Its training begins.
    Begun(&'a TrialRun),
    /// It is trained and tested.
    Finished(&'a TrialRun, &'a Outcome),
    /// Its data was read, and some of it ignored.
    Warned(&'a TrialRun, &'a Warnings),
    /// Its loss is not finite. The others go on, and it is trained anew another time.
    Failed(&'a TrialRun, &'a Error),
}

impl Default for Runner {
    /// A job for each core.
    fn default() -> Self {
        Runner::new(thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Runner {
    /// So many jobs, for as long as it takes.
    pub fn new(jobs: usize) -> Self {
        Runner { jobs, budget: None }
    }

    /// Sets [`budget`](Self::budget).
    #[must_use]
    pub fn budget(mut self, budget: impl Into<Option<Duration>>) -> Self {
        self.budget = budget.into();
        self
    }

    /// Trains the runs that are not finished, until `stop` is set. Whether all are finished now.
    ///
    /// # Errors
    /// The first of any run but a [loss that is not finite](Event::Failed); the others that have begun are
    /// finished.
    pub fn run(
        &self,
        runs: &[TrialRun],
        stop: &AtomicBool,
        tell: &(dyn Fn(Event<'_>) + Sync),
    ) -> Result<bool> {
        let started = Instant::now();
        // Runs that differ in name alone are trained once.
        let mut open: Vec<Vec<&TrialRun>> = vec![];
        let mut known: Vec<&TrialRun> = vec![];
        for run in runs {
            if run.finished()?.is_some() {
                known.push(run);
                tell(Event::Known(run));
            } else if let Some(same) = open.iter_mut().find(|same| same[0].config == run.config) {
                same.push(run);
            } else {
                open.push(vec![run]);
            }
        }
        for run in known {
            for same in open.extract_if(.., |same| same[0].config == run.config).flatten() {
                if let Some(outcome) = run.finished()? {
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
                        same.iter().for_each(|run| tell(Event::Failed(run, &e)))
                    }
                    Ok(outcomes) if outcomes.is_empty() => break,
                    Ok(outcomes) => {
                        done.fetch_add(1, Ordering::Relaxed);
                        same.iter().zip(&outcomes).for_each(|(run, o)| tell(Event::Finished(run, o)));
                    }
                    Err(e) => {
                        let TrialRun { set, variant, seed, .. } = same[0];
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

/// Trains the first of runs that differ in name alone, on a pool of one thread; the others take over its
/// outcome. None if it was stopped.
fn alone(
    same: &[&TrialRun],
    datasets: &Mutex<DatasetCache>,
    stop: &AtomicBool,
    tell: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Vec<Outcome>> {
    let failed = |e| FileError::io("a thread", "start")(std::io::Error::other(e));
    let pool = ThreadPoolBuilder::new().num_threads(1).build().map_err(failed)?;
    let (data, warnings) = lock(datasets).get_warned(&same[0].config)?;
    if !warnings.is_empty() {
        tell(Event::Warned(same[0], &warnings));
    }
    match pool.install(|| same[0].train(&data, &mut StopWhen(stop)))? {
        Some(first) => {
            let others = same[1..].iter().map(|run| run.adopt(&first)).collect::<Result<Vec<_>>>()?;
            Ok([vec![first], others].concat())
        }
        None => Ok(vec![]),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
