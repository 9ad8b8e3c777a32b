//! `dien options`, and what other commands say of options.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use dien::config::options::{self, OptionSpec, Renamed};
use dien::{Error, Origin, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{print, print_json};

/// Lists the options of a configuration: what each may be, its defaults, and what it decides.
#[derive(Debug, Args)]
pub(super) struct OptionsArgs {
    /// An option such as `model.dropout`, or a section such as `optimizer`; all of them by default.
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// Print the page `docs/options.md`.
    #[arg(long, conflicts_with_all = ["json", "key"])]
    markdown: bool,
}

/// An option as `--json` has it.
#[derive(Serialize)]
struct Described {
    key: &'static str,
    r#type: &'static str,
    expected: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<Value>,
    default: Option<serde_json::Value>,
    /// What holds where it is not set, if it has no default.
    unset: Option<&'static str>,
    other_defaults: Vec<OtherDefault>,
    /// The sources with which it is read, unless all.
    read_of: Option<&'static str>,
    /// Why a search cannot vary it, if so.
    fixed: Option<&'static str>,
    former: &'static [&'static str],
    meaning: &'static str,
}

#[derive(Serialize)]
struct Value {
    name: &'static str,
    meaning: &'static str,
}

#[derive(Serialize)]
struct OtherDefault {
    when: &'static str,
    value: serde_json::Value,
}

/// Runs `dien options`.
pub(super) fn run(args: &OptionsArgs, json: bool) -> Result<ExitCode> {
    if args.markdown {
        print(&options::markdown())?;
        return Ok(ExitCode::SUCCESS);
    }
    let asked = args.key.as_deref().unwrap_or_default();
    let key = options::current(asked);
    if key != asked {
        eprintln!("note: `{asked}` is called `{key}` now");
    }
    let found: Vec<&OptionSpec> = options::matching(key).collect();
    if found.is_empty() {
        let origin = Origin::Argument(format!("dien options {key}"));
        return Err(Error::Config { origin, problem: options::unknown(key) });
    }
    if json {
        print_json(&found.into_iter().map(Described::new).collect::<Vec<_>>())?;
    } else {
        print(&options::listing(key))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Described {
    fn new(option: &OptionSpec) -> Self {
        let json = |value| serde_json::to_value(value).expect("a plain value");
        let other = |(when, value)| OtherDefault { when, value: json(value) };
        Described {
            key: option.key,
            r#type: option.domain.type_name(),
            expected: option.domain.to_string(),
            choices: option
                .domain
                .choices()
                .iter()
                .map(|c| Value { name: c.name, meaning: c.meaning })
                .collect(),
            default: option.default().map(json),
            unset: option.unset,
            other_defaults: option.other_defaults().map(other).collect(),
            read_of: option.scope.words(),
            fixed: option.fixed,
            former: option.former,
            meaning: option.meaning,
        }
    }
}

fn option(key: &str) -> &'static OptionSpec {
    options::find(key).expect("an option of the table")
}

/// The help of a flag that sets an option.
pub(super) fn help(key: &str) -> String {
    format!("{} [`{key}`]", option(key).meaning.trim_end_matches('.'))
}

/// Reads one of the values of an option that is a choice, each with what help says of it.
pub(super) fn value_of<T>(key: &str) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    let possible = option(key).domain.choices().iter().map(|c| PossibleValue::new(c.name).help(c.meaning));
    PossibleValuesParser::new(possible.collect::<Vec<_>>())
        .map(|name| serde_json::from_value(name.into()).expect("one of the names"))
}

/// Tells which options were set by names that they had before.
pub(super) fn tell<'a>(renamed: impl IntoIterator<Item = &'a Renamed>) {
    let notes: BTreeSet<String> = renamed.into_iter().map(ToString::to_string).collect();
    notes.iter().for_each(|note| eprintln!("note: {note}"));
}
