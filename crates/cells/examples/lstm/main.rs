//! Trains an LSTM to tell whether a sequence has more large events than small ones. The crate has none: it
//! is the one file beside this one.
//!
//! ```sh
//! cargo run --release -p dien-cells --example lstm
//! ```

mod lstm;

use std::sync::Arc;

use dien_cells::recurrence::{self, CellInput, CellOutput, RecurrenceArgs};
use dien_cells::{Packed, lanes};
use dien_optim::{Adam, AdamConfig, Optimizer};
use dien_tensor::init::Builder;
use dien_tensor::{Mode, ParamStore, Pool, Tape, nn::Linear, ops};
use ndarray::Array2;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use lstm::Lstm;

const SEQUENCES: usize = 128;
const INPUTS: usize = 4;
const HIDDEN: usize = 16;
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
    let w = builder.weight("lstm.w", 4 * HIDDEN, INPUTS, HIDDEN);
    let u = builder.weight("lstm.u", 4 * HIDDEN, HIDDEN, HIDDEN);
    // A forget gate that is open at first lets gradients through.
    let forget = |i: usize| if i / HIDDEN == 1 { 1.0 } else { 0.0 };
    let b = builder.vector_of("lstm.b", 4 * HIDDEN, forget);
    let head = Linear::new(&mut builder, "head", HIDDEN, 1);
    let config = AdamConfig::default().with_lr(1e-2);
    let (mut adam, pool) = (Adam::new(&params, config)?, Pool::new());
    for step in 0..STEPS {
        let tape = Tape::new(&params, &pool, Mode::Train { seed: step });
        let x = lanes::events_to_lanes(tape.constant(events.clone().into_dyn()), &packed);
        let input = CellInput::Events(x, tape.param(w));
        let args = RecurrenceArgs::new(input, tape.param(u), tape.param(b));
        let last = recurrence::run(Lstm, args, CellOutput::Last, &packed);
        // Rows of h and c, of which the head reads h.
        let h = ops::slice_columns(lanes::lanes_to_sequences(last, &packed), 0..HIDDEN);
        let loss = ops::bce_with_logits(head.forward(h), &labels, None);
        if step % 20 == 19 {
            println!("step {:3}: {loss:?}", step + 1);
        }
        let grads = tape.backward(loss);
        drop(tape);
        adam.step(&mut params, &grads)?;
    }
    Ok(())
}
