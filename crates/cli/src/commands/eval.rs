//! `dien eval`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use dien::data::RowCounts;
use dien::evaluation::Evaluated;
use dien::prelude::*;
use dien::slices::SliceBy;
use dien::{FileError, ReferenceEval};
use serde::Serialize;

use super::progress::scores;
use super::slices::table;
use super::{print, print_json, tell_oov, thousands};

#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// The run's folder.
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
    /// Other data than the run's own, under the same protocol: a folder of behaviours, a `dataset.toml`, or
    /// the files of a log, which the run's schema describes; where that splits nothing, all their rows test.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Whose targets to score.
    #[arg(long, value_enum, default_value_t = Split::Test)]
    split: Split,
    /// Write every target's user (of a log: what its column of kind `group` says), item, label, logit and
    /// probability to this file.
    #[arg(long, value_name = "FILE.csv")]
    scores: Option<PathBuf>,
    /// Also tell AUC, log loss and their intervals of slices: by each value of a column, of numbers by
    /// ranges: `price` (or `price:10`, so many parts of about as many rows; `age:18/30/50`, bounds), `user`,
    /// `item`, `label`, `history_length`. Several between commas, each by itself.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    by: Vec<String>,
    /// Values of a column that have slices of their own; the others are one.
    #[arg(
        long, value_name = "N", requires = "by", default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    most_slices: u32,
    /// Also tell how good the order of each user's (group's) first K candidates is: HR, NDCG, recall, MRR.
    /// Candidates are those that the rows have; a few sampled ones mislead.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    top_k: Option<u32>,
    /// As the official code does, with the evaluation batch's own statistics in batch normalisation and Dice:
    /// scores depend on the batch.
    #[arg(long)]
    batch_statistics: bool,
    /// As the official code does, pool the padding of a batch's histories, too: scores depend on the batch.
    #[arg(long)]
    pool_padding: bool,
    /// Targets per batch, where scores depend on it; the official code has 128.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Split {
    /// The test users.
    Test,
    /// The validation users, who chose the epoch.
    Validation,
}

#[derive(Serialize)]
struct Told {
    run: PathBuf,
    split: Split,
    #[serde(flatten)]
    evaluated: Evaluated,
    /// Where the rows went of the files that the targets are of.
    rows: Option<RowCounts>,
}

/// A run's data, or other data of its kind, as its model reads it, in batches of a size; warnings are said.
pub(super) fn held_out(run: &Run, data: Option<&Path>, batch_size: Option<u32>) -> Result<Dataset> {
    let mut config = run.config()?;
    if let Some(size) = batch_size {
        config.data.test_batch_size = size as usize;
    }
    if let Some(path) = data {
        config.source = run.source_at(path, true)?;
    }
    let (dataset, warnings) = DataSource::open(&config, Encoding::Reuse(run))?;
    run.check_schema(&dataset)?;
    if !warnings.is_empty() {
        eprintln!("warning: {}", warnings.to_string().replace('\n', "\nwarning: "));
    }
    Ok(dataset)
}

/// That there is nothing to measure.
fn nothing(args: &EvalArgs) -> FileError {
    let path = args.data.clone().unwrap_or_else(|| args.run.clone());
    let expected = "users who are held out (`test_users.txt`), or rows of a log that are";
    FileError::content(path, "no targets in this split", expected)
}

/// Runs `dien eval`.
pub(super) fn run(args: &EvalArgs, json: bool) -> Result<ExitCode> {
    let run = super::open(&args.run)?;
    let dataset = held_out(&run, args.data.as_deref(), args.batch_size)?;
    let batches = match args.split {
        Split::Test => dataset.test(),
        Split::Validation => dataset.validation(),
    };
    if batches.is_empty() {
        return Err(nothing(args).into());
    }
    let reference =
        ReferenceEval::default().batch_statistics(args.batch_statistics).pool_padding(args.pool_padding);
    let scorer = reference.load(&run)?;
    let by = args.by.iter().map(|by| by.parse()).collect::<Result<Vec<SliceBy>>>()?;
    let evaluation = scorer.evaluation().top_k(args.top_k.map(|k| k as usize)).scores(args.scores.clone());
    let evaluation = evaluation.by(&dataset, by)?.most_slices(args.most_slices as usize);
    let evaluated = evaluation.run(&batches)?;
    if evaluated.metrics.samples == 0 {
        return Err(nothing(args).into());
    }
    tell_oov("", &evaluated.oov);
    let rows = batches.rows().or(dataset.rows());
    if json {
        let (run, split) = (args.run.clone(), args.split);
        print_json(&Told { run, split, evaluated, rows })?;
    } else {
        if let Some(rows) = rows {
            print(&format!("{rows}\n"))?;
        }
        let Evaluated { metrics, slices, .. } = &evaluated;
        print(&format!("{}  ({} samples)\n", scores(metrics), thousands(metrics.samples)))?;
        for slices in slices {
            print(&table(slices))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
