//! `dien tune`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use dien::config::Layers;
use dien::prelude::*;
use dien::tune::{Found, Search, Space, Trial};

use super::interrupt::Interrupt;
use super::roles::RoleArgs;
use super::{options, print, print_json, program};

#[derive(Debug, Args)]
pub(super) struct TuneArgs {
    /// A TOML file: which options are varied, and over what, as in
    /// `"model.dropout" = { uniform = [0.0, 0.5] }`; also `log`, `integer`, `choice`.
    #[arg(long, value_name = "FILE")]
    space: PathBuf,
    /// The data, as `dien train` takes it; the built-in synthetic behaviours by default.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    #[command(flatten)]
    roles: RoleArgs,
    /// A TOML file of options that all trials share.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any option that all trials share; may be repeated.
    #[arg(long, value_name = "SECTION.OPTION=VALUE")]
    set: Vec<String>,
    /// Configurations that are tried; fewer, if the space has no more.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..))]
    trials: u16,
    /// Epochs that all of them train.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    first: u16,
    /// One of so many trains on, so many times as long.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(2..))]
    keep: u16,
    /// Epochs that the last ones train, at most.
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..))]
    epochs: u16,
    /// Seeds the search; a configuration's own seed is `train.seed`.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u32,
    /// Where the trials' runs and `best.toml` go. A search that is there goes on.
    #[arg(long, value_name = "DIR", default_value = "tuning")]
    out: PathBuf,
}

/// Runs `dien tune`.
pub(super) fn run(args: &TuneArgs, json: bool) -> Result<ExitCode> {
    let mut search = args.search()?;
    super::train::infer(&mut search.layers)?;
    options::tell(search.layers.renamed().iter().chain(search.space.renamed()));
    let interrupt = Interrupt::new();
    let found = search.run(interrupt.flag(), &mut |trial, _| {
        eprintln!("{:>3} epochs  {}", trial.epochs, line(trial));
    })?;
    if found.trials.len() < search.trials {
        eprintln!("the space has no more than these {} configurations", found.trials.len());
    }
    if json {
        print_json(&found)?;
    } else {
        print(&text(&found))?;
    }
    if found.stopped {
        eprintln!("stopped: the same command goes on");
        return Ok(ExitCode::from(130));
    }
    if found.best.is_none() {
        eprintln!("error: no trial has a validation AUC, so that there is none to choose");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn text(found: &Found) -> String {
    let mut text = String::new();
    for trial in &found.trials {
        text += &format!("{:>2} epochs  {}\n", trial.epochs, line(trial));
    }
    text += &format!("\n{} epochs, {:.0} s of training in this call\n", found.epochs, found.seconds);
    if let Some(best) = &found.best {
        text += &format!("next:  {} train --config {}\n", program(), best.display());
    }
    text
}

fn line(trial: &Trial) -> String {
    let options: Vec<String> =
        trial.options.iter().map(|(option, value)| format!("{option}={value}")).collect();
    let trial_and_options = format!("trial {}: {}", trial.number, options.join(" "));
    match (&trial.failed, trial.auc) {
        (Some(why), _) => format!("failed  {trial_and_options} ({why})"),
        (None, Some(auc)) => format!("validation AUC {auc:.4}  {trial_and_options}"),
        (None, None) => format!("no AUC  {trial_and_options}"),
    }
}

impl TuneArgs {
    fn search(&self) -> Result<Search> {
        let mut layers = Layers::new();
        if let Some(file) = &self.config {
            layers.file(file)?;
        }
        if let Some(path) = &self.data {
            layers.source("--data", path)?;
        }
        self.roles.set(&mut layers)?;
        for assignment in &self.set {
            layers.assign(&format!("--set {assignment}"), assignment)?;
        }
        Ok(Search::new(layers, Space::load(&self.space)?, &self.out)
            .trials(self.trials.into())
            .rungs(self.first.into(), self.epochs.max(self.first).into())
            .keep(self.keep.into())
            .seed(self.seed.into()))
    }
}
