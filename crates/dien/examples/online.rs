//! Learns from a channel of events, and scores each before it learns from it.
//!
//! `cargo run --release --example online`

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use dien::OovReport;
use dien::data::schema::Schema;
use dien::data::{Impressions, InMemory, Row, RowBatch};
use dien::prelude::*;

/// Users come and go: they are hashed. An item that is new has no embedding until the tables grow.
const SCHEMA: &str = r#"
    candidate = ["item"]
    width = 8
    [columns]
    clicked = { kind = "label" }
    user = { kind = "sparse", vocabulary = { hash = 64 } }
    item = { kind = "sparse" }
    seen = { kind = "sequence", shares = "item" }
    [[behaviours]]
    name = "clicks"
    columns = ["seen"]
    max_history = 6
"#;

/// A shown item. Your own struct becomes a row likewise.
struct Shown {
    user: u32,
    item: u32,
    seen: Vec<u32>,
    clicked: bool,
}

impl From<Shown> for Row {
    fn from(shown: Shown) -> Row {
        let row = Row::new().with("user", shown.user).with("item", shown.item);
        row.with("seen", shown.seen).with("clicked", shown.clicked)
    }
}

/// Prints what was learnt.
pub fn main() -> Result<()> {
    let (first, last) = learn()?;
    println!("AUC of batches that were scored before they were learnt: {first:.3} at first, then {last:.3}");
    Ok(())
}

/// The AUC of scores that were given before the clicks were known: of the first batches, and of the last.
pub fn learn() -> Result<(f64, f64)> {
    let schema = Schema::parse(SCHEMA, "schema".as_ref())?;
    let config: Config = "model.hidden = 8\nmodel.head_layers = [16]\noptimizer.lr = 0.01".parse()?;
    let (sender, events) = sync_channel(1000);
    let world = thread::spawn(move || (0..20_000).try_for_each(|i| sender.send(shown(i))));

    // The first thousand give the vocabulary, and the model its first steps.
    let first: InMemory = vec![next(&events, 1000).expect("events come")].into();
    let (mut log, _skipped) = Impressions::from_source(&schema, first, &config.data)?;
    let mut trainer = Trainer::new(&config, Dataset::from(log.clone()))?;

    let (mut found, mut recent) = (vec![], vec![]);
    let mut oov = OovReport::new(log.features());
    for step in 0.. {
        let Some(rows) = next(&events, 100) else { break };
        let batch = log.training_batch(&rows, config.train.seed, step)?.batch;
        let scores = trainer.score_latest(&batch)?;
        found.push(Metrics::new(&scores, &batch.targets.label, &batch.targets.group_id).auc);
        oov.add(&batch);
        trainer.step(&batch)?;
        recent.push(rows);
        if step == 100 {
            // From here on what is new since then has embeddings of its own.
            println!("before the tables grow:\n{oov}");
            let (vocabularies, numbers) = (log.vocabularies().clone(), log.numbers().to_vec());
            let rows = InMemory::from(std::mem::take(&mut recent));
            (log, _) =
                Impressions::from_source_continuing(&schema, rows, &vocabularies, numbers, &config.data)?;
            trainer = trainer.grow(Dataset::from(log.clone()))?;
            oov = OovReport::new(log.features());
        }
    }
    println!("since then:\n{oov}");
    world.join().expect("the events' thread ends").expect("all events are taken");
    trainer.keep_latest()?; // what `score`, and a run's model file, go by
    let mean = |of: &[Option<f64>]| of.iter().flatten().sum::<f64>() / of.iter().flatten().count() as f64;
    Ok((mean(&found[..20]), mean(&found[found.len() - 20..])))
}

/// So many events, or none once there are no more.
fn next(events: &Receiver<Shown>, rows: usize) -> Option<RowBatch> {
    let rows: RowBatch = events.iter().take(rows).map(Row::from).collect();
    (!rows.is_empty()).then_some(rows)
}

/// Users click on what is of the kind that they clicked on before, mostly. Now and then there are new items.
fn shown(i: u32) -> Shown {
    let mut state = u64::from(i);
    let mut draw = |n: u32| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) as u32 % n
    };
    let (user, items) = (draw(500), 60 + 15 * (i / 5_000));
    let kind = draw(5);
    let seen = (0..4).map(|_| draw(items / 5) * 5 + kind).collect();
    let item = draw(items);
    let clicked = (item % 5 == kind) != (draw(10) == 0);
    Shown { user, item, seen, clicked }
}
