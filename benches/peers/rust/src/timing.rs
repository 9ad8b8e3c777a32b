//! Repeats a pass and prints what it took.

use std::time::{Duration, Instant};

use crate::Shape;

/// Milliseconds of at least 5 passes within `seconds`, after 2 that do not count, ascending.
fn measure(seconds: f64, mut pass: impl FnMut()) -> Vec<f64> {
    (0..2).for_each(|_| pass());
    let (begin, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || begin.elapsed() < Duration::from_secs_f64(seconds) {
        let start = Instant::now();
        pass();
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times
}

/// Measures a pass and prints the line.
pub fn report(who: &str, kind: &str, name: &str, shape: Shape, seconds: f64, pass: impl FnMut()) {
    let times = measure(seconds, pass);
    let at = |q: f64| times[(q * (times.len() - 1) as f64) as usize];
    let [batch, steps, width] = shape;
    let passes = if name.ends_with("train") { 3 } else { 1 };
    let flops = (passes * 12 * batch * steps * width * width) as f64;
    let threads: usize = std::env::var("RAYON_NUM_THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let line = serde_json::json!({
        "who": who, "name": name, "shape": shape, "lengths": "full", "threads": threads,
        "median_ms": at(0.5), "p10_ms": at(0.1), "p90_ms": at(0.9),
        "gflops": flops / at(0.5) / 1e6, "kind": kind, "events": batch * steps,
    });
    println!("{line}");
}
