//! GRUs of candle and burn: `dien-peers [--only NAME,…] [--seconds S]`, threads by `RAYON_NUM_THREADS`; a
//! JSON line a figure.
//!
//! Neither takes lengths, so that only full batches are measured. A training pass is forward, then every
//! gradient.

mod burn_gru;
mod candle_gru;
mod timing;

use std::error::Error;

/// Batch, steps, width of input and state.
pub type Shape = [usize; 3];

const SHAPES: [Shape; 3] = [[128, 100, 36], [128, 50, 64], [256, 100, 128]];
const INFERENCE: [Shape; 2] = [[1, 100, 36], [200, 100, 36]];

fn option(name: &str) -> Option<String> {
    let mut words = std::env::args().skip_while(|word| word != name);
    words.nth(1)
}

fn main() -> Result<(), Box<dyn Error>> {
    let only = option("--only").unwrap_or("gru_infer,gru_train".into());
    let seconds: f64 = option("--seconds").map_or(Ok(1.0), |s| s.parse())?;
    for name in only.split(',').filter(|name| ["gru_infer", "gru_train"].contains(name)) {
        let train = name == "gru_train";
        for shape in SHAPES.into_iter().chain(INFERENCE.into_iter().filter(|_| !train)) {
            timing::report("candle", "candle-nn", name, shape, seconds, candle_gru::pass(shape, train)?);
            for (kind, device) in burn_gru::devices() {
                timing::report("burn", kind, name, shape, seconds, burn_gru::pass(shape, train, device));
            }
        }
    }
    Ok(())
}
