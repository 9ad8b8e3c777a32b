//! `dien compare`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use dien::compare::{Comparison, Entry, Event, Plan, Runner, Summary};
use dien::config::Layers;
use dien::prelude::*;

use super::interrupt::Interrupt;
use super::{print, print_json};

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Folders of behaviours or schemas; the built-in synthetic behaviours by default.
    #[arg(long, value_name = "PATH,…", value_delimiter = ',')]
    data: Vec<String>,
    /// Models, or `all`.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    models: Vec<String>,
    /// Options of DIEN to vary: alpha, cell, attention, auxiliary, loss, history, hidden, targets.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    ablations: Vec<String>,
    /// Seeds: `1..5` is 1 to 5.
    #[arg(long, value_name = "SEEDS", default_value = "1..3")]
    seeds: String,
    /// The variant that the others are tested against; `dien` by default.
    #[arg(long, value_name = "NAME")]
    against: Option<String>,
    /// A TOML file of options that all share.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any option that all share, such as `data.targets=real`; may be repeated.
    #[arg(long, value_name = "SECTION.OPTION=VALUE")]
    set: Vec<String>,
    /// A TOML file of comparisons, instead of the options above.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "models", "ablations", "against", "config", "set"])]
    plan: Option<PathBuf>,
    /// What the plan's data is relative to; the plan's own folder by default.
    #[arg(long, value_name = "DIR", requires = "plan")]
    root: Option<PathBuf>,
    /// Where the cells, the tables and the pictures go. What is finished there is not trained again.
    #[arg(long, value_name = "DIR", default_value = "comparison")]
    out: PathBuf,
    /// A Markdown document to put the tables into, each between `<!-- compare: NAME -->` and `<!-- /compare -->`.
    #[arg(long, value_name = "FILE")]
    fill: Option<PathBuf>,
    /// Begin no further cell after so many minutes.
    #[arg(long, value_name = "N")]
    minutes: Option<u32>,
    /// Train nothing: only write the tables of what is finished.
    #[arg(long, conflicts_with = "minutes")]
    report: bool,
}

/// Runs `dien compare`.
pub(super) fn run(args: &CompareArgs, threads: Option<usize>, json: bool) -> Result<ExitCode> {
    let comparisons = args.comparisons()?;
    let mut cells = vec![];
    for comparison in &comparisons {
        cells.extend(comparison.cells(&args.out)?);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = threads.unwrap_or(cores);
    let budget = args.minutes.map(|minutes| Duration::from_secs(60 * u64::from(minutes)));
    let interrupt = Interrupt::new();
    let mut whole = false;
    if !args.report {
        let said = Progress::new(cells.len());
        whole = Runner { jobs, budget }.run(&cells, interrupt.flag(), &|event| said.tell(&event))?;
    }
    let summaries: Vec<Summary> = comparisons.iter().map(|c| c.summary(&args.out)).collect::<Result<_>>()?;
    dien::compare::write(&summaries, &args.out)?;
    if let Some(document) = &args.fill {
        dien::compare::fill(document, &summaries)?;
    }
    if json {
        print_json(&summaries)?;
    } else {
        let tables: Vec<String> = summaries.iter().map(Summary::to_markdown).collect();
        let folder = args.out.display();
        print(&format!(
            "{}\n{folder}/results.md, results.json and a picture of each set\n",
            tables.join("\n")
        ))?;
    }
    if !whole && !args.report {
        eprintln!("not every cell is trained: the same command goes on");
    }
    Ok(ExitCode::SUCCESS)
}

impl CompareArgs {
    fn comparisons(&self) -> Result<Vec<Comparison>> {
        if let Some(plan) = &self.plan {
            let root = self.root.as_deref().or(plan.parent()).unwrap_or(Path::new(""));
            return Plan::load(plan)?.comparisons(root);
        }
        let mut layers = Layers::new();
        if let Some(file) = &self.config {
            layers.file(file)?;
        }
        let mut models = self.models.clone();
        if models.is_empty() && self.ablations.is_empty() {
            models.push("all".into());
        }
        let data: Vec<Option<String>> = match &self.data[..] {
            [] => vec![None],
            data => data.iter().cloned().map(Some).collect(),
        };
        let entry = |data| Entry {
            name: None,
            data,
            models: models.clone(),
            ablations: self.ablations.clone(),
            seeds: Some(self.seeds.clone()),
            against: self.against.clone(),
            set: self.set.clone(),
        };
        data.into_iter().map(|data| entry(data).comparison(Path::new(""), &layers)).collect()
    }
}

/// Says on standard error how far it is.
struct Progress {
    cells: usize,
    started: Instant,
    done: Mutex<usize>,
}

impl Progress {
    fn new(cells: usize) -> Self {
        Progress { cells, started: Instant::now(), done: Mutex::new(0) }
    }

    fn tell(&self, event: &Event<'_>) {
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            Event::Known(_) => *done += 1,
            Event::Finished(cell, outcome) => {
                *done += 1;
                let minutes = self.started.elapsed().as_secs_f64() / 60.0;
                eprintln!(
                    "{:>4}/{} {} {} seed {}: AUC {:.4} in {:.0} s ({minutes:.0} min)",
                    *done,
                    self.cells,
                    cell.set,
                    cell.variant,
                    cell.seed,
                    outcome.test.auc.unwrap_or(f64::NAN),
                    outcome.seconds,
                );
            }
            _ => {}
        }
    }
}
