//! `dien data build`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::TypedValueParser;
use dien::data::build::{BuildReport, SampleBuilder, Sampling, TargetPolicy};
use dien::data::presets::{DatasetFormat, LogReport};
use dien::data::schema::{Split, TimeCut};
use dien::data::{Log, ReadOptions, Ties};
use dien::serving::encoding::Repeats;
use dien::{FileError, Result};

use super::choice::choice;
use super::events::EventArgs;
use super::{print, print_json, program, thousands};

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// The behaviours: a folder as `dien train` reads it, or what MovieLens, RecBole, Amazon or Taobao offer,
    /// as downloaded and unpacked. A folder that names its test users keeps them. With `--columns` any files,
    /// globs or folders of CSV, TSV, Parquet or JSON lines.
    #[arg(value_name = "PATH", required = true)]
    from: Vec<PathBuf>,
    #[command(flatten)]
    events: EventArgs,
    /// The form of the behaviours, where the files do not tell, or tell of several.
    #[arg(long, value_parser = presets(), conflicts_with = "columns")]
    form: Option<DatasetFormat>,
    /// The folder to write, new or empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Behaviours that are rated lower, or not at all, are left out.
    #[arg(long, value_name = "RATING", allow_negative_numbers = true)]
    min_rating: Option<f32>,
    /// The items' columns that list values, where the set does not say it itself; without names, none does.
    #[arg(long, value_name = "COLUMN", num_args = 0.., value_delimiter = ',')]
    lists: Option<Vec<String>>,
    /// The order of a user's behaviours of one time.
    #[arg(long, value_parser = ties(), default_value = "hash")]
    ties: Ties,
    /// What becomes of behaviours that a history has more than once, as the schema says it then.
    #[arg(long, value_parser = repeats(), default_value = "keep")]
    repeats: Repeats,
    /// Which behaviours are targets.
    #[arg(long, value_parser = protocols(), default_value = "every", conflicts_with = "label")]
    targets: TargetPolicy,
    /// Behaviours that a target has before it, at least: 2 by default, with `--label` none.
    #[arg(long, value_name = "N")]
    min_history: Option<u32>,
    /// Negatives of each target.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "label")]
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
    /// Split by time: what comes from here on validates. A number as in the files, or a date.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    validation_from: Option<TimeCut>,
    /// Split by time: what comes from here on tests.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    test_from: Option<TimeCut>,
    /// Seeds the split, the negatives and the order of what happened at one time.
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

fn ties() -> impl TypedValueParser<Value = Ties> {
    choice([
        (Ties::Hash, "By a hash of what they are, so that the files' order tells nothing"),
        (Ties::File, "As in the files, where that is the true order"),
    ])
}

fn repeats() -> impl TypedValueParser<Value = Repeats> {
    choice([
        (Repeats::Keep, "They stay"),
        (Repeats::MergeConsecutive, "Those that follow one another are one"),
        (Repeats::First, "The first of all stays"),
    ])
}

fn share(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to below 1".into()),
    }
}

/// Runs `dien data build`.
pub(super) fn run(args: &BuildArgs, json: bool) -> Result<ExitCode> {
    let (log, read) = args.read()?;
    read.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    super::interrupt::abandon();
    let built = args.build().write_with(&log, Some(&read), &args.out)?;
    if built.short_of_negatives > 0 {
        let targets = thousands(built.short_of_negatives);
        eprintln!(
            "warning: {targets} targets have fewer negatives than asked for, as the users did the rest"
        );
    }
    if json {
        let mut both = serde_json::to_value(built).expect("plain fields");
        both["read"] = serde_json::to_value(&read).expect("plain fields");
        print_json(&both)?;
        return Ok(ExitCode::SUCCESS);
    }
    let BuildReport { training, validation, test, .. } = built;
    let mut text = read.to_string();
    for (name, [histories, targets]) in [("training", training), ("validation", validation), ("test", test)] {
        text += &format!("{name:<10} {:>12} targets of {} users\n", thousands(targets), thousands(histories));
    }
    print(&format!("{text}next:  {} train --data {}\n", program(), args.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

impl BuildArgs {
    fn read(&self) -> Result<(Log, LogReport)> {
        let mut options = ReadOptions::default().with_ties(self.ties).with_seed(self.seed.into());
        options.min_rating = self.min_rating;
        options.lists.clone_from(&self.lists);
        if let Some(log) = self.events.log(&self.from) {
            return Ok(log.read(&options)?);
        }
        let [from] = &self.from[..] else {
            let expected = "one path, or `--columns`, which says what the columns of several are";
            return Err(FileError::content(&self.from[1], "a second path", expected).into());
        };
        let (form, path) = match self.form {
            Some(form) => (form, from.clone()),
            None => DatasetFormat::detect(from)?,
        };
        Ok(form.read(&path, &options)?)
    }

    fn build(&self) -> SampleBuilder {
        // What was shown without a past is a target, too.
        let usual = if self.events.is_labelled() { 0 } else { 2 };
        let split = match (self.validation_from, self.test_from) {
            (None, None) => {
                Split::Group { validation: self.validation, test: self.test, seed: self.seed.into() }
            }
            (validation_from, test_from) => Split::Time { validation_from, test_from },
        };
        SampleBuilder::default()
            .with_targets(self.targets)
            .with_min_history(self.min_history.unwrap_or(usual) as usize)
            .with_negatives(self.negatives as usize)
            .with_sampling(self.sampling)
            .with_exclude_history(self.exclude_history)
            .with_split(split)
            .with_seed(self.seed.into())
            .with_repeats(self.repeats)
    }
}
