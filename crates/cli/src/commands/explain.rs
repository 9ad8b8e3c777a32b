//! `dien explain`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use dien::FileError;
use dien::explain::{self, Explainer, Explanation};
use dien::prelude::*;
use serde::Serialize;

use super::{print, print_json};

/// Explains one score. `--user` names whose, and `--candidate` of which item: by default the user's last one,
/// against what came before it (with `data.targets=real`, the last one with a real label). In a log of
/// impressions that is the user's latest row, and the user what its column of kind `group` says. Any run
/// takes a `--request` instead, as `dien rank` reads it, and explains the first of its candidates.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The run's folder.
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
    /// A user of the run's data.
    #[arg(long, value_name = "USER", required_unless_present = "request", conflicts_with = "request")]
    user: Option<String>,
    /// An item of the run's data; the user's last one by default.
    #[arg(long, value_name = "ITEM", conflicts_with = "request")]
    candidate: Option<String>,
    /// A file with the JSON request that `dien rank` reads.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// Write a page to look at.
    #[arg(long, value_name = "FILE.html")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Explained<'a> {
    run: &'a PathBuf,
    user: &'a Option<String>,
    request: &'a Option<PathBuf>,
    out: &'a Option<PathBuf>,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

/// Runs `dien explain`.
pub(super) fn run(args: &ExplainArgs, json: bool) -> Result<ExitCode> {
    if let Some(path) = args.out.as_deref().filter(|path| !is_page(path)) {
        let expected = "one that ends in `.html`: it is a page";
        return Err(FileError::content(path, "a name of another kind of file", expected).into());
    }
    let run = super::open(&args.run)?;
    let explainer = Explainer::from_run(&run)?;
    let (request, log) = args.request(&run, &explainer)?;
    if args.request.is_some() {
        for field in explainer.unread(&request) {
            eprintln!("warning: {field}");
        }
    }
    let mut explanation = explainer.explain(&request)?;
    if let Some(log) = &log {
        explanation.entitle(log);
    }
    if let Some(path) = &args.out {
        explanation.write_html(&args.asked(), path)?;
    }
    if json {
        let ExplainArgs { run, user, request, out, .. } = args;
        print_json(&Explained { run, user, request, out, explanation: &explanation })?;
    } else {
        print(&explanation.text())?;
        if let Some(path) = &args.out {
            print(&format!("\npage: {}\n", path.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"))
}

impl ExplainArgs {
    /// What to explain, and the log that its items are of.
    fn request(&self, run: &Run, explainer: &Explainer) -> Result<(Request, Option<Log>)> {
        let Some(user) = &self.user else {
            let path = self.request.as_ref().expect("one of the two");
            let text = fs::read_to_string(path).map_err(FileError::io(path, "read"))?;
            return Ok((Request::from_json(&text)?, None));
        };
        let config = run.config()?;
        let Some((log, _)) = DataSource::log(&config)? else {
            let (data, _) = DataSource::open(&config, Encoding::Reuse(run))?;
            run.check_schema(&data)?;
            if data.schema().is_some_and(|schema| schema.source.histories.is_none()) {
                eprintln!("note: the user's latest row is looked for in all rows of the log");
            }
            return Ok((explainer.request_of_row(&data, user, self.candidate.as_deref())?, None));
        };
        let request = explain::request(&log, &config.data, user, self.candidate.as_deref())?;
        Ok((request, Some(log)))
    }

    /// For whom the score is, in words.
    fn asked(&self) -> String {
        let run = self.run.display();
        match (&self.user, &self.request) {
            (Some(user), _) => format!("For user {user}, by the model of the run {run}."),
            (_, Some(path)) => format!("For the request {}, by the model of the run {run}.", path.display()),
            (None, None) => format!("By the model of the run {run}."),
        }
    }
}
