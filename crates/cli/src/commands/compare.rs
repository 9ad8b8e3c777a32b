//! `dien compare`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use dien::compare::{Comparison, ComparisonSpec, Event, Plan, Runner, Summary};
use dien::config::Layers;
use dien::prelude::*;

use super::interrupt::Interrupt;
use super::roles::RoleArgs;
use super::{options, print, print_json};

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Data, as `dien train` takes it; the built-in synthetic behaviours by default.
    #[arg(long, value_name = "PATH,…", value_delimiter = ',')]
    data: Vec<String>,
    #[command(flatten)]
    roles: RoleArgs,
    /// Models, or `all`.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    models: Vec<String>,
    /// Options of DIEN to vary: alpha, cell, attention, auxiliary, loss, history, hidden, targets, min-count,
    /// repeats, width. Of a log, history, min-count, repeats and width are its schema's.
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
    #[arg(
        long, value_name = "FILE",
        conflicts_with_all = [
            "data", "label", "user", "item", "time", "models", "ablations", "seeds", "against", "config",
            "set",
        ]
    )]
    plan: Option<PathBuf>,
    /// What the plan's data is relative to; the plan's own folder by default.
    #[arg(long, value_name = "DIR", requires = "plan")]
    root: Option<PathBuf>,
    /// Where the runs, the tables and the pictures go. What is finished there is not trained again.
    #[arg(long, value_name = "DIR", default_value = "comparison")]
    out: PathBuf,
    /// A Markdown document to put the tables into, each between `<!-- compare: NAME -->` and
    /// `<!-- /compare -->`.
    #[arg(long, value_name = "FILE")]
    fill: Option<PathBuf>,
    /// Begin no further run after so many minutes.
    #[arg(long, value_name = "N")]
    minutes: Option<u32>,
    /// Train nothing: only write the tables of what is finished.
    #[arg(long, conflicts_with = "minutes")]
    report: bool,
}

/// Runs `dien compare`.
pub(super) fn run(args: &CompareArgs, threads: Option<usize>, json: bool) -> Result<ExitCode> {
    let comparisons = args.comparisons()?;
    options::tell(comparisons.iter().flat_map(|comparison| comparison.layers.renamed()));
    let mut runs = vec![];
    for comparison in &comparisons {
        runs.extend(comparison.runs(&args.out)?);
    }
    let runner = threads.map_or_else(Runner::default, Runner::new);
    let budget = args.minutes.map(|minutes| Duration::from_secs(60 * u64::from(minutes)));
    let interrupt = Interrupt::saying("stopping: what is finished is kept, runs that have begun are not");
    let ran = if args.report {
        Ok(true)
    } else {
        let said = Progress::new(runs.len());
        runner.budget(budget).run(&runs, interrupt.flag(), &|event| said.tell(&event))
    };
    let summaries: Vec<Summary> = comparisons.iter().map(|c| c.summary(&args.out)).collect::<Result<_>>()?;
    // What is finished is told even if something went wrong.
    if ran.is_ok() || summaries.iter().any(|s| !s.rows.is_empty()) {
        dien::compare::write(&summaries, &args.out)?;
    }
    let whole = ran?;
    if let Some(document) = &args.fill {
        let tables: Vec<(&str, String)> = summaries.iter().map(|s| (s.set.as_str(), s.tables())).collect();
        super::document::fill(document, &tables)?;
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
    if !whole {
        eprintln!("not every run is trained: the same command goes on");
    }
    Ok(if interrupt.is_asked() { ExitCode::from(130) } else { ExitCode::SUCCESS })
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
        let mut spec = ComparisonSpec::default();
        (spec.models, spec.ablations) = (models, self.ablations.clone());
        (spec.seeds, spec.against) = (Some(self.seeds.clone()), self.against.clone());
        let all = data.into_iter().map(|data| {
            let mut layers = layers.clone();
            if let Some(data) = data {
                layers.source(&format!("--data {data}"), Path::new(&data))?;
            }
            self.roles.set(&mut layers)?;
            super::train::infer(&mut layers)?;
            for assignment in &self.set {
                dien::compare::assign_shared(&mut layers, &format!("--set {assignment}"), assignment)?;
            }
            spec.comparison(Path::new(""), &layers)
        });
        dien::compare::distinct(all.collect::<Result<_>>()?)
    }
}

/// Says on standard error how far it is.
struct Progress {
    runs: usize,
    started: Instant,
    done: Mutex<Done>,
}

#[derive(Default)]
struct Done {
    known: usize,
    now: usize,
}

impl Progress {
    fn new(runs: usize) -> Self {
        Progress { runs, started: Instant::now(), done: Mutex::default() }
    }

    fn tell(&self, event: &Event<'_>) {
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            Event::Known(_) => done.known += 1,
            Event::Finished(run, outcome) => {
                done.now += 1;
                let minutes = self.started.elapsed().as_secs_f64() / 60.0;
                let open = self.runs - (done.known + done.now).min(self.runs);
                eprintln!(
                    "{:>4}/{} {} {} seed {}: AUC {:.4} in {:.0} s ({minutes:.0} min, about {:.0} to go)",
                    done.known + done.now,
                    self.runs,
                    run.set,
                    run.variant,
                    run.seed,
                    outcome.test.auc.expect("it is tested with both labels"),
                    outcome.seconds,
                    minutes / done.now as f64 * open as f64,
                );
            }
            Event::Warned(run, warnings) => eprintln!("warning: {}: {warnings}", run.set),
            Event::Failed(run, error) => {
                eprintln!("warning: {} {} seed {}: {error}", run.set, run.variant, run.seed);
            }
            _ => {}
        }
    }
}
