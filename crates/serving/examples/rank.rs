//! Ranks two items for a user of two clicks: `cargo run --example rank -- runs/mine/model.safetensors`.

use dien_serving::{Ranker, Record};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("expected a model's file")?;
    let ranker = Ranker::load(path)?;
    let state = ranker.user_state(&["i1", "i5"].map(Record::item), &Record::new())?;
    println!("{:?}", ranker.score(&state, &["i9", "i13"].map(Record::item))?.probabilities());
    Ok(())
}
