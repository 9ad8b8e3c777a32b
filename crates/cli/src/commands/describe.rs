//! `dien describe`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use dien::describe::Parameter;
use dien::prelude::*;
use serde::Serialize;

use super::{print, print_json, thousands};

#[derive(Debug, Args)]
pub(super) struct DescribeArgs {
    /// The run's folder.
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
    /// Print the graph alone, in Graphviz' DOT language.
    #[arg(long, conflicts_with = "json")]
    dot: bool,
}

#[derive(Serialize)]
struct Description {
    run: PathBuf,
    model: String,
    parameter_count: usize,
    parameters: Vec<Parameter>,
    /// The graph in DOT.
    graph: String,
}

/// Runs `dien describe`.
pub(super) fn run(args: &DescribeArgs, json: bool) -> Result<ExitCode> {
    let run = super::open(&args.run)?;
    let scorer = Scorer::load(&run)?;
    if args.dot {
        print(&scorer.graph().dot())?;
        return Ok(ExitCode::SUCCESS);
    }
    let description = Description {
        run: args.run.clone(),
        model: run.config()?.model.name().to_owned(),
        parameter_count: scorer.parameter_count(),
        parameters: scorer.parameters(),
        graph: scorer.graph().dot(),
    };
    if json {
        print_json(&description)?;
    } else {
        print(&format!("{}\n{}", text(&description), scorer.graph()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(description: &Description) -> String {
    let parameters = &description.parameters;
    let width = parameters.iter().map(|p| p.name.len()).max().unwrap_or(0);
    let row = |p: &Parameter| {
        format!(
            "{:width$}  {:>16}  {:>12}  {}\n",
            p.name,
            format!("{:?}", p.shape),
            thousands(p.count),
            p.kind
        )
    };
    let total = thousands(description.parameter_count);
    parameters.iter().map(row).collect::<String>() + &format!("{total} trained numbers\n")
}
