//! The table against the types that hold the options, and against what is refused.

use std::collections::BTreeSet;
use std::ops::Bound;

use dien_tensor::range::{Integers, Numbers};
use toml::{Table, Value};

use super::spec::lookup;
use super::*;
use crate::Error;
use crate::config::{Config, Layers};

/// Configurations that have every option between them: some exclude others, some have no default.
fn configurations() -> Vec<Table> {
    [
        "",
        "source.folder = 'x'",
        "source.schema = 'x'\nschema = { max_history = 1, repeats = 'first', min_count = 2, width = 3 }",
        "source.log = { files = 'x', kind = 'events', label = 'a', user = 'b', item = 'c', time = 'd', \
         schema = 'e' }",
        "optimizer.clip_norm = 1.0\nmodel.attention = 'unit'\n\
         model.custom = { name = 'x', options = { a = 1 } }",
        "optimizer.schedule = { kind = 'step-decay', factor = 0.5, period = 1 }",
        "optimizer.schedule = { kind = 'warmup-cosine', warmup = 1, total = 2 }",
    ]
    .map(|text| Table::try_from(text.parse::<Config>().unwrap()).unwrap())
    .into()
}

fn leaves(table: &Table, path: &str, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let key = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            Value::Table(inner) if find(&key).is_none() => leaves(inner, &key, found),
            _ => drop(found.insert(key)),
        }
    }
}

#[test]
fn the_table_has_the_options_of_the_types_and_no_other() {
    let mut held = BTreeSet::new();
    configurations().iter().for_each(|table| leaves(table, "", &mut held));
    let told: BTreeSet<String> = all().map(|option| option.key.to_owned()).collect();
    assert_eq!(told, held);
    assert_eq!(all().count(), told.len(), "each option stands once");
    for section in SECTIONS.map(|(section, _)| section) {
        assert!(within(section).next().is_some(), "{section}");
    }
    assert!(all().all(|option| SECTIONS.iter().any(|(section, _)| *section == option.section_and_name().0)));
}

#[test]
fn defaults_are_possible_and_said_once() {
    for option in all() {
        let (default, key) = (option.default(), option.key);
        assert!(default.is_some() != option.unset.is_some(), "{key}: a default, or what holds without one");
        let others = option.other_defaults().map(|(_, value)| value);
        for value in default.into_iter().chain(others) {
            assert!(option.domain.contains(&value), "{key}: {value}");
        }
        assert!(option.meaning.ends_with('.') && !option.meaning.contains("  "), "{key}");
    }
}

/// A configuration with one value set, and with what must stand beside it.
fn with(key: &str, value: &Value) -> Result<Config, Error> {
    let mut layers = Layers::new();
    let step_decay = "optimizer.schedule = { kind = 'step-decay', factor = 0.5, period = 3 }";
    let warmup_cosine = "optimizer.schedule = { kind = 'warmup-cosine', warmup = 0, total = 3 }";
    match (key, value.as_str()) {
        ("optimizer.schedule.factor" | "optimizer.schedule.period", _)
        | ("optimizer.schedule.kind", Some("step-decay")) => layers.text(step_decay).unwrap(),
        ("optimizer.schedule.warmup" | "optimizer.schedule.total" | "optimizer.schedule.floor", _)
        | ("optimizer.schedule.kind", Some("warmup-cosine")) => layers.text(warmup_cosine).unwrap(),
        ("source.synthetic.max_length", _) => layers.text("source.synthetic.min_length = 2").unwrap(),
        ("source.synthetic.categories", _) => layers.text("source.synthetic.interests = 1").unwrap(),
        (key, _) if key.starts_with("source.log.") => layers.text("source.log.files = 'y'").unwrap(),
        // The exact mode wants moments that die out; the range is that of all modes.
        ("optimizer.betas", _) => layers.text("optimizer.sparse = 'lazy'").unwrap(),
        _ => {}
    }
    layers.set("a test", key, value.clone())?;
    layers.config()
}

/// Values just inside of an option's range, and just outside.
fn edges(domain: Domain) -> (Vec<Value>, Vec<Value>) {
    let list = |n: usize, x: Value| Value::Array(vec![x; n]);
    match domain {
        Domain::Integer(Integers { least, most }) => {
            let inside = [Some(least), most].into_iter().flatten().map(|n| Value::Integer(n as i64));
            (inside.collect(), vec![Value::Integer(least as i64 - 1)])
        }
        Domain::Integers { count, each: Integers { least, .. } } => {
            let n = count.unwrap_or(1);
            let of = |n: usize, x: u64| list(n, Value::Integer(x as i64));
            let short = count.map(|n| of(n - 1, least));
            (vec![of(n, least)], [Some(of(n, least - 1)), short].into_iter().flatten().collect())
        }
        Domain::Number(range) => numbers(range),
        Domain::Numbers(n, each) => {
            let (inside, outside) = numbers(each);
            let all = |values: Vec<Value>| values.into_iter().map(|x| list(n, x)).collect::<Vec<_>>();
            let (inside, mut outside) = (all(inside), all(outside));
            outside.push(list(n + 1, 0.5.into()));
            (inside, outside)
        }
        Domain::Choice(choices) => {
            (choices.iter().map(|choice| choice.name.into()).collect(), vec!["xyzzy".into(), 1.into()])
        }
        Domain::Bool => (vec![true.into(), false.into()], vec!["true".into()]),
        Domain::Metric => {
            let inside = ["auc", "gauc", "logloss", "hr@1", "ndcg@10", "recall@20", "mrr@5"];
            (inside.map(Value::from).to_vec(), vec!["ndcg".into(), "ndcg@0".into(), "AUC".into(), 1.into()])
        }
        Domain::Text | Domain::Path => (vec!["x".into()], vec![1.into()]),
        Domain::Texts => (vec![], vec!["x".into()]),
        Domain::Table => (vec![], vec!["x".into()]),
    }
}

fn numbers(Numbers { low, high }: Numbers) -> (Vec<Value>, Vec<Value>) {
    let (mut inside, mut outside) = (vec![], vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    for (bound, inwards, outwards) in [
        (low, f32::next_up as fn(f32) -> f32, f32::next_down as fn(f32) -> f32),
        (high, f32::next_down, f32::next_up),
    ] {
        let next = |x: f64, next: fn(f32) -> f32| f64::from(next(x as f32));
        match bound {
            Bound::Included(x) => {
                inside.push(x);
                outside.push(next(x, outwards));
            }
            Bound::Excluded(x) => {
                inside.push(next(x, inwards));
                outside.push(x);
            }
            Bound::Unbounded => {}
        }
    }
    if inside.is_empty() {
        inside.extend([-1e9, 1e9]);
    }
    [inside, outside].map(|values| values.into_iter().map(Value::Float).collect()).into()
}

#[test]
fn what_is_just_inside_is_taken_and_what_is_just_outside_refused_by_name() {
    for option in all() {
        let (inside, outside) = edges(option.domain);
        for value in inside {
            if let Err(error) = with(option.key, &value) {
                panic!("`{}` = {value}: {error}", option.key);
            }
        }
        for value in outside {
            match with(option.key, &value) {
                Err(Error::Option { option: key, found, expected, .. }) => {
                    assert_eq!(key, option.key, "{value}");
                    assert!(!found.is_empty() && expected == option.domain.to_string(), "{key}: {expected}");
                }
                other => panic!("`{}` = {value}: {other:?}", option.key),
            }
        }
    }
}

#[test]
fn numbers_are_possible_in_f32_too() {
    for (key, value, expected) in [
        ("model.auxiliary_weight", 1e300, "a finite number of at least 0, in `f32` as well"),
        ("model.init.prelu", -1e300, "a finite number, in `f32` as well"),
        ("train.ema_decay", 0.999_999_999_99, "a number from 0 to below 1, in `f32` as well"),
        ("optimizer.lr", 1e-300, "a finite number above 0, in `f32` as well"),
        ("optimizer.lr", -1.0, "a finite number above 0"),
    ] {
        let message = with(key, &value.into()).unwrap_err().to_string();
        assert!(message.ends_with(&format!("; expected {expected}")), "{message}");
    }
    assert!(with("train.ema_decay", &0.999_999.into()).is_ok());
}

#[test]
fn integers_that_toml_cannot_hold_are_refused_by_name() {
    let mut config = Config::default();
    (config.train.seed, config.model.dropout) = (u64::MAX, 7.0);
    let message = config.validate().unwrap_err().to_string();
    let of = |found: &str| format!("found {found}; expected an integer from 0 to 9223372036854775807");
    assert!(
        message.contains("option `train.seed`") && message.ends_with(&of("18446744073709551615")),
        "{message}"
    );
    assert_eq!(config.differs_from(&Config::default()).as_deref(), Some("train.seed"));
    config.train.seed = i64::MAX as u64;
    assert!(config.validate().unwrap_err().to_string().contains("`model.dropout`: found 7.0"));
    config.model.dropout = 0.0;
    config.validate().unwrap();
    config.model.head_layers = vec![3, usize::MAX];
    let message = config.validate().unwrap_err().to_string();
    assert!(
        message.contains("`model.head_layers`: found 18446744073709551615; expected a list"),
        "{message}"
    );
    assert!(message.ends_with(", and at most 9223372036854775807"), "{message}");

    let mut layers = Layers::new();
    let set = layers.assign("--set train.seed=9223372036854775808", "train.seed=9223372036854775808");
    let message = set.unwrap_err().to_string();
    assert!(message.ends_with(&of("`9223372036854775808`")), "{message}");
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_utf8_hides_no_other_option() {
    use std::os::unix::ffi::OsStringExt;
    let path = std::ffi::OsString::from_vec(b"data\xff".to_vec());
    let mut config = Config::new(crate::config::Source::Folder(path.into()));
    config.validate().unwrap();
    config.model.dropout = 7.0;
    assert!(config.validate().unwrap_err().to_string().contains("`model.dropout`"));
}

#[test]
fn the_sections_refuse_the_same_by_themselves() {
    for option in all().filter(|option| ["data", "model", "optimizer"].contains(&option.section_and_name().0))
    {
        for value in edges(option.domain).1.into_iter().filter(|value| option.domain.fits(value)) {
            let mut config =
                with(option.key, &option.default().or(edges(option.domain).0.pop()).unwrap()).unwrap();
            let mut table = Table::try_from(&config).unwrap();
            *lookup_mut(&mut table, option.key) = value.clone();
            config = Value::Table(table).try_into().unwrap();
            let named = match option.section_and_name().0 {
                "data" => config.data.validate().unwrap_err().to_string(),
                "model" => config.model.validate().unwrap_err().to_string(),
                _ => config.optimizer.validate().unwrap_err().to_string(),
            };
            let name = option.section_and_name().1;
            assert!(named.contains(name), "`{}` = {value}: {named}", option.key);
        }
    }
}

fn lookup_mut<'a>(table: &'a mut Table, key: &str) -> &'a mut Value {
    assert!(lookup(table, key).is_some(), "{key}");
    let (section, name) = key.rsplit_once('.').unwrap();
    let section = section.split('.').fold(table, |table, key| table[key].as_table_mut().unwrap());
    &mut section[name]
}

#[test]
fn former_names_are_no_options_and_lead_to_one() {
    for option in all() {
        for former in option.former {
            let (section, name) = option.key.rsplit_once('.').unwrap();
            let former = format!("{section}.{former}");
            assert!(find(&former).is_none() && !option.former.contains(&name));
            assert_eq!(current(&former), option.key);
        }
    }
    assert_eq!(current("model.dropout"), "model.dropout");
    assert_eq!(current("model.average"), "model.average");
}

#[test]
fn every_option_is_on_the_page_and_in_the_list() {
    let (page, list) = (markdown(), listing(""));
    for option in all() {
        let name = option.key.rsplit('.').next().unwrap();
        assert!(page.contains(&format!("- **`{name}`** · ")) && list.contains(&format!("{} · ", option.key)));
        assert!(listing(option.key).starts_with(option.key));
    }
    assert!(page.lines().chain(list.lines()).all(|line| line.chars().count() <= 110));
    assert!(listing("optimizer.schedule").starts_with("optimizer.schedule.kind · "));
}
