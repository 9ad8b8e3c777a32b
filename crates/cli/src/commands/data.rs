//! `dien data`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dien::Result;
use dien::data::SyntheticConfig;
use dien::data::inspect::{ColumnRoles, LogForm, TableStats};
use dien::data::schema::{CsvOptions, Format, Schema, Source};

use super::build::BuildArgs;
use super::choice::formats;
use super::{print, print_json};

#[derive(Debug, Args)]
pub(super) struct DataArgs {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Look at a log: print what its columns hold, and a `dataset.toml` that might fit, for you to edit.
    Inspect(InspectArgs),
    /// Make samples of a behaviour log: histories and targets with negatives, as Parquet, split, with their
    /// `dataset.toml`.
    Build(Box<BuildArgs>),
    /// Draw a log of impressions of any size: `log.parquet`, and its `dataset.toml`.
    Synth(SynthArgs),
}

#[derive(Debug, Args)]
struct SynthArgs {
    /// The folder to write, new or empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Events of all the rows' histories together.
    #[arg(
        long, value_name = "N", default_value_t = 100_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    events: u64,
    /// Categories of 32 items each.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(3..))]
    categories: u32,
    /// The longest sequence of a user.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(10..))]
    max_length: u32,
    /// The same seed gives the same log.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u32,
}

#[derive(Debug, Args)]
struct InspectArgs {
    /// A file, a glob (quoted) or a folder; a `dataset.toml` names the files that it describes.
    #[arg(value_name = "FILES")]
    files: PathBuf,
    /// Look at the first N rows alone.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rows: Option<u64>,
    /// How the files are written, where their names do not tell.
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    format: Option<Format>,
    /// CSV: what stands between fields.
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<char>,
    /// What stands between a list's ids, in texts.
    #[arg(long, value_name = "TEXT")]
    separator: Option<String>,
    /// CSV: what stands around fields that hold delimiters; nothing, if it is empty.
    #[arg(long, value_name = "CHAR")]
    quote: Option<String>,
    /// CSV: no line names the columns.
    #[arg(long)]
    no_header: bool,
}

/// Runs `dien data`.
pub(super) fn run(args: &DataArgs, json: bool) -> Result<ExitCode> {
    match &args.command {
        DataCommand::Inspect(args) => inspect(args, json),
        DataCommand::Build(args) => super::build::run(args, json),
        DataCommand::Synth(args) => synth(args, json),
    }
}

fn synth(args: &SynthArgs, json: bool) -> Result<ExitCode> {
    let synthesis = SyntheticConfig::default()
        .with_categories(args.categories as usize)
        .with_max_length(args.max_length as usize)
        .with_seed(args.seed.into());
    super::interrupt::abandon();
    synthesis.write_impressions(&args.out, args.events)?;
    let schema = args.out.join("dataset.toml");
    if json {
        print_json(&serde_json::json!({ "schema": schema, "events": args.events }))?;
    } else {
        let schema = schema.display();
        print(&format!("{schema}\nnext:  {} train --data {schema}\n", super::program()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn inspect(args: &InspectArgs, json: bool) -> Result<ExitCode> {
    let files = match dien::config::Source::at(args.files.clone()) {
        // Its rows are described already, but may be looked at.
        dien::config::Source::Schema(path) => return described(&path, args, json),
        dien::config::Source::Folder(path) if path.is_dir() => events_of(path),
        _ => args.files.clone(),
    };
    let source = Source {
        files: Some(files.to_string_lossy().into_owned()),
        format: args.format,
        csv: CsvOptions::default()
            .with_delimiter(args.delimiter)
            .with_separator(args.separator.clone())
            .with_quote(args.quote.clone())
            .with_no_header(args.no_header),
        histories: None,
    };
    look(&source, Path::new(""), args, json)
}

/// Looks at the rows that a schema names.
fn described(path: &Path, args: &InspectArgs, json: bool) -> Result<ExitCode> {
    let source = Schema::load(path)?.source;
    look(&source, path.parent().unwrap_or(Path::new("")), args, json)
}

/// The behaviours' file of a folder.
fn events_of(folder: PathBuf) -> PathBuf {
    let names = ["interactions.csv", "interactions.csv.gz"].map(|name| folder.join(name));
    names.into_iter().find(|path| path.is_file()).unwrap_or(folder)
}

fn look(source: &Source, base: &Path, args: &InspectArgs, json: bool) -> Result<ExitCode> {
    let profile = TableStats::of(source, base, args.rows)?;
    let proposal = profile.proposal(&ColumnRoles::default())?;
    if json {
        print_json(proposal.schema())?;
        return Ok(ExitCode::SUCCESS);
    }
    // What the columns hold as comments: so the output is a schema.
    let held = profile.to_string();
    let comments = held.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n");
    let notes: String = proposal.notes().iter().map(|note| format!("# - {note}\n")).collect();
    let trains = match proposal.form() {
        LogForm::Impressions => "trains as it stands",
        LogForm::Events => {
            "is of behaviours without histories: `dien train --data` makes samples of the files, or \
             `dien data build`"
        }
        _ => &format!("trains when it has what it lacks: {}", proposal.lacks()),
    };
    let schema = proposal.to_toml();
    print(&format!(
        "{}\n# What follows {trains}. It was guessed:\n{notes}\n{schema}",
        comments.collect::<String>()
    ))?;
    Ok(ExitCode::SUCCESS)
}
