//! `dien rank`.

use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use dien::FileError;
use dien::prelude::*;
use serde::Serialize;

use super::print_json;

/// Reads `{"history": [{"item": …, "category": …}, …], "profile": {…}, "context": {…}, "candidates":
/// [{"item": …}, …]}`, the history oldest first, and prints `{"scores": [p, …], "unknown": n}`: the
/// probability of a click for each candidate, in their order, and how many ids the model does not know.
#[derive(Debug, Args)]
pub(super) struct RankArgs {
    /// The run's folder, or its `model.safetensors` alone.
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
}

#[derive(Serialize)]
struct Scores {
    scores: Vec<f64>,
    unknown: usize,
}

/// Runs `dien rank`.
pub(super) fn run(args: &RankArgs) -> Result<ExitCode> {
    let ranker =
        if args.run.is_file() { Ranker::load(&args.run)? } else { super::open(&args.run)?.ranker()? };
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(FileError::io("standard input", "read"))?;
    let request = Request::from_json(&text)?;
    for field in ranker.unread(&request) {
        eprintln!("warning: `{field}` is ignored: the model has no such feature");
    }
    let answer = ranker.rank(&request)?;
    print_json(&Scores { scores: answer.probabilities(), unknown: answer.unknown })?;
    Ok(ExitCode::SUCCESS)
}
