//! The ranker gives the logits of evaluation, from names, on runs of every kind.

mod common;

use std::fs;
use std::path::Path;

use common::{TINY, tiny, train};
use dien::data::TargetNames;
use dien::prelude::*;
use dien::ranker::{Scores, UserState};
use dien::serving::params;
use dien::tensor::ParamStore;
use safetensors::SafeTensors;
use tempfile::tempdir;

/// Scores of two held-out users' targets at most differ by this.
const TOLERANCE: f32 = 1e-5;

fn config(more: &str) -> Config {
    let mut config: toml::Table = TINY.parse().unwrap();
    let more: toml::Table = more.parse().unwrap();
    for (section, options) in more {
        let section = config.entry(section).or_insert_with(|| toml::Table::new().into());
        section.as_table_mut().unwrap().extend(options.as_table().unwrap().clone());
    }
    toml::to_string(&config).unwrap().parse().unwrap()
}

/// A trained run's ranker, and its scorer.
fn trained(config: &Config, folder: &Path) -> (Ranker, Trainer) {
    let (_, trainer) = train(config, folder);
    (Ranker::load(folder.join("model.safetensors")).unwrap(), trainer)
}

/// Every held-out target through both, by name.
fn assert_as_evaluated(config: &Config, root: &Path) {
    let (ranker, trainer) = trained(config, root);
    let (log, _) = config.source.log(&config.data).unwrap().unwrap();
    let name = |item: u32| log.items()[item as usize].id.as_str();
    let mut targets = 0;
    let data = trainer.dataset();
    for batches in [data.test(), data.validation()] {
        let check = |batch: Batch, names: Vec<TargetNames>| {
            let logits = trainer.scorer().logits(&batch).unwrap();
            for (TargetNames { user, item, .. }, expected) in names.iter().zip(logits) {
                let events = &log.users()[log.user(user).unwrap() as usize].events;
                let history: Vec<Record> =
                    events[..events.len() - 1].iter().map(|e| Record::item(name(e.item))).collect();
                let profile = Record::new().with("user", &**user);
                let state = ranker.user_state(&history, &profile).unwrap();
                assert_eq!(state.len(), history.len().min(config.data.max_history));
                let answer = ranker.score(&state, &[Record::item(item)]).unwrap();
                let found = answer.logits[0];
                assert!((found - expected).abs() <= TOLERANCE, "{user} {item}: {found} {expected}");
                targets += 1;
            }
            true
        };
        batches.for_each_named(&[], check).unwrap();
    }
    assert!(targets > 20);
}

#[test]
fn scores_are_calibrated_alike() {
    // An isotonic curve may be steep, so that the tolerance would be another.
    let config = config("train = { calibration = 'platt', negative_sampling_rate = 0.3 }");
    let root = tempdir().unwrap();
    assert_as_evaluated(&config, root.path());
}

#[test]
fn cells_attentions_and_features() {
    for (i, more) in [
        "data = { max_history = 5, sparse = ['user'] }",
        "model = { cell = 'agru', attention = 'bilinear', auxiliary = 'mlp', head_activation = 'prelu' }",
        "data = { behaviours = ['item'], pooled = ['category'] }\nmodel = { cell = 'aigru', head_norm = \
        false }",
        "data = { behaviours = ['category'] }\nmodel = { cell = 'gru', head_layers = [] }",
        "model = { kind = 'base', pooling = 'sum' }",
        "model = { cell = 'augru-official' }",
    ]
    .into_iter()
    .enumerate()
    {
        let root = tempdir().unwrap();
        assert_as_evaluated(&config(&format!("{more}\ntrain = {{ epochs = {} }}", 1 + i % 2)), root.path());
    }
}

fn items(names: &[&str]) -> Vec<Record> {
    names.iter().map(|&name| Record::item(name)).collect()
}

#[test]
fn states_grow_and_candidates_do_not_meet() {
    let root = tempdir().unwrap();
    let (ranker, _) = trained(&config("data = { max_history = 4 }"), root.path());
    let candidates = items(&["i1", "i2", "i3", "i2"]);
    let nobody = Record::new();
    let history = items(&["i5", "i6", "i7", "i8"]);
    let mut state = ranker.user_state(&history[..2], &nobody).unwrap();
    for event in &history[2..] {
        ranker.append(&mut state, event).unwrap();
    }
    let whole = ranker.user_state(&history, &nobody).unwrap();
    let answer = ranker.score(&state, &candidates).unwrap();
    assert_eq!(answer, ranker.score(&whole, &candidates).unwrap());
    assert_eq!(answer.logits[1], answer.logits[3]);
    assert_eq!(answer.logits[2], ranker.score(&state, &candidates[2..3]).unwrap().logits[0]);
    assert!(answer.probabilities().iter().all(|p| (0.0..1.0).contains(p)));
    // The window is full: its oldest event leaves.
    ranker.append(&mut state, &Record::item("i9")).unwrap();
    assert_eq!(state.len(), 4);
    assert_ne!(ranker.score(&state, &candidates).unwrap().logits, answer.logits);
    // A longer history is its latest events.
    let longer = items(&["i1", "i5", "i6", "i7", "i8"]);
    let longer = ranker.user_state(&longer, &nobody).unwrap();
    assert_eq!(ranker.score(&longer, &candidates).unwrap(), answer);
    let empty = ranker.user_state(&[], &nobody).unwrap();
    assert!(
        empty.is_empty() && ranker.score(&empty, &candidates).unwrap().logits.iter().all(|x| x.is_finite())
    );
    let unknown = state.unknown();
    assert_eq!(ranker.score(&state, &[]).unwrap(), Scores::new(vec![], unknown));
}

#[test]
fn threads_share_a_ranker() {
    fn shared<T: Send + Sync>(_: &T) {}
    let root = tempdir().unwrap();
    let (ranker, _) = trained(&tiny(), root.path());
    let state = ranker.user_state(&items(&["i1", "i2"]), &Record::new()).unwrap();
    shared(&ranker);
    shared::<UserState>(&state);
    let candidates: Vec<Record> = (0..100).map(|i| Record::item(format!("i{}", i % 50))).collect();
    let expected = ranker.score(&state, &candidates).unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| ranker.score(&state, &candidates).unwrap())).collect();
        threads.into_iter().for_each(|t| assert_eq!(t.join().unwrap(), expected));
    });
}

#[test]
fn what_is_not_known_is_counted() {
    let root = tempdir().unwrap();
    let (ranker, _) = trained(&config("data = { sparse = ['user'] }"), root.path());
    let unknown = |history: &[Record], profile: Record, candidates: &[Record], context: Record| {
        let state = ranker.user_state(history, &profile).unwrap();
        ranker.score_in(&state, candidates, &context).unwrap().unknown
    };
    let none = Record::new;
    let known = items(&["i1", "i2"]);
    assert_eq!(unknown(&known, none(), &known, none()), 0);
    assert_eq!(unknown(&items(&["new", "i1", "new"]), none(), &items(&["other"]), none()), 3);
    let strange = Record::item("i1").with("category", "strange");
    let both = Record::item("new").with("category", "strange");
    assert_eq!(unknown(&[strange.clone(), both], none(), &[strange], none()), 4);
    let half = Record::item("new").with("category", "c1");
    assert_eq!(unknown(&[half], none(), &known, none()), 1);
    let nobody = none().with("user", "nobody");
    assert_eq!(unknown(&known, nobody.clone(), &known, nobody.clone()), 2);
    assert_eq!(unknown(&known, none().with("age", 7_i64), &known, none()), 0);
    let request = Request::default()
        .with_profile(nobody.clone().with("age", 7_i64))
        .with_context(none().with("hour", 3_i64));
    let unread: Vec<String> = ranker.unread(&request).into_iter().map(|unread| unread.field).collect();
    assert_eq!(unread, ["profile.age", "context.hour"]);
    // The empty text is no id; a number is its digits.
    assert_eq!(unknown(&items(&[""]), none(), &[none().with("item", 7_i64)], none()), 2);
    let mut state = ranker.user_state(&known, &nobody).unwrap();
    ranker.append(&mut state, &Record::item("new")).unwrap();
    assert_eq!(state.unknown(), 2);
}

#[test]
fn the_context_stands_over_the_profile_and_a_given_category_over_the_table() {
    let root = tempdir().unwrap();
    let (ranker, trainer) = trained(&config("data = { sparse = ['user'] }"), root.path());
    let mut user = None;
    let first = |_, names: Vec<TargetNames>| {
        user = names.into_iter().next();
        false
    };
    trainer.dataset().epoch(1, 0).for_each_named(&[], first).unwrap();
    let user = user.unwrap().user;
    let (history, candidates) = (items(&["i1"]), items(&["i2", "i3"]));
    let (none, known) = (Record::new(), Record::new().with("user", user.as_str()));
    let without = ranker.user_state(&history, &none).unwrap();
    let with = ranker.user_state(&history, &known).unwrap();
    let expected = ranker.score(&with, &candidates).unwrap();
    assert_eq!(ranker.score_in(&without, &candidates, &known).unwrap(), expected);
    assert_ne!(ranker.score(&without, &candidates).unwrap(), expected);
    let log = trainer.config().source.log(&trainer.config().data).unwrap().unwrap().0;
    let own = &log.items()[log.item("i2").unwrap() as usize].cells[0];
    let other = if own == "c1" { "c2" } else { "c1" };
    let score = |category: &str| {
        let candidate = Record::item("i2").with("category", category);
        ranker.score(&with, &[candidate]).unwrap().logits[0]
    };
    assert_eq!(score(own), expected.logits[0]);
    assert_ne!(score(other), expected.logits[0]);
}

#[test]
fn one_file_holds_all() {
    let root = tempdir().unwrap();
    let run = root.path().join("run");
    let (_, trainer) = train(&tiny(), &run);
    let alone = root.path().join("alone.safetensors");
    fs::copy(run.join("model.safetensors"), &alone).unwrap();
    let bytes = fs::read(&alone).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    for name in ["items.text", "items.feature.category", "vocabulary.item.text", "embedding.item"] {
        assert!(file.tensor(name).is_ok(), "{name}");
    }
    let request = Request::new(items(&["i1"]), items(&["i2"]));
    let expected = Ranker::load(&alone).unwrap().rank(&request).unwrap();
    assert_eq!(trainer.run().unwrap().ranker().unwrap().rank(&request).unwrap(), expected);
    let message = |bytes: &[u8]| {
        fs::write(&alone, bytes).unwrap();
        Ranker::load(&alone).unwrap_err().to_string()
    };
    assert!(message(&bytes[..bytes.len() - 9]).contains("no whole safetensors file"));
    assert!(message(b"").contains("no whole safetensors file (0 bytes"));
    fs::remove_file(&alone).unwrap();
    assert!(Ranker::load(&alone).unwrap_err().to_string().contains("alone.safetensors: cannot read"));
    let last = Ranker::load(run.join("last.safetensors")).unwrap_err().to_string();
    assert!(last.contains("parameters without vocabularies"), "{last}");
}

/// Runs whose `model.safetensors` holds the parameters alone.
#[test]
fn older_runs_have_no_item_table() {
    let root = tempdir().unwrap();
    let (ranker, trainer) = trained(&tiny(), root.path());
    fs::copy(root.path().join("last.safetensors"), root.path().join("model.safetensors")).unwrap();
    let run = trainer.run().unwrap();
    let mut params: ParamStore<f32> = trainer.latest_params().clone();
    params::load(&run.model_path().unwrap(), &mut params).unwrap();
    let old = run.ranker().unwrap();
    let candidate = [Record::item("i2").with("category", "c1")];
    let state = old.user_state(&[], &Record::new()).unwrap();
    assert_eq!(old.score(&state, &candidate).unwrap().logits.len(), 1);
    let message = old.score(&state, &items(&["i2"])).unwrap_err().to_string();
    assert!(
        message.contains("`candidates[0].category`: found nothing; expected a text: this model has no item"),
        "{message}"
    );
    let state = ranker.user_state(&[], &Record::new()).unwrap();
    assert!(ranker.score(&state, &items(&["i2"])).is_ok());
}
