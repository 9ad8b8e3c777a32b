//! `dien bench`.

use std::process::ExitCode;

use clap::Args;
use dien::Result;
use dien_kernels::simd::Level;

use super::{print, print_json};
use crate::bench::{self, Figure, Plan, Report, ScheduleFigure};

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Measure these alone.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = bench::NAMES)]
    only: Vec<String>,
    /// Tell what the work allows on 2, 8 and 64 threads, by the tasks that it is cut into.
    #[arg(long)]
    schedule: bool,
    /// Seconds for each figure.
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = seconds)]
    seconds: f64,
    /// Use these vector instructions rather than the best of the machine: portable, avx2 or avx512.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    simd: Option<Level>,
}

fn level(text: &str) -> std::result::Result<Level, String> {
    let found = Level::ALL.iter().copied().find(|level| level.name().eq_ignore_ascii_case(text));
    match found {
        Some(level) if level.is_available() => Ok(level),
        Some(_) => Err("this machine does not have these instructions".into()),
        None => Err("expected portable, avx2 or avx512".into()),
    }
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected a number from 0 to 3600".into()),
    }
}

/// Runs `dien bench`, on one thread if not told otherwise.
pub(super) fn run(args: &BenchArgs, threads: Option<usize>, json: bool) -> Result<ExitCode> {
    if let Some(level) = args.simd {
        Level::force(level);
    }
    let threads = threads.unwrap_or(1);
    let plan = Plan { threads, seconds: args.seconds, only: args.only.clone() };
    if args.schedule {
        return schedules(&plan, json);
    }
    if !json {
        print(&header())?;
    }
    let mut failed = Ok(());
    let report = bench::run(&plan, &mut |figure| {
        if !json && failed.is_ok() {
            failed = print(&row(figure));
        }
    })?;
    failed?;
    if json {
        print_json(&report)?
    } else {
        print(&summary(&report))?
    }
    Ok(ExitCode::SUCCESS)
}

fn schedules(plan: &Plan, json: bool) -> Result<ExitCode> {
    let mut failed = Ok(());
    let report = bench::schedules(plan, &mut |figure| {
        if !json && failed.is_ok() {
            failed = print(&schedule(figure));
        }
    })?;
    failed?;
    if json {
        print_json(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn schedule(f: &ScheduleFigure) -> String {
    let ScheduleFigure { name, lengths, tasks, work_ms, longest_path_ms, .. } = f;
    let shape = f.shape.map(|n| n.to_string()).join(" × ");
    let mut text = format!(
        "{name} {shape} {lengths}: {tasks} tasks, {work_ms:.2} ms; the longest path {longest_path_ms:.2} ms\n"
    );
    for (threads, speedup) in f.speedup {
        text += &format!("  on {threads:>2} threads at most {speedup:.2} times as fast\n");
    }
    for (place, milliseconds) in &f.longest_path {
        text += &format!("  {milliseconds:>8.3} ms  {place}\n");
    }
    text
}

fn header() -> String {
    format!(
        "{:<12} {:>15} {:>7} {:>10} {:>19} {:>9} {:>8}\n",
        "", "shape", "lengths", "median ms", "p10 … p90", "GFLOP/s", "of peak"
    )
}

fn row(f: &Figure) -> String {
    let shape = f.shape.map(|n| n.to_string()).join(" × ");
    let spread = format!("{:.3} … {:.3}", f.p10_ms, f.p90_ms);
    let rates = match f.gflops {
        0.0 => String::new(),
        _ => format!(" {:>9.1} {:>7.0}%", f.gflops, 100.0 * f.share_of_fma_peak),
    };
    let lengths = f.lengths.unwrap_or_default();
    format!("{:<12} {shape:>15} {lengths:>7} {:>10.3} {spread:>19}{rates}\n", f.name, f.median_ms)
}

fn summary(report: &Report) -> String {
    let Report { cpu, simd, threads, fma_peak_gflops, sgemm_gflops, .. } = report;
    let plural = if *threads == 1 { "" } else { "s" };
    format!(
        "\n{cpu} ({simd}), {threads} thread{plural}: peak of multiply-adds {fma_peak_gflops:.1} GFLOP/s, \
         matrixmultiply's sgemm {sgemm_gflops:.1} GFLOP/s on one thread\n"
    )
}
