//! `dien predict`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use dien::Predictor;
use dien::data::{OnError, Predictions};
use dien::prelude::*;

use super::options::value_of;
use super::{print_json, tell_oov, thousands};

/// Writes a line for every row, in their order. A row with something wrong in it has no score, but the
/// reason; where a file as a whole cannot be read there is an error, and nothing is written.
#[derive(Debug, Args)]
pub(super) struct PredictArgs {
    /// The run's folder, or its `model.safetensors` alone.
    #[arg(long, visible_alias = "model", value_name = "RUN")]
    run: PathBuf,
    /// Of a run on a log the rows: files, a glob (quoted) or a folder of the form of the run's log, or the
    /// `dataset.toml` of another; `-` is standard input. No label is needed. Of a run on behaviours a folder
    /// or a table of such, whose test users' targets are scored.
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// Columns to keep beside the score; those of a folder are `user`, `item` (both are, by default) and
    /// `label`.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    keep: Vec<String>,
    /// A `.csv` or `.parquet` file; CSV on standard output by default, or with `--json` the object's list
    /// `predictions`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What becomes of a row with something wrong in it: a line with the `reason` in place of a score, or the
    /// end of all.
    #[arg(long, value_parser = value_of::<OnError>("data.on_error"), default_value = "skip")]
    on_error: OnError,
}

/// Runs `dien predict`.
pub(super) fn run(args: &PredictArgs, json: bool) -> Result<ExitCode> {
    let predictor = Predictor::open(&args.run, &args.data, args.on_error)?;
    let keep = if args.keep.is_empty() { predictor.default_columns() } else { args.keep.clone() };
    let mut predictions = match &args.out {
        Some(path) => {
            super::interrupt::abandon();
            Predictions::create(path, &keep)?
        }
        None if json => Predictions::json(Box::new(std::io::stdout()), &keep)?,
        None => Predictions::stream(Box::new(std::io::stdout()), &keep)?,
    };
    if args.on_error == OnError::Skip {
        predictions = predictions.with_reasons();
    }
    let predicted = predictor.predict(&keep, &mut predictions)?;
    if predicted.skipped.rows > 0 {
        eprintln!("warning: no score for {} rows", thousands(predicted.skipped.rows as usize));
        predicted.skipped.first.iter().for_each(|wrong| eprintln!("  {wrong}"));
    }
    tell_oov("", &predicted.oov);
    let told = serde_json::json!({
        "out": args.out, "rows": predicted.rows, "skipped": predicted.skipped.rows,
        "out_of_vocabulary": predicted.oov,
    });
    predictions.finish_with(&told)?;
    match &args.out {
        Some(_) if json => print_json(&told)?,
        Some(path) => eprintln!("{}: {} rows", Path::display(path), thousands(predicted.rows as usize)),
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}
