//! Samples of a piece of work, each beside a burst of the machine's peak.

use std::time::Instant;

use super::peak;

/// What was measured.
#[derive(Clone, Debug)]
pub(super) struct Timing {
    /// Seconds of each sample, ascending.
    seconds: Vec<f64>,
    /// FLOP/s of the bursts between the samples, ascending.
    peaks: Vec<f64>,
}

/// Runs `work` until `budget` seconds have passed, at least `MIN` times, with a burst of the peak before
/// each.
///
/// The bursts tell what the machine gave at that time, which on a shared one changes from minute to minute.
pub(super) fn measure(threads: usize, budget: f64, mut work: impl FnMut()) -> Timing {
    const MIN: usize = 7;
    const WARM: usize = 3;
    (0..WARM).for_each(|_| work());
    let (mut seconds, mut peaks) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while seconds.len() < MIN || start.elapsed().as_secs_f64() < budget {
        let (flops, time) = timed(|| peak::burst(threads));
        peaks.push(flops / time);
        seconds.push(timed(&mut work).1);
    }
    seconds.sort_by(f64::total_cmp);
    peaks.sort_by(f64::total_cmp);
    Timing { seconds, peaks }
}

fn timed<R>(f: impl FnOnce() -> R) -> (R, f64) {
    let start = Instant::now();
    let result = f();
    (result, start.elapsed().as_secs_f64())
}

impl Timing {
    /// The quantile `q` of the samples, in milliseconds.
    pub fn milliseconds(&self, q: f64) -> f64 {
        1e3 * quantile(&self.seconds, q)
    }

    /// The median of the peak, in GFLOP/s.
    pub fn peak_gflops(&self) -> f64 {
        1e-9 * quantile(&self.peaks, 0.5)
    }
}

/// The quantile `q` of ascending values, the nearest one.
pub(super) fn quantile(ascending: &[f64], q: f64) -> f64 {
    ascending[((ascending.len() - 1) as f64 * q).round() as usize]
}
