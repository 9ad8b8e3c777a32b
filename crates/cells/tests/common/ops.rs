//! Every lane op, each with inputs and a value in rows.

use std::sync::Arc;

use dien_cells::Real;
use dien_cells::lanes::{self, Activation, EventIds, Windows};
use dien_cells::{Packed, Padded, Padding};
use dien_tensor::{ParamStore, Tape, Var};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::{Idle, events, get, store};

/// A lane op, or a use of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneOp {
    Linear,
    LinearBias,
    LinearSigmoid,
    Softmax,
    MulBroadcast,
    Gather,
    PoolSum,
    PoolMean,
    WeightedPool,
    Pick,
    SumFeatures,
    Embed,
    Place,
    PackPadded,
}

impl LaneOp {
    pub const ALL: [LaneOp; 14] = [
        LaneOp::Linear,
        LaneOp::LinearBias,
        LaneOp::LinearSigmoid,
        LaneOp::Softmax,
        LaneOp::MulBroadcast,
        LaneOp::Gather,
        LaneOp::PoolSum,
        LaneOp::PoolMean,
        LaneOp::WeightedPool,
        LaneOp::Pick,
        LaneOp::SumFeatures,
        LaneOp::Embed,
        LaneOp::Place,
        LaneOp::PackPadded,
    ];
}

/// The padded steps of [`LaneOp::PackPadded`].
const STEPS: usize = 21;
/// The rows of the table of [`LaneOp::Embed`].
const ROWS: usize = 9;

/// What [`lane_op`] reads; events have `width` features, and layers two outputs fewer.
pub fn lane_params(packed: &Packed, width: usize) -> ParamStore<f64> {
    let n = packed.events();
    store(
        2,
        &[
            ("x", &[n, width], 1.0),
            ("y", &[n, width], 1.0),
            ("score", &[n, 1], 3.0),
            ("q", &[packed.len(), width], 1.0),
            ("w", &[width - 2, width], (width as f64).recip().sqrt()),
            ("b", &[width - 2], 0.5),
            ("table", &[ROWS, width], 1.0),
            ("padded", &[packed.len(), STEPS, width], 1.0),
        ],
    )
}

/// Twice as many targets as histories, each with a window of one of them.
pub fn windows(histories: &Arc<Packed>) -> Arc<Windows> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut history, mut start, mut end) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..2 * histories.len() {
        let h = rng.random_range(0..histories.len());
        start.push(rng.random_range(0..=histories.lengths()[h]));
        end.push(rng.random_range(start[start.len() - 1]..=histories.lengths()[h]));
        history.push(h as u32);
    }
    Arc::new(Windows::new(histories, &history, &start, &end))
}

/// The op's value as rows: of every event, every sequence, or every pick.
pub fn lane_op<'t, T: Real>(
    tape: &'t Tape<'_, T>,
    op: LaneOp,
    idle: Idle,
    packed: &Arc<Packed>,
    windows: &Arc<Windows>,
) -> Var<'t, T> {
    let event = |name| idle.events(lanes::events_to_lanes(get(tape, name), packed), packed);
    let sequence = |name| idle.sequences(lanes::sequences_to_lanes(get(tape, name), packed), packed);
    let layer = |x, bias: Option<&str>, activation| {
        lanes::linear(x, get(tape, "w"), bias.map(|b| get(tape, b)), activation, packed)
    };
    let value = match op {
        LaneOp::Linear => layer(event("x"), None, Activation::None),
        LaneOp::LinearBias => layer(event("x"), Some("b"), Activation::None),
        LaneOp::LinearSigmoid => layer(event("x"), Some("b"), Activation::Sigmoid),
        LaneOp::Softmax => lanes::softmax(event("score"), packed),
        LaneOp::MulBroadcast => lanes::mul_broadcast(event("x"), sequence("q"), packed),
        LaneOp::SumFeatures => lanes::sum_features(event("x") * event("y")),
        LaneOp::Embed => {
            let ids: Vec<u32> = (0..packed.events() as u32).map(|i| i * i % ROWS as u32).collect();
            lanes::embed([(get(tape, "table"), EventIds::one(&ids))], 1, packed)
        }
        LaneOp::PackPadded => {
            let padded = Padded::from_lengths(packed.lengths(), STEPS, Padding::Left).expect("short enough");
            lanes::padded_to_lanes(get(tape, "padded"), &padded, packed)
        }
        LaneOp::Gather => {
            let seen = lanes::gather(event("x"), windows);
            return events(idle.events(seen, windows.targets()), windows.targets());
        }
        LaneOp::PoolSum => return lanes::pool(event("x"), windows, false),
        LaneOp::PoolMean => return lanes::pool(event("x"), windows, true),
        LaneOp::WeightedPool => {
            let weights = idle.events(lanes::gather(event("score"), windows), windows.targets());
            return lanes::weighted_pool(event("x"), weights, windows);
        }
        LaneOp::Pick => return lanes::select_events(event("x"), windows.last().collect::<Vec<_>>(), packed),
        LaneOp::Place => return lanes::lanes_to_sequences(sequence("q"), packed),
    };
    events(idle.events(value, packed), packed)
}
