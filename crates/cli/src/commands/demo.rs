//! `dien` without a command, and `dien demo`: DIEN beside BaseModel, on synthetic behaviours.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use dien::prelude::*;
use dien::train::End;
use serde::Serialize;

use super::interrupt::Interrupt;
use super::progress::share;
use super::summary::Summary;
use super::{print, print_json, program, train};

/// Behaviours and training of the demonstration.
#[derive(Clone, Debug, Args)]
pub(super) struct DemoArgs {
    /// Synthetic users.
    #[arg(long, value_name = "N", default_value_t = 6000)]
    users: u32,
    /// Passes over the training targets.
    #[arg(long, value_name = "N", default_value_t = 4)]
    epochs: u32,
    /// Seeds the behaviours and all that training draws.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u32,
}

impl Default for DemoArgs {
    fn default() -> Self {
        DemoArgs { users: 6000, epochs: 4, seed: 1 }
    }
}

#[derive(Serialize)]
struct Demo {
    dien: Summary,
    base: Summary,
}

/// Runs the demonstration.
pub(super) fn run(args: &DemoArgs, json: bool) -> Result<ExitCode> {
    let interrupt = Interrupt::new();
    eprintln!(
        "Synthetic behaviours: the next item continues the recent course of one interest among several,"
    );
    eprintln!("so the order of a history tells what its sum cannot.\n");
    let mut layers = Layers::new();
    let DemoArgs { users, epochs, seed } = *args;
    layers.set(&format!("--users {users}"), "source.synthetic.users", users)?;
    layers.set(&format!("--epochs {epochs}"), "train.epochs", epochs)?;
    layers.set(&format!("--seed {seed}"), "train.seed", seed)?;
    layers.set(&format!("--seed {seed}"), "source.synthetic.seed", seed)?;
    let config = layers.config()?;
    let dataset = Arc::new(DataSource::open(&config, Encoding::Fit)?.0);
    let mut summaries = vec![];
    for kind in ["dien", "base"] {
        layers.set("dien demo", "model.kind", kind)?;
        let trainer = train::start(&layers.config()?, None, Arc::clone(&dataset))?;
        let (summary, _) = train::train(trainer, &interrupt)?;
        if summary.end == End::Stopped {
            print(&summary.to_string())?;
            return Ok(ExitCode::from(130));
        }
        eprintln!();
        summaries.push(summary);
    }
    let [dien, base] = summaries.try_into().expect("two models");
    if json {
        print_json(&Demo { dien, base })?;
    } else {
        print(&table(&dien, &base))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(dien: &Summary, base: &Summary) -> String {
    let row = |name: &str, summary: &Summary| {
        let Some(test) = &summary.test else { return String::new() };
        let [auc, gauc] = [test.auc, test.gauc].map(share);
        format!("{name:<16}  {auc:>6}  {gauc:>6}  {:>8.4}  {:>6.1} s\n", test.logloss, summary.seconds)
    };
    let samples = dien.test.map_or(0, |t| t.samples);
    let run = dien.run.as_ref().map_or(String::new(), |run| run.display().to_string());
    let program = program();
    format!(
        "held-out users       AUC    GAUC  log loss      time   ({samples} samples)\n{}{}\nnext:  \
        {program} describe --run {run}\n",
        row("DIEN", dien),
        row("BaseModel", base),
    )
}
