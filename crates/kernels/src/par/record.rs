//! How long each stretch between two forks takes.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::time::Instant;

/// What ran one after the other; see [`record`].
#[derive(Clone, Debug, Default)]
pub struct Recording {
    pub(super) works: Vec<Work>,
}

/// A stretch of work, or two recordings that may run at once.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Run { seconds: f64 },
    Fork { at: &'static Location<'static>, branches: [Recording; 2] },
}

/// The recordings that have begun, the innermost last.
struct Recorder {
    since: Instant,
    open: Vec<Recording>,
}

thread_local! {
    static ON: Cell<bool> = const { Cell::new(false) };
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };
}

/// Runs `f` on this thread alone and tells how it forks, and how long every stretch between two forks takes.
///
/// Only what goes through [`join`](super::join) and the loops beside it is seen as a fork.
///
/// ```
/// use dien_kernels::par::{for_chunks, record};
///
/// let mut y = vec![1.0f32; 1 << 16];
/// let recording = record(|| for_chunks(1 << 14, &mut y, &|_, y| y.iter_mut().for_each(|y| *y += 1.0)));
/// let schedule = recording.schedule();
/// assert!(schedule.longest_path() <= schedule.makespan(2) && schedule.makespan(2) <= schedule.work());
/// ```
///
/// # Panics
/// If this thread records already.
pub fn record(f: impl FnOnce()) -> Recording {
    /// Ends the recording of a panic, too.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            ON.set(false);
        }
    }
    assert!(!ON.replace(true), "this thread records already");
    let end = End;
    RECORDER.set(Some(Recorder { since: Instant::now(), open: vec![Recording::default()] }));
    f();
    drop(end);
    let mut recorder = RECORDER.take().expect("set above");
    recorder.close().expect("the first")
}

impl Recorder {
    /// Writes down what ran since the last fork.
    fn stretch(&mut self) {
        let seconds = self.since.elapsed().as_secs_f64();
        if let Some(open) = self.open.last_mut() {
            open.works.push(Work::Run { seconds });
        }
    }

    fn close(&mut self) -> Option<Recording> {
        self.stretch();
        self.open.pop()
    }
}

/// Whether this thread records.
pub(super) fn is_on() -> bool {
    ON.get()
}

/// Where this thread records, runs both, one after the other; else tells that it does not.
pub(super) fn fork(
    at: &'static Location<'static>,
    a: &mut (dyn FnMut() + Send),
    b: &mut (dyn FnMut() + Send),
) -> bool {
    if !ON.get() {
        return false;
    }
    with(Recorder::stretch);
    let branches = [branch(a), branch(b)];
    with(|recorder| {
        if let Some(open) = recorder.open.last_mut() {
            open.works.push(Work::Fork { at, branches });
        }
        recorder.since = Instant::now();
    });
    true
}

fn branch(run: &mut (dyn FnMut() + Send)) -> Recording {
    with(|recorder| {
        recorder.open.push(Recording::default());
        recorder.since = Instant::now();
    });
    run();
    with(Recorder::close).expect("pushed above")
}

fn with<R>(f: impl FnOnce(&mut Recorder) -> R) -> R {
    RECORDER.with_borrow_mut(|recorder| f(recorder.as_mut().expect("ON says so")))
}
