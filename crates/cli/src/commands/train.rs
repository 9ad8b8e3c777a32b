//! `dien train`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use dien::OovReport;
use dien::data::OnError;
use dien::prelude::*;
use dien::train::End;

use super::choice::name;
use super::interrupt::Interrupt;
use super::options::{self, help, value_of};
use super::progress::Progress;
use super::roles::RoleArgs;
use super::summary::Summary;
use super::{print, print_json, tell_oov};

/// Where runs go unless `--out` says otherwise.
pub(super) const RUNS: &str = "runs";

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// A log: files of Parquet, CSV or JSON lines, a glob (quoted) or a folder of them, whose columns are
    /// inferred, or its `dataset.toml`; a folder with `interactions.csv`, or a public set as downloaded.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    #[command(flatten)]
    roles: RoleArgs,
    /// A TOML file of options; flags override it. A run's own `config.toml` repeats the run.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Go on with a stopped run, or with more epochs.
    #[arg(
        long, value_name = "RUN",
        conflicts_with_all = [
            "config", "out", "seed", "batch_size", "targets", "on_error", "model", "lr", "set", "label",
            "user", "item", "time",
        ]
    )]
    resume: Option<PathBuf>,
    /// Train the model of a finished run further on other data: its ids keep their embeddings, new ones get
    /// some. It goes on from the run's latest parameters, `last.safetensors`, not from its best epoch's.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["resume", "config", "model"])]
    from: Option<PathBuf>,
    /// The run's folder, new or empty; a fresh one under `runs/` by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[arg(long, value_name = "N", allow_negative_numbers = true, help = help("train.epochs"))]
    epochs: Option<u32>,
    #[arg(long, value_name = "N", allow_negative_numbers = true, help = help("train.patience"))]
    patience: Option<u32>,
    #[arg(long, value_name = "N", allow_negative_numbers = true, help = help("train.seed"))]
    seed: Option<u32>,
    #[arg(long, value_name = "N", allow_negative_numbers = true, help = help("data.batch_size"))]
    batch_size: Option<u32>,
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, help = help("optimizer.lr"))]
    lr: Option<f64>,
    #[arg(long, value_parser = value_of::<TargetKind>("data.targets"), help = help("data.targets"))]
    targets: Option<TargetKind>,
    #[arg(long, value_parser = value_of::<OnError>("data.on_error"), help = help("data.on_error"))]
    on_error: Option<OnError>,
    #[arg(
        long, value_name = "NAME", value_parser = value_of::<ModelKind>("model.kind"),
        help = help("model.kind")
    )]
    model: Option<ModelKind>,
    /// Any option, such as `model.dropout=0.2`; may be repeated. `dien options` lists them.
    #[arg(long, value_name = "SECTION.OPTION=VALUE")]
    set: Vec<String>,
}

/// Runs `dien train`.
pub(super) fn run(args: &TrainArgs, json: bool) -> Result<ExitCode> {
    // The run to go on with, or to begin from.
    let before = args.resume.as_ref().or(args.from.as_ref()).map(Run::open).transpose()?;
    let mut layers = args.layers(before.as_ref())?;
    options::tell(layers.renamed());
    infer(&mut layers)?;
    let config = layers.config()?;
    let interrupt = Interrupt::new();
    if let Some(run) = before.as_ref().filter(|_| args.from.is_some()) {
        // A run that has no model yet is no run to begin from.
        run.model_path()?;
    }
    let encoding = before.as_ref().map_or(Encoding::Fit, Encoding::Extend);
    let (dataset, warnings) = DataSource::open(&config, encoding).map_err(|e| layers.locate(e))?;
    if let Some(report) = dataset.report() {
        eprintln!("read {report}");
    }
    if !warnings.is_empty() {
        eprintln!("warning: {}", warnings.to_string().replace('\n', "\nwarning: "));
    }
    warnings.notes.iter().for_each(|note| eprintln!("note: {note}"));
    let out = args.out.as_deref();
    let trainer = match before {
        Some(run) if args.resume.is_some() => {
            Trainer::resume(run, &config, dataset).map_err(|e| layers.locate(e))?
        }
        Some(run) => {
            let trainer = Trainer::warm_start(&run, &config, dataset)?;
            eprintln!("{}", latest_of(&run)?);
            save(trainer, out)?
        }
        None => start(&config, out, dataset)?,
    };
    let (summary, _) = train(trainer, &interrupt)?;
    if json {
        print_json(&summary)?;
    } else {
        print(&summary.to_string())?;
    }
    Ok(if summary.end == End::Stopped { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

/// Says what the columns of a log were taken for that nobody has described.
pub(super) fn infer(layers: &mut Layers) -> Result<()> {
    let Some((notes, schema)) = layers.infer()? else { return Ok(()) };
    notes.iter().for_each(|note| eprintln!("log: {note}"));
    if let Some(schema) = schema {
        eprintln!("log: the schema, which the run keeps as `dataset.toml`:\n");
        schema.lines().for_each(|line| eprintln!("{}", format!("    {line}").trim_end()));
        eprintln!();
    }
    Ok(())
}

/// Which parameters of a run a warm start has: a run's best epoch may be another than its latest.
fn latest_of(run: &Run) -> Result<String> {
    let epochs = run.epochs()?;
    let best = epochs.iter().rev().find(|epoch| epoch.is_best);
    let best = match best.filter(|best| best.epoch != epochs.len() as u64) {
        Some(best) => format!("; its best epoch, in `model.safetensors`, is {}", best.epoch),
        None => String::new(),
    };
    let file = run.folder().join("last.safetensors");
    Ok(format!("from: {}, the latest parameters, of epoch {}{best}", file.display(), epochs.len()))
}

/// A trainer that saves to a new run.
pub(super) fn start(
    config: &Config,
    out: Option<&Path>,
    dataset: impl Into<Arc<Dataset>>,
) -> Result<Trainer> {
    save(Trainer::new(config, dataset)?, out)
}

fn save(trainer: Trainer, out: Option<&Path>) -> Result<Trainer> {
    let run = match out {
        Some(folder) => Run::create(folder, trainer.config())?,
        None => Run::create_fresh(Path::new(RUNS), trainer.config())?,
    };
    let folder = run.folder().to_path_buf();
    trainer.save_to(run).inspect_err(|_| {
        // A run without its first checkpoint is of no use, and would be in the way.
        let _ = std::fs::remove_dir_all(folder);
    })
}

/// Trains and tests.
pub(super) fn train(mut trainer: Trainer, interrupt: &Interrupt) -> Result<(Summary, Trainer)> {
    let mut progress = Progress::new(&trainer, interrupt);
    let trained = trainer.train(&mut progress);
    progress.finish();
    let report = trained?;
    let test = trainer.dataset().test();
    let is_tested = report.end != End::Stopped && !test.is_empty();
    let mut oov = OovReport::new(trainer.dataset().features());
    let count = |_: usize, batch: &Batch, _: &[f32]| {
        oov.add(batch);
        Ok(())
    };
    let test = if is_tested { Some(trainer.scorer().evaluate_with(&test, count)?) } else { None };
    let summary = Summary::new(&trainer, &report, test, is_tested.then_some(oov));
    for (part, oov) in
        [("validation: ", &summary.validation_out_of_vocabulary), ("test: ", &summary.test_out_of_vocabulary)]
    {
        oov.iter().for_each(|oov| tell_oov(part, oov));
    }
    summary.warnings.iter().for_each(|said| eprintln!("warning: {said}"));
    Ok((summary, trainer))
}

impl TrainArgs {
    fn layers(&self, before: Option<&Run>) -> Result<Layers> {
        let mut layers = before.map_or_else(|| Ok(Layers::new()), Run::layers)?;
        if let Some(file) = &self.config {
            layers.file(file)?;
        }
        match (&self.data, before.filter(|_| self.from.is_some())) {
            (Some(data), None) => layers.source("--data", data)?,
            (Some(data), Some(run)) => {
                let source = run.source_at(data, false)?;
                let is_set = self.roles.any().is_some();
                layers.set_source("--data", if is_set { Source::at(data.clone()) } else { source })?;
            }
            (None, _) => {}
        }
        self.roles.set(&mut layers)?;
        let mut number = |flag: &str, option: &str, value: Option<u32>| match value {
            Some(n) => layers.set(&format!("{flag} {n}"), option, i64::from(n)),
            None => Ok(()),
        };
        number("--epochs", "train.epochs", self.epochs)?;
        number("--patience", "train.patience", self.patience)?;
        number("--seed", "train.seed", self.seed)?;
        number("--batch-size", "data.batch_size", self.batch_size)?;
        if let Some(lr) = self.lr {
            layers.set(&format!("--lr {lr}"), "optimizer.lr", lr)?;
        }
        let mut named = |flag: &str, option: &str, name: Option<String>| match name {
            Some(name) => layers.set(&format!("{flag} {name}"), option, name),
            None => Ok(()),
        };
        named("--targets", "data.targets", self.targets.as_ref().map(name))?;
        named("--on-error", "data.on_error", self.on_error.as_ref().map(name))?;
        if let Some(model) = self.model {
            layers.set(&format!("--model {}", model.name()), "model.kind", model.name())?;
        }
        for assignment in &self.set {
            layers.assign(&format!("--set {assignment}"), assignment)?;
        }
        if layers.has_source() {
            return Ok(layers);
        }
        Err(Error::Config {
            origin: dien::Origin::Argument("dien train".into()),
            problem: "no behaviours to train on; expected `--data PATH`, or `[source]` in a `--config` file"
                .into(),
        })
    }
}
