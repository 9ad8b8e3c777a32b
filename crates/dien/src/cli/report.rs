//! `dien report`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use dien::prelude::*;
use dien::report::RunReport;
use serde::Serialize;

use super::eval::held_out;
use super::progress::scores;
use super::{print, print_json};

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The run's folder.
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
    /// Test on other behaviours than the run's own, under the same protocol, or on the `dataset.toml` of another log.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The page; `report.html` in the run's folder by default.
    #[arg(long, value_name = "FILE.html")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Written<'a> {
    run: &'a PathBuf,
    out: &'a PathBuf,
    #[serde(flatten)]
    report: &'a RunReport,
}

/// Runs `dien report`.
pub(super) fn run(args: &ReportArgs, json: bool) -> Result<ExitCode> {
    let run = Run::open(&args.run)?;
    let data = held_out(&run, args.data.as_deref(), None)?;
    let report = RunReport::new(&run, &data.test())?;
    let out = args.out.clone().unwrap_or_else(|| args.run.join("report.html"));
    report.write_html(&out)?;
    if json {
        print_json(&Written { run: &args.run, out: &out, report: &report })?;
        return Ok(ExitCode::SUCCESS);
    }
    let epochs = report.epochs.len();
    let best = report.best_epoch.map_or(String::new(), |epoch| format!(", the best is epoch {epoch}"));
    let test = report.test.as_ref().map_or("no test targets".into(), |test| {
        format!("test  {}  calibration error {:.4}", scores(&test.metrics), test.calibration.error)
    });
    let plural = if epochs == 1 { "epoch" } else { "epochs" };
    print(&format!("{epochs} {plural}{best}\n{test}\npage: {}\n", out.display()))?;
    Ok(ExitCode::SUCCESS)
}
