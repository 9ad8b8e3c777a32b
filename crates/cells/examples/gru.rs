//! Trains a GRU over ragged sequences to tell whether a sequence has more large events than small ones, and
//! prints how long a step takes.
//!
//! ```sh
//! cargo run --release -p dien-cells --example gru
//! ```

use std::sync::Arc;
use std::time::Instant;

use dien_cells::nn::Gru;
use dien_cells::{Packed, lanes};
use dien_optim::{Adam, AdamConfig, Optimizer};
use dien_tensor::init::Builder;
use dien_tensor::{Mode, ParamStore, Pool, Tape, nn::Linear, ops};
use ndarray::Array2;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const SEQUENCES: usize = 128;
const INPUTS: usize = 4;
const HIDDEN: usize = 36;
const STEPS: u64 = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let lengths: Vec<u32> = (0..SEQUENCES).map(|_| rng.random_range(0..=40)).collect();
    let packed = Arc::new(Packed::from_lengths(&lengths));
    let events = Array2::from_shape_simple_fn((packed.events(), INPUTS), || rng.random_range(-1.0f32..1.0));
    let mut rows = events.rows().into_iter();
    let labels: Vec<f32> = lengths
        .iter()
        .map(|&n| rows.by_ref().take(n as usize).map(|row| row[0].signum()).sum::<f32>())
        .map(|sum| f32::from(u8::from(sum > 0.0)))
        .collect();

    let mut params = ParamStore::<f32>::new();
    let mut builder = Builder::new(&mut params, 1);
    let gru = Gru::new(&mut builder, "gru", INPUTS, HIDDEN);
    let head = Linear::new(&mut builder, "head", HIDDEN, 1);
    let config = AdamConfig::default().with_lr(1e-2);
    let (mut adam, pool) = (Adam::new(&params, config)?, Pool::new());
    let start = Instant::now();
    for step in 0..STEPS {
        let tape = Tape::new(&params, &pool, Mode::Train { seed: step });
        let x = lanes::events_to_lanes(tape.constant(events.clone().into_dyn()), &packed);
        let last = lanes::lanes_to_sequences(gru.last(x, &packed), &packed);
        let loss = ops::bce_with_logits(head.forward(last), &labels, None);
        if step % 20 == 19 {
            println!("step {:3}: {loss:?}", step + 1);
        }
        let grads = tape.backward(loss);
        drop(tape);
        adam.step(&mut params, &grads)?;
    }
    println!("{:.2} ms a step", start.elapsed().as_secs_f64() * 1e3 / STEPS as f64);
    Ok(())
}
