//! What the work allows on more threads than this machine has: `dien bench --schedule`.

use dien::{Error, Result};
use dien_cells::cell::CellKind;
use dien_kernels::par::{Schedule, record};
use dien_kernels::simd::Level;
use serde::Serialize;

use super::cells::Cells;
use super::configuration::Configuration;
use super::inputs::Lengths;
use super::step::Training;
use super::{Plan, cpu};

/// On how many threads.
const THREADS: [usize; 3] = [2, 8, 64];

/// Runs that are recorded, at least; of each task the fastest counts.
const RUNS: usize = 15;

/// Places of the longest path that are told.
const PLACES: usize = 12;

/// The schedule of one piece of work.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduleFigure {
    /// What ran.
    pub name: &'static str,
    /// Batch, longest history and hidden units.
    pub shape: [usize; 3],
    /// `full` or `ragged`.
    pub lengths: &'static str,
    /// Stretches of work between two forks.
    pub tasks: usize,
    /// Milliseconds of all tasks, one after the other.
    pub work_ms: f64,
    /// Milliseconds of the longest chain of tasks that wait for each other.
    pub longest_path_ms: f64,
    /// Threads, and by how much faster than one they could be; see
    /// [`makespan`](dien_kernels::par::Schedule::makespan).
    pub speedup: [(usize, f64); THREADS.len()],
    /// Where the longest path goes: place in the source, milliseconds.
    pub longest_path: Vec<(String, f64)>,
}

/// The schedules of one run.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduleReport {
    /// The processor's name.
    pub cpu: String,
    /// The vector instructions in use.
    pub simd: String,
    /// The figures.
    pub results: Vec<ScheduleFigure>,
}

/// Records training steps of a batch of 128 and cells over one of 1,024 on one thread, and tells what their
/// tasks allow on several. `plan.threads` does not matter.
///
/// # Errors
/// The thread cannot be started.
pub fn schedules(plan: &Plan, seen: &mut (dyn FnMut(&ScheduleFigure) + Send)) -> Result<ScheduleReport> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|e| Error::Threads { threads: 1, reason: e.to_string() })?;
    pool.install(|| {
        let mut results = Vec::new();
        let mut add = |name, shape, lengths: Lengths, run: &mut dyn FnMut()| {
            let figure = figure(name, shape, lengths, plan.seconds, run);
            seen(&figure);
            results.push(figure);
        };
        let wanted = |name: &str| plan.only.is_empty() || plan.only.iter().any(|n| n == name);
        for lengths in [Lengths::Ragged, Lengths::Full] {
            for (name, configuration) in
                [("train_step", Configuration::Official), ("train_step_default", Configuration::Default)]
            {
                if wanted(name) {
                    let mut training = Training::one_batch(configuration, 128, lengths);
                    add(name, [128, 100, 36], lengths, &mut || training.step());
                }
            }
            for (name, kind) in [("gru_train", CellKind::Gru), ("augru_train", CellKind::Augru)] {
                if wanted(name) {
                    let cells = Cells::new(kind, 1024, 100, 36, lengths);
                    add(name, [1024, 100, 36], lengths, &mut || cells.run(true));
                }
            }
        }
        Ok(ScheduleReport { cpu: cpu(), simd: format!("{:?}", Level::current()).to_lowercase(), results })
    })
}

fn figure(
    name: &'static str,
    shape: [usize; 3],
    lengths: Lengths,
    seconds: f64,
    run: &mut dyn FnMut(),
) -> ScheduleFigure {
    (0..3).for_each(|_| run());
    let start = std::time::Instant::now();
    let mut recorded: Vec<Schedule> = Vec::new();
    while recorded.len() < RUNS || start.elapsed().as_secs_f64() < seconds {
        recorded.push(record(&mut *run).schedule());
    }
    let schedule = Schedule::fastest(&recorded).expect("a step over one batch always forks alike");
    let milliseconds = |seconds: f64| 1e3 * seconds;
    let places = schedule.longest_path_by_place().into_iter().take(PLACES);
    ScheduleFigure {
        name,
        shape,
        lengths: lengths.name(),
        tasks: schedule.tasks(),
        work_ms: milliseconds(schedule.work()),
        longest_path_ms: milliseconds(schedule.longest_path()),
        speedup: THREADS.map(|threads| (threads, schedule.work() / schedule.makespan(threads))),
        longest_path: places.map(|(place, seconds)| (place, milliseconds(seconds))).collect(),
    }
}
