//! `dien predict`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use dien::FileError;
use dien::data::schema::{Format, Source as Files};
use dien::data::{OnError, Predictions};
use dien::prelude::*;

use super::options::value_of;
use super::{print_json, tell_oov, thousands};

#[derive(Debug, Args)]
pub(super) struct PredictArgs {
    /// The run's folder, trained on a log of impressions.
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
    /// The rows: files, a glob (quoted) or a folder of the form of the run's log, or the `dataset.toml` of
    /// another; `-` is standard input. No label is needed.
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// Columns to keep beside the score.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    keep: Vec<String>,
    /// A `.csv` or `.parquet` file; CSV on standard output by default. Required with `--json`, whose value
    /// counts the rows.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What becomes of a row with something wrong in it.
    #[arg(long, value_parser = value_of::<OnError>("data.on_error"), default_value = "fail")]
    on_error: OnError,
}

/// Runs `dien predict`.
pub(super) fn run(args: &PredictArgs, json: bool) -> Result<ExitCode> {
    if json && args.out.is_none() {
        return Err(Error::Config {
            origin: dien::Origin::Argument("--json".into()),
            problem: "the scores would be on standard output, as CSV; expected `--out FILE` too".into(),
        });
    }
    let run = super::open(&args.run)?;
    let scorer = Scorer::load(&run)?;
    let mut config = run.config()?;
    if let OnError::Skip = args.on_error {
        config.data.on_error = OnError::Skip;
    }
    let files = match Source::at(args.data.clone()) {
        Source::Schema(path) => {
            config.source = Source::Schema(path);
            None
        }
        _ if args.data == Path::new("-") => Some("/dev/stdin".into()),
        _ => Some(std::path::absolute(&args.data).map_err(FileError::io(&args.data, "find"))?),
    };
    let (data, _) = DataSource::open(&config, Encoding::Reuse(&run))?;
    run.check_schema(&data)?;
    let Data::Impressions(log) = &data else {
        let expected = "a run on a log of impressions; `dien eval --scores` writes those of a folder";
        return Err(FileError::content(&args.run, "a run on behaviours", expected).into());
    };
    let mut source = log.schema().source.clone();
    if let Some(files) = files {
        if source.histories.is_some() {
            let found = "rows that look back on a table of histories";
            let expected = "a `dataset.toml` whose `[source]` names both";
            return Err(FileError::content(&args.data, found, expected).into());
        }
        let format = source.format.or((args.data == Path::new("-")).then_some(Format::Csv));
        source = Files { files: Some(files.to_string_lossy().into_owned()), format, ..source };
    }
    let mut predictions = match &args.out {
        Some(path) => {
            super::interrupt::abandon();
            Predictions::create(path, &args.keep)?
        }
        None => Predictions::stream(Box::new(std::io::stdout()), &args.keep)?,
    };
    let predicted = scorer.predict(log, &source, &args.keep, &mut predictions)?;
    predictions.finish()?;
    if predicted.skipped.rows > 0 {
        eprintln!("warning: no score for {} rows", thousands(predicted.skipped.rows as usize));
        predicted.skipped.first.iter().for_each(|wrong| eprintln!("  {wrong}"));
    }
    tell_oov("", &predicted.oov);
    match &args.out {
        Some(path) if json => print_json(&serde_json::json!({
            "out": path, "rows": predicted.rows, "skipped": predicted.skipped.rows,
            "out_of_vocabulary": predicted.oov,
        }))?,
        Some(path) => eprintln!("{}: {} rows", Path::display(path), thousands(predicted.rows as usize)),
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}
