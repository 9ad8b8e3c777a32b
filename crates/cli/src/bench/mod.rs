//! What this machine gives: the cells, the training step and the ranker beside the machine's own peak.
//!
//! `dien bench` prints it; `docs/benchmarks.md` says what the shapes are and how others compare.

mod cells;
mod configuration;
mod inputs;
mod peak;
mod ranking;
mod schedule;
mod single;
mod step;
mod timing;

use dien::{Error, Result};
use dien_cells::cell::CellKind;
use dien_kernels::simd::Level;
use serde::Serialize;

use cells::{Cells, Conversion};
use configuration::Configuration;
use inputs::Lengths;
use peak::Sgemm;
use ranking::Ranking;
pub use schedule::{ScheduleFigure, schedules};
use single::Single;
use step::Training;
use timing::Timing;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many threads.
    pub threads: usize,
    /// Seconds for each figure; each is sampled at least seven times.
    pub seconds: f64,
    /// The names of the figures wanted; all if empty. See [`NAMES`].
    pub only: Vec<String>,
}

/// The names of all figures.
pub const NAMES: [&str; 11] = [
    "gru_infer",
    "gru_train",
    "augru_infer",
    "augru_train",
    "to_lanes",
    "train_step",
    "train_step_default",
    "score_1024",
    "rank_1",
    "rank_200",
    "rank_200_default",
];

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was measured; see [`NAMES`].
    pub name: &'static str,
    /// Batch, steps and hidden units; for `rank_*` candidates, history and hidden units.
    pub shape: [usize; 3],
    /// `full` or `ragged`, where sequences have lengths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lengths: Option<&'static str>,
    /// Events a run, on average.
    pub events: f64,
    /// Threads.
    pub threads: usize,
    /// The median time, in milliseconds.
    pub median_ms: f64,
    /// The 10th percentile.
    pub p10_ms: f64,
    /// The 90th percentile.
    pub p90_ms: f64,
    /// 10⁹ flops a second by the median; flops as the algebra needs them.
    pub gflops: f64,
    /// `gflops` as a share of the peak, measured between this figure's samples.
    pub share_of_fma_peak: f64,
}

/// All that was measured in one run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The processor's name.
    pub cpu: String,
    /// The vector instructions in use.
    pub simd: String,
    /// Threads.
    pub threads: usize,
    /// 10⁹ flops a second of multiply-adds on registers, all threads together: the median over the run.
    pub fma_peak_gflops: f64,
    /// The same of `matrixmultiply`'s sgemm on one thread, 1024 × 1024 × 1024.
    pub sgemm_gflops: f64,
    /// The figures.
    pub results: Vec<Figure>,
}

/// Measures on rayon's global pool, or a pool of `plan.threads` threads. `seen` is called with each figure as
/// it comes.
///
/// # Errors
/// The threads cannot be started.
pub fn run(plan: &Plan, seen: &mut (dyn FnMut(&Figure) + Send)) -> Result<Report> {
    let threads = plan.threads;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|e| Error::Threads { threads, reason: e.to_string() })?;
    pool.install(|| Ok(Bench { plan, seen, peaks: vec![], results: vec![] }.run()))
}

struct Bench<'a> {
    plan: &'a Plan,
    seen: &'a mut (dyn FnMut(&Figure) + Send),
    peaks: Vec<f64>,
    results: Vec<Figure>,
}

impl Bench<'_> {
    fn run(mut self) -> Report {
        let mut sgemm = Sgemm::new();
        let sgemm = timing::measure(self.plan.threads, self.plan.seconds, || sgemm.run());
        self.peaks.push(sgemm.peak_gflops());
        for (batch, steps, hidden) in [(128, 100, 36), (128, 50, 64), (256, 100, 128)] {
            for lengths in Lengths::ALL {
                self.cells([batch, steps, hidden], lengths);
            }
            self.measure("to_lanes", [batch, steps, hidden], None, || {
                let conversion = Conversion::new(batch, steps, hidden);
                ((batch * steps) as f64, 0.0, move || conversion.run())
            });
        }
        for batch in [1, 200] {
            self.cells([batch, 100, 36], Lengths::Full);
        }
        let configurations =
            [("train_step", Configuration::Official), ("train_step_default", Configuration::Default)];
        for (name, configuration) in configurations {
            for lengths in [Lengths::Ragged, Lengths::Full] {
                self.measure(name, [128, 100, 36], Some(lengths), || {
                    let mut training = Training::new(configuration, 128, lengths);
                    (training.events(), training.train_flops(), move || training.step())
                });
            }
        }
        self.measure("score_1024", [1024, 100, 36], Some(Lengths::Ragged), || {
            let mut training = Training::new(Configuration::Official, 1024, Lengths::Ragged);
            (training.events(), training.score_flops(), move || training.score())
        });
        for (name, configuration, candidates) in [
            ("rank_1", Configuration::Official, 1),
            ("rank_200", Configuration::Official, 200),
            ("rank_200_default", Configuration::Default, 200),
        ] {
            self.measure(name, [candidates, ranking::HISTORY, ranking::HIDDEN], None, || {
                let ranking = Ranking::new(configuration, candidates);
                (ranking::HISTORY as f64, ranking.flops(), move || ranking.run())
            });
        }
        self.peaks.sort_by(f64::total_cmp);
        Report {
            cpu: cpu(),
            simd: format!("{:?}", Level::current()).to_lowercase(),
            threads: self.plan.threads,
            fma_peak_gflops: timing::quantile(&self.peaks, 0.5),
            sgemm_gflops: Sgemm::FLOPS * 1e-6 / sgemm.milliseconds(0.5),
            results: self.results,
        }
    }

    fn cells(&mut self, shape: [usize; 3], lengths: Lengths) {
        let [batch, steps, hidden] = shape;
        let names =
            [("gru_infer", "gru_train", CellKind::Gru), ("augru_infer", "augru_train", CellKind::Augru)];
        for (infer, train, kind) in names {
            let cells = || Cells::new(kind, batch, steps, hidden, lengths);
            if batch == 1 {
                let flops = Cells::flops_of(steps, hidden);
                self.measure(infer, shape, Some(lengths), || {
                    let mut single = Single::new(kind, steps, hidden);
                    (steps as f64, flops, move || single.run())
                });
            } else {
                self.measure(infer, shape, Some(lengths), || {
                    let cells = cells();
                    (cells.events() as f64, cells.flops(), move || cells.run(false))
                });
            }
            self.measure(train, shape, Some(lengths), || {
                let cells = cells();
                (cells.events() as f64, 3.0 * cells.flops(), move || cells.run(true))
            });
        }
    }

    /// Measures what `prepare` gives, if it is wanted: events, flops, and the work itself.
    fn measure<W: FnMut()>(
        &mut self,
        name: &'static str,
        shape: [usize; 3],
        lengths: Option<Lengths>,
        prepare: impl FnOnce() -> (f64, f64, W),
    ) {
        if !(self.plan.only.is_empty() || self.plan.only.iter().any(|n| n == name)) {
            return;
        }
        let (events, flops, work) = prepare();
        let timing: Timing = timing::measure(self.plan.threads, self.plan.seconds, work);
        let gflops = flops * 1e-6 / timing.milliseconds(0.5);
        let figure = Figure {
            name,
            shape,
            lengths: lengths.map(Lengths::name),
            events,
            threads: self.plan.threads,
            median_ms: timing.milliseconds(0.5),
            p10_ms: timing.milliseconds(0.1),
            p90_ms: timing.milliseconds(0.9),
            gflops,
            share_of_fma_peak: gflops / timing.peak_gflops(),
        };
        (self.seen)(&figure);
        self.peaks.push(timing.peak_gflops());
        self.results.push(figure);
    }
}

/// The processor's name, as the system tells it.
fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}
