//! The example that learns from a channel does what it says; a trainer learns from single batches as from an
//! epoch, and grows.

#[allow(dead_code, reason = "an example has a `main`")]
#[path = "../examples/online.rs"]
mod example;

use dien::data::schema::Schema;
use dien::data::{Impressions, InMemory, Row};
use dien::prelude::*;

#[test]
fn the_example_learns() {
    let (first, last) = example::learn().unwrap();
    assert!(last > 0.8 && last > first + 0.05, "{first}, then {last}");
}

const SCHEMA: &str = "candidate = [\"item\"]\nwidth = 4\n[columns]\nclicked = { kind = \"label\" }\n\
                      item = { kind = \"sparse\" }\nseen = { kind = \"sequence\", shares = \"item\" }\n\
                      [[behaviours]]\nname = \"clicks\"\ncolumns = [\"seen\"]";

fn rows(from: u32) -> InMemory {
    let row = |i: u32| {
        let (item, seen) = (from + i % 7, vec![from + i % 5, from + i % 3]);
        Row::new().with("item", item).with("seen", seen).with("clicked", i % 7 == i % 5)
    };
    (0..60).map(row).collect()
}

fn config() -> Config {
    "model.hidden = 4\nmodel.head_layers = [4]\ntrain.epochs = 1\ndata.batch_size = 16\ndata.shuffle = 0"
        .parse()
        .unwrap()
}

fn schema() -> Schema {
    Schema::parse(SCHEMA, "schema".as_ref()).unwrap()
}

fn open(config: &Config) -> Impressions {
    Impressions::from_source(&schema(), rows(0), &config.data).unwrap().0
}

#[test]
fn single_steps_are_those_of_an_epoch() {
    let config = config();
    let mut whole = Trainer::new(&config, Dataset::from(open(&config))).unwrap();
    whole.train(&mut ()).unwrap();
    let mut single = Trainer::new(&config, Dataset::from(open(&config))).unwrap();
    let log = open(&config);
    let mut steps = vec![];
    log.epoch(config.train.seed, 0)
        .for_each(0, |batch| {
            steps.push(single.step(&batch).unwrap());
            true
        })
        .unwrap();
    assert_eq!(steps.len(), 4);
    assert!(steps.iter().all(|step| step.batch == 0 && step.target_loss.is_finite()));
    let rows = log.scoring_batch(&(0..9_u32).map(|i| Row::new().with("item", i).with("seen", [i])).collect());
    let batch = rows.unwrap().batch;
    let expected = whole.score(&batch).unwrap();
    assert_ne!(single.score(&batch).unwrap(), expected, "untrained until it is told which are best");
    let latest = single.score_latest(&batch).unwrap();
    single.keep_latest().unwrap();
    assert_eq!(single.score(&batch).unwrap(), expected);
    for (found, expected) in latest.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-6, "{latest:?}");
    }
}

#[test]
fn a_trainer_that_grows_knows_what_it_knew() {
    let config = config();
    let log = open(&config);
    let mut trainer = Trainer::new(&config, Dataset::from(log.clone())).unwrap();
    trainer.train(&mut ()).unwrap();
    trainer.keep_latest().unwrap();
    let known = log.scoring_batch(&vec![Row::new().with("item", 3).with("seen", [1, 2])].into()).unwrap();
    let before = trainer.score(&known.batch).unwrap();
    let unrelated = open(&config);
    let other = Impressions::from_source(&schema(), rows(100), &config.data).unwrap().0;
    assert_eq!(other.vocabularies().get("item").map(|v| v.rows()), Some(8));
    let (more, _) = Impressions::from_source_continuing(
        &schema(),
        rows(100),
        log.vocabularies(),
        log.numbers().to_vec(),
        &config.data,
    )
    .unwrap();
    assert_eq!(more.vocabularies().get("item").map(|v| v.rows()), Some(15));
    let mut trainer = trainer.grow(Dataset::from(more.clone())).unwrap();
    assert_eq!(trainer.score(&known.batch).unwrap(), before);
    let new = vec![Row::new().with("item", 103).with("seen", [101, 2]).with("clicked", 1)];
    let batch = more.training_batch(&new.into(), 1, 1).unwrap().batch;
    let before = trainer.score_latest(&batch).unwrap()[0];
    let step = trainer.step(&batch).unwrap();
    assert!(step.step > 4, "the optimiser goes on: {step:?}");
    assert!((0..50).all(|_| trainer.step(&batch).unwrap().step > 5));
    assert!(trainer.score_latest(&batch).unwrap()[0] > before);
    assert!(unrelated.vocabularies() == log.vocabularies());
    let message = trainer.grow(Dataset::from(other)).unwrap_err().to_string();
    assert!(message.contains("vocabularies do not begin as the model's"), "{message}");
}

#[test]
fn a_batch_that_does_not_fit_is_refused() {
    let config = config();
    let log = open(&config);
    let mut trainer = Trainer::new(&config, Dataset::from(log.clone())).unwrap();
    let mut batch = log.training_batch(&vec![rows_of_one()].into(), 1, 1).unwrap().batch;
    batch.targets.candidate[0][0] = 99;
    assert!(trainer.step(&batch).is_err());
    let empty =
        Batch::new(Histories::new(vec![0], vec![vec![]]), Targets::new(vec![], vec![], vec![], vec![vec![]]));
    let message = trainer.step(&empty).unwrap_err().to_string();
    assert!(message.contains("no target"), "{message}");
}

fn rows_of_one() -> Row {
    Row::new().with("item", 1).with("seen", [2, 3]).with("clicked", 1)
}
