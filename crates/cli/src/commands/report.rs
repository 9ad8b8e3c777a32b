//! `dien report`.

use std::fs;
use std::path::{Path, PathBuf};
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
    /// Test on other data than the run's own, as `eval --data` does.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The page; `report.html` in the run's folder by default, `report-NAME.html` if it is tested on other
    /// data.
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
    let run = super::open(&args.run)?;
    let data = held_out(&run, args.data.as_deref(), None)?;
    let mut report = RunReport::new(&run, &data.test())?;
    if let Some(other) = other_data(&run.config()?, args.data.as_deref()) {
        report = report.on(other);
    }
    let page = report.tested_on.as_ref().map_or("report.html".into(), |other| format!("report-{other}.html"));
    let out = args.out.clone().unwrap_or_else(|| args.run.join(page));
    report.write_html(&out)?;
    if json {
        print_json(&Written { run: &args.run, out: &out, report: &report })?;
        return Ok(ExitCode::SUCCESS);
    }
    let epochs = report.epochs.len();
    let best = report.best_epoch.filter(|_| report.is_chosen());
    let best = best.map_or(String::new(), |epoch| format!(", the best is epoch {epoch}"));
    let on = report.tested_on.as_ref().map_or(String::new(), |other| format!(" on {other}"));
    let test = report.test.as_ref().map_or(format!("no test targets{on}"), |test| {
        format!("test{on}  {}  calibration error {:.4}", scores(&test.metrics), test.calibration.error)
    });
    let plural = if epochs == 1 { "epoch" } else { "epochs" };
    print(&format!("{epochs} {plural}{best}\n{test}\npage: {}\n", out.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// What the data is called, if it is not the run's own.
fn other_data(config: &Config, path: Option<&Path>) -> Option<String> {
    let other = Source::at(path?.to_path_buf());
    let place = |source: &Source| match source {
        Source::Folder(path) | Source::Schema(path) => fs::canonicalize(path).ok(),
        Source::Log(log) => fs::canonicalize(&log.files).ok(),
        _ => None,
    };
    (place(&config.source) != place(&other)).then(|| other.name())
}
