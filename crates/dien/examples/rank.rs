//! Trains a small run, then serves it: load, build a user's state, score, append, score again.
//!
//! `cargo run --release --example rank`, or `… --example rank -- runs/mine` for a run of your own.

use dien::prelude::*;

fn main() -> Result<()> {
    let folder = match std::env::args().nth(1) {
        Some(folder) => folder.into(),
        None => small_run()?,
    };
    // The one file that a service needs; threads share the ranker.
    let ranker = Ranker::load(folder.join("model.safetensors"))?;

    // A user went along a ring of the generator's, four items a place. Will it be the next place, or one far
    // off?
    let history = ["i1", "i5", "i9"].map(Record::item);
    let candidates = ["i13", "i29"].map(Record::item);
    let mut state = ranker.user_state(&history, &Record::new())?;
    println!("after 3 events: {:.4?}", ranker.score(&state, &candidates)?.probabilities());

    // One behaviour more costs one step, not the history.
    ranker.append(&mut state, &Record::item("i13"))?;
    let answer = ranker.score(&state, &candidates)?;
    println!("after i13 too:  {:.4?} ({} unknown ids)", answer.probabilities(), answer.unknown);
    Ok(())
}

/// A run in a fresh folder among the system's temporary ones.
fn small_run() -> Result<std::path::PathBuf> {
    let config: Config = "
        source.synthetic.users = 1000
        model.hidden = 16
        optimizer.lr = 0.01
        train.epochs = 2
    "
    .parse()?;
    let (dataset, _warnings) = DataSource::open(&config, Encoding::Fit)?;
    let run = Run::create_fresh(&std::env::temp_dir().join("dien-example"), &config)?;
    let folder = run.folder().to_path_buf();
    Trainer::new(&config, dataset)?.save_to(run)?.train(&mut ())?;
    Ok(folder)
}
