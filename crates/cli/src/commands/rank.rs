//! `dien rank`.

use std::io::{self, BufRead, Read};
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
    #[arg(long, visible_alias = "model", value_name = "RUN")]
    run: PathBuf,
    /// Read requests one a line, and print an answer a line, each as soon as there is one; of a request that
    /// is wrong `{"error": …}`, which makes the exit code 1 in the end.
    #[arg(long)]
    lines: bool,
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
    if args.lines {
        return lines(&ranker);
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(FileError::io("standard input", "read"))?;
    print_json(&answer(&ranker, &text)?)?;
    Ok(ExitCode::SUCCESS)
}

fn lines(ranker: &Ranker) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(FileError::io("standard input", "read"))?;
        if line.trim().is_empty() {
            continue;
        }
        match answer(ranker, &line) {
            Ok(scores) => print_json(&scores)?,
            Err(error) => {
                code = ExitCode::FAILURE;
                print_json(&serde_json::json!({ "error": error.to_string() }))?;
            }
        }
    }
    Ok(code)
}

fn answer(ranker: &Ranker, text: &str) -> Result<Scores> {
    let request = Request::from_json(text)?;
    for field in ranker.unread(&request) {
        eprintln!("warning: {field}");
    }
    let answer = ranker.rank(&request)?;
    Ok(Scores { scores: answer.probabilities(), unknown: answer.unknown })
}
