//! `dien data build`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::TypedValueParser;
use dien::Result;
use dien::data::build::{BuildReport, SampleBuilder, Sampling, TargetPolicy};
use dien::data::presets::DatasetFormat;
use dien::data::schema::Split;

use super::choice::choice;
use super::{print, print_json, program, thousands};

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// The behaviours: a folder as `dien train` reads it, or what MovieLens, RecBole, Amazon or Taobao offer,
    /// as downloaded and unpacked. A folder that names its test users keeps them.
    #[arg(value_name = "PATH")]
    from: PathBuf,
    /// The form of the behaviours, where the files' names do not tell.
    #[arg(long, value_parser = presets())]
    form: Option<DatasetFormat>,
    /// The folder to write, new or empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Which behaviours are targets.
    #[arg(long, value_parser = protocols(), default_value = "every")]
    targets: TargetPolicy,
    /// Behaviours that a target has before it, at least.
    #[arg(long, value_name = "N", default_value_t = 2)]
    min_history: u32,
    /// Negatives of each target.
    #[arg(long, value_name = "N", default_value_t = 1)]
    negatives: u32,
    /// What negatives are drawn from.
    #[arg(long, value_parser = samplings(), default_value = "popularity")]
    sampling: Sampling,
    /// What the user did before a target is no negative of it.
    #[arg(long)]
    exclude_history: bool,
    /// The share of the users that validate.
    #[arg(
        long, value_name = "SHARE", default_value_t = 0.1, value_parser = share,
        conflicts_with_all = ["validation_from", "test_from"]
    )]
    validation: f64,
    /// The share of the users that test.
    #[arg(
        long, value_name = "SHARE", default_value_t = 0.1, value_parser = share,
        conflicts_with_all = ["validation_from", "test_from"]
    )]
    test: f64,
    /// Split by time: what comes from here on validates.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    validation_from: Option<i64>,
    /// Split by time: what comes from here on tests.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    test_from: Option<i64>,
    /// Seeds the split and the negatives.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u32,
}

fn presets() -> impl TypedValueParser<Value = DatasetFormat> {
    choice([
        (DatasetFormat::Folder, "`interactions.csv`, `items.csv`, perhaps `test_users.txt`"),
        (
            DatasetFormat::Movielens,
            "`ratings.csv` and `movies.csv`, `ratings.dat` and `movies.dat`, or `u.data` and `u.item`",
        ),
        (DatasetFormat::Recbole, "`NAME.inter` and `NAME.item`"),
        (DatasetFormat::Amazon, "Reviews and `meta…`, JSON lines, strict or as Python writes them"),
        (DatasetFormat::Taobao, "`UserBehavior.csv`: the page views"),
    ])
}

fn protocols() -> impl TypedValueParser<Value = TargetPolicy> {
    choice([
        (TargetPolicy::Every, "Every behaviour with enough before it"),
        (TargetPolicy::Last, "Each user's last"),
    ])
}

fn samplings() -> impl TypedValueParser<Value = Sampling> {
    choice([(Sampling::Popularity, "By how often an item occurs"), (Sampling::Uniform, "Each item alike")])
}

fn share(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to below 1".into()),
    }
}

/// Runs `dien data build`.
pub(super) fn run(args: &BuildArgs, json: bool) -> Result<ExitCode> {
    let (log, warnings) = args.preset()?.read(&args.from)?;
    if !warnings.is_empty() {
        eprintln!("warning: {}", warnings.to_string().replace('\n', "\nwarning: "));
    }
    super::interrupt::abandon();
    let built = args.build().write(&log, &args.out)?;
    if json {
        print_json(&built)?;
        return Ok(ExitCode::SUCCESS);
    }
    let BuildReport { training, validation, test, .. } = built;
    let mut text = String::new();
    for (name, [histories, targets]) in [("training", training), ("validation", validation), ("test", test)] {
        text += &format!("{name:<10} {:>12} targets of {} users\n", thousands(targets), thousands(histories));
    }
    print(&format!("{text}next:  {} train --data {}\n", program(), args.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

impl BuildArgs {
    fn preset(&self) -> Result<DatasetFormat> {
        match self.form {
            Some(preset) => Ok(preset),
            // Reading it as a folder says what is missing.
            None => Ok(DatasetFormat::of(&self.from)?.unwrap_or(DatasetFormat::Folder)),
        }
    }

    fn build(&self) -> SampleBuilder {
        let split = match (self.validation_from, self.test_from) {
            (None, None) => {
                Split::Group { validation: self.validation, test: self.test, seed: self.seed.into() }
            }
            (validation_from, test_from) => Split::Time { validation_from, test_from },
        };
        SampleBuilder::default()
            .with_targets(self.targets)
            .with_min_history(self.min_history as usize)
            .with_negatives(self.negatives as usize)
            .with_sampling(self.sampling)
            .with_exclude_history(self.exclude_history)
            .with_split(split)
            .with_seed(self.seed.into())
    }
}
