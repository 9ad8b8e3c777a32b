//! One table of options over another, and what options must be beside each other to be a configuration.

use toml::{Table, Value};

use crate::config::options;

/// The kinds of schedules: what each must have, and what it can.
const SCHEDULES: [(&str, &[&str], &[&str]); 3] = [
    ("constant", &[], &[]),
    ("step-decay", &["factor", "period"], &[]),
    ("warmup-cosine", &["warmup", "total"], &["floor"]),
];

/// Options that are no configuration together.
#[derive(Debug)]
pub(super) struct Incomplete {
    /// The key that is wrong or missing.
    pub key: String,
    /// The key that asks for it, or its own.
    pub because: String,
    pub found: String,
    pub expected: String,
}

/// Puts the options of `over` into `base`. A source replaces another one whole, and a kind of schedule takes
/// the options of other kinds away.
pub(super) fn merge(base: &mut Table, over: Table) {
    merge_at(base, over, "");
}

fn merge_at(base: &mut Table, over: Table, path: &str) {
    for (key, value) in over {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => {
                match path.as_str() {
                    "source" if over.keys().any(|key| !base.contains_key(key)) => base.clear(),
                    "optimizer.schedule" => begin_anew(base, &over),
                    _ => {}
                }
                merge_at(base, over, &path);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Leaves of a schedule what the kind has that goes over it.
fn begin_anew(base: &mut Table, over: &Table) {
    let Some(kind) = over.get("kind").filter(|kind| base.get("kind").is_some_and(|was| was != *kind)) else {
        return;
    };
    let known = SCHEDULES.iter().find(|(name, ..)| kind.as_str() == Some(name));
    let is_of = |key: &str| known.is_some_and(|(_, must, can)| must.contains(&key) || can.contains(&key));
    base.retain(|key, _| is_of(key));
}

/// Checks what no option says by itself: that the source is one, that a schedule has the options of its kind,
/// and that a model of one's own has a name.
pub(super) fn check_together(table: &Table) -> Result<(), Incomplete> {
    let wrong = |key: &str, because: &str, found: String, expected: String| {
        Err(Incomplete { key: key.into(), because: because.into(), found, expected })
    };
    let missing = |key: &str, because: &str, of: &str| {
        let domain = options::find(key).map_or(String::new(), |option| option.domain.to_string());
        wrong(key, because, "none".into(), format!("{domain}, {of}"))
    };
    if let Some(Value::Table(source)) = table.get("source")
        && source.len() != 1
    {
        let keys: Vec<String> = source.keys().map(|key| format!("`{key}`")).collect();
        let found = if keys.is_empty() { "none of them".into() } else { keys.join(" and ") };
        return wrong("source", "source", found, "one of `folder`, `schema`, `log` and `synthetic`".into());
    }
    let inner = |section: &str, name: &str| table.get(section)?.get(name)?.as_table();
    if let Some(schedule) = inner("optimizer", "schedule") {
        const KEY: &str = "optimizer.schedule";
        let kind_key = format!("{KEY}.kind");
        let Some(kind) = schedule.get("kind") else {
            let first = schedule.keys().next().map_or(KEY.to_owned(), |key| format!("{KEY}.{key}"));
            return missing(&kind_key, &first, "of which the other options of the schedule are");
        };
        if let Some((name, must, can)) = SCHEDULES.iter().find(|(name, ..)| kind.as_str() == Some(name)) {
            if let Some(absent) = must.iter().find(|key| !schedule.contains_key(**key)) {
                return missing(&format!("{KEY}.{absent}"), &kind_key, &format!("as `kind` is `{name}`"));
            }
            let is_foreign =
                |key: &&String| *key != "kind" && ![*must, *can].concat().contains(&key.as_str());
            if let Some(foreign) = schedule.keys().find(is_foreign) {
                let key = format!("{KEY}.{foreign}");
                let expected = format!("no such option, as `{kind_key}` is `{name}`");
                return wrong(&key, &key, options::text(&schedule[foreign.as_str()]), expected);
            }
        }
    }
    match inner("model", "custom") {
        Some(custom) if !custom.contains_key("name") => {
            missing("model.custom.name", "model.custom", "as `model.custom` is there")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use dien_optim::Schedule;

    use super::*;
    use crate::config::Source;
    use crate::config::layers::layers;
    use crate::config::options::Domain;

    #[test]
    fn the_kinds_of_schedules_are_those_of_the_type() {
        let Domain::Choice(kinds) = options::find("optimizer.schedule.kind").unwrap().domain else {
            panic!()
        };
        assert!(kinds.iter().map(|kind| kind.name).eq(SCHEDULES.iter().map(|(name, ..)| *name)));
        for (name, must, can) in SCHEDULES {
            let is_one = |keys: &[&str]| {
                let fields = keys.iter().map(|key| ((*key).to_owned(), Value::Integer(1)));
                let table: Table = fields.chain([("kind".into(), name.into())]).collect();
                Value::Table(table).try_into::<Schedule>().is_ok()
            };
            assert!(is_one(must) && is_one(&[must, can].concat()), "{name}");
            for absent in must {
                let others: Vec<&str> = must.iter().copied().filter(|key| key != absent).collect();
                assert!(!is_one(&others), "{name} without {absent}");
            }
            for foreign in ["factor", "period", "warmup", "total", "floor"] {
                let is_foreign = !must.contains(&foreign) && !can.contains(&foreign);
                // serde lets `constant`, which has no fields, have any.
                assert!(
                    !is_foreign || must.is_empty() || !is_one(&[must, &[foreign][..]].concat()),
                    "{name} with {foreign}"
                );
            }
        }
    }

    #[test]
    fn a_choice_is_replaced_whole() {
        let mut layers = layers(
            "[source.synthetic]\nusers = 9\n[optimizer]\nschedule = { kind = \"step-decay\", factor = \
            0.5, period = 3 }",
        );
        layers.assign("--set", "optimizer.schedule.period=4").unwrap();
        let config = layers.config().unwrap();
        assert_eq!(config.optimizer.schedule, Schedule::StepDecay { factor: 0.5, period: 4 });
        layers.set("--data", "source.folder", "x").unwrap();
        layers
            .assign("--set", "optimizer.schedule = { kind = \"warmup-cosine\", warmup = 1, total = 9 }")
            .unwrap();
        let config = layers.config().unwrap();
        assert_eq!(config.source, Source::Folder("x".into()));
        assert_eq!(config.optimizer.schedule, Schedule::WarmupCosine { warmup: 1, total: 9, floor: 0.0 });
    }

    #[test]
    fn a_schedule_is_set_key_by_key_in_any_order() {
        let keys = ["kind=step-decay", "factor=0.5", "period=3"];
        for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0]] {
            for base in ["", "optimizer.schedule = { kind = 'warmup-cosine', warmup = 1, total = 9 }"] {
                let mut layers = layers(base);
                for i in order {
                    layers.assign("--set", &format!("optimizer.schedule.{}", keys[i])).unwrap();
                }
                let schedule = layers.config().unwrap().optimizer.schedule;
                assert_eq!(schedule, Schedule::StepDecay { factor: 0.5, period: 3 }, "{order:?} {base}");
            }
        }
    }

    #[test]
    fn options_that_lack_another_are_told_with_their_place() {
        for (text, argument, expected) in [
            (
                "[optimizer.schedule]\nkind = 'step-decay'\nperiod = 3",
                None,
                "configuration, line 2: option `optimizer.schedule.factor`: found none; expected a number \
                 above 0 to 1, as `kind` is `step-decay`",
            ),
            (
                "",
                Some("optimizer.schedule.factor=0.5"),
                "`--set`: option `optimizer.schedule.kind`: found none; expected one of `constant`, \
                 `step-decay`, `warmup-cosine`, of which",
            ),
            (
                "optimizer.schedule = { kind = 'warmup-cosine', warmup = 1, total = 9 }",
                Some("optimizer.schedule.factor=0.5"),
                "`--set`: option `optimizer.schedule.factor`: found 0.5; expected no such option, as \
                 `optimizer.schedule.kind` is `warmup-cosine`",
            ),
            (
                "\n[source]",
                None,
                "configuration, line 2: option `source`: found none of them; expected one of `folder`, \
                 `schema`, `log` and `synthetic`",
            ),
            (
                "[source]\nfolder = 'x'\nsynthetic = {}",
                None,
                "configuration, line 1: option `source`: found `folder` and `synthetic`; expected one of",
            ),
            (
                "\n[model]\ncustom = { options = { depth = 3 } }",
                None,
                "configuration, line 3: option `model.custom.name`: found none; expected a text",
            ),
        ] {
            let mut layers = layers(text);
            if let Some(assignment) = argument {
                layers.assign("--set", assignment).unwrap();
            }
            let message = layers.config().unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
