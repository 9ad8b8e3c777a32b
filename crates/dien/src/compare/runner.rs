//! Cells trained side by side.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dien_data::Data;
use rayon::ThreadPoolBuilder;

use super::{Cell, Outcome};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::train::{Observer, Step};

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
}

/// Data that cells share.
type Cache = Mutex<Vec<(Config, Arc<Data>)>>;

impl Runner {
    /// Trains the cells that are not finished, until `stop` is set. Whether all are finished now.
    ///
    /// # Errors
    /// The first of any cell; the others that have begun are finished.
    pub fn run(&self, cells: &[Cell], stop: &AtomicBool, tell: &(dyn Fn(Event<'_>) + Sync)) -> Result<bool> {
        let started = Instant::now();
        let mut open = vec![];
        for cell in cells {
            match cell.finished()? {
                Some(_) => tell(Event::Known(cell)),
                None => open.push(cell),
            }
        }
        let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(None::<Error>));
        let cache = Cache::default();
        let goes_on = || {
            let late = self.budget.is_some_and(|budget| started.elapsed() >= budget);
            !stop.load(Ordering::Relaxed) && !late && lock(&failed).is_none()
        };
        let work = || {
            while goes_on() {
                let Some(cell) = open.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                tell(Event::Begun(cell));
                match alone(cell, &cache, stop) {
                    Ok(Some(outcome)) => {
                        done.fetch_add(1, Ordering::Relaxed);
                        tell(Event::Finished(cell, &outcome));
                    }
                    Ok(None) => break,
                    Err(e) => drop(lock(&failed).get_or_insert(e)),
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

/// Trains a cell on a pool of one thread.
fn alone(cell: &Cell, cache: &Cache, stop: &AtomicBool) -> Result<Option<Outcome>> {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().map_err(|e| Error::Io {
        path: "a thread".into(),
        action: "start",
        source: std::io::Error::other(e),
    })?;
    let data = data(cell, cache)?;
    pool.install(|| cell.train(&data, &mut Until(stop)))
}

/// The cell's data, read once for all cells that want the same.
fn data(cell: &Cell, cache: &Cache) -> Result<Arc<Data>> {
    let wanted =
        Config { source: cell.config.source.clone(), data: cell.config.data_options(), ..Config::default() };
    let mut cache = lock(cache);
    if let Some((_, data)) = cache.iter().find(|(config, _)| *config == wanted) {
        return Ok(Arc::clone(data));
    }
    let data = Arc::new(cell.config.dataset()?.0);
    // Sets come one after another: few are wanted at a time.
    cache.truncate(3);
    cache.insert(0, (wanted, Arc::clone(&data)));
    Ok(data)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Trains until it is told to stop.
struct Until<'a>(&'a AtomicBool);

impl Observer for Until<'_> {
    fn step(&mut self, _: &Step) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
