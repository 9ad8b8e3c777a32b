//! The command line: reads arguments, calls the library, prints.

mod bench;
mod build;
mod choice;
mod compare;
mod data;
mod demo;
mod describe;
mod document;
mod doubts;
mod eval;
mod events;
mod explain;
mod interrupt;
mod options;
mod predict;
mod progress;
mod rank;
mod report;
mod roles;
mod slices;
mod summary;
mod train;
mod tune;

use std::io::{self, Write};
use std::panic;
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use dien::{Error, FileError, Result, Run};
use indicatif::HumanCount;
use serde::Serialize;

/// Train, evaluate and describe click-through-rate models over behaviour sequences.
///
/// Without a command it demonstrates itself on synthetic behaviours, in about a minute.
#[derive(Debug, Parser)]
#[command(name = "dien", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train DIEN and the paper's BaseModel on synthetic behaviours: what happens without a command.
    Demo(demo::DemoArgs),
    /// Train a model, and test it.
    Train(Box<train::TrainArgs>),
    /// Score a trained model on held-out users.
    Eval(eval::EvalArgs),
    /// Score a log's rows, in their order, with the columns that tell which is which.
    Predict(predict::PredictArgs),
    /// Score candidates for one user: a JSON request on standard input, the answer on standard output.
    Rank(rank::RankArgs),
    /// Train models or variants of one on the same data with several seeds, and tell the differences from
    /// noise.
    Compare(Box<compare::CompareArgs>),
    /// Choose options by validation users: random search with successive halving.
    Tune(Box<tune::TuneArgs>),
    /// Tell why a candidate has its score: which past behaviours moved it, and how the interest evolved.
    Explain(explain::ExplainArgs),
    /// Write a page about a training run: losses, validation, calibration, AUC by length of history.
    Report(report::ReportArgs),
    /// Look at logs and describe them by a schema, build samples of behaviours, draw synthetic logs.
    Data(data::DataArgs),
    /// List the options of a configuration: what each may be, its defaults, and what it decides.
    Options(options::OptionsArgs),
    /// Measure the engine on this machine, beside the machine's own peak; one thread unless told otherwise.
    Bench(bench::BenchArgs),
    /// Show a trained model's parameters and graph.
    Describe(describe::DescribeArgs),
}

#[derive(Clone, Debug, Args)]
struct Global {
    /// Print one JSON value on standard output, and nothing else there.
    #[arg(long, global = true, display_order = 100)]
    json: bool,
    /// Threads; all cores by default, but one for `bench`. Only the time depends on it.
    #[arg(
        long, global = true, display_order = 100, value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    threads: Option<u16>,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !dien::data::is_guarded() {
            hook(panic);
        }
    }));
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode> {
    if let Some(threads) = cli.global.threads.map(usize::from) {
        let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        built.map_err(|e| Error::Threads { threads, reason: e.to_string() })?;
    }
    let json = cli.global.json;
    match &cli.command {
        None => demo::run(&demo::DemoArgs::default(), json),
        Some(Command::Demo(args)) => demo::run(args, json),
        Some(Command::Train(args)) => train::run(args, json),
        Some(Command::Eval(args)) => eval::run(args, json),
        Some(Command::Predict(args)) => predict::run(args, json),
        Some(Command::Rank(args)) => rank::run(args),
        Some(Command::Compare(args)) => compare::run(args, cli.global.threads.map(usize::from), json),
        Some(Command::Tune(args)) => tune::run(args, json),
        Some(Command::Explain(args)) => explain::run(args, json),
        Some(Command::Report(args)) => report::run(args, json),
        Some(Command::Data(args)) => data::run(args, json),
        Some(Command::Options(args)) => options::run(args, json),
        Some(Command::Bench(args)) => bench::run(args, cli.global.threads.map(usize::from), json),
        Some(Command::Describe(args)) => describe::run(args, json),
    }
}

/// Opens a run, and tells which of its options have other names now.
fn open(folder: &Path) -> Result<Run> {
    let run = Run::open(folder)?;
    if let Ok(layers) = run.layers() {
        options::tell(layers.renamed());
    }
    Ok(run)
}

/// Prints a JSON value on a line of its own on standard output.
fn print_json(object: &impl Serialize) -> Result<()> {
    print(&(serde_json::to_string(object).expect("plain fields") + "\n"))
}

/// Prints on standard output; a reader that has left is no error.
fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(FileError::io("standard output", "write")(source).into())
        }
        _ => Ok(()),
    }
}

/// Says on standard error how many ids a model does not know, and warns where they are most. `part` is what
/// has them.
fn tell_oov(part: &str, oov: &dien::OovReport) {
    oov.to_string().lines().for_each(|line| eprintln!("{part}{line}"));
    oov.warnings().iter().for_each(|warning| eprintln!("warning: {part}{warning}"));
}

/// Digits in groups of three.
fn thousands(n: usize) -> String {
    HumanCount(n as u64).to_string()
}

/// How this program was called, for commands to try.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "dien".into())
}
