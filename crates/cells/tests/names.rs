//! A value is called what computed it: messages of wrong shapes and gradients, and whoever prints it, say so.

mod common;

use std::sync::Arc;

use common::{cell_params, get, lane_params, lengths, store, windows};
use dien_cells::cell::{CellArgs, CellInput, CellKind, CellOutput, cell};
use dien_cells::lanes::auxiliary::{Loss, inner_product};
use dien_cells::lanes::{self, Activation, AttentionNorm, EventIds, UnitWeights};
use dien_cells::{Packed, Padded, Padding};
use dien_tensor::{Mode, ParamStore, Pool, Tape, Var};

const WIDTH: usize = 6;

fn named<'t>(names: impl IntoIterator<Item = (&'static str, Var<'t, f64>)>) {
    for (name, value) in names {
        assert_eq!(value.name(), name);
    }
}

#[test]
fn lane_ops() {
    let packed = Arc::new(Packed::from_lengths(&lengths(40)));
    let (params, pool) = (lane_params(&packed, WIDTH), Pool::new());
    let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
    let (windows, get) = (windows(&packed), |name| get(&tape, name));
    let [x, score] = ["x", "score"].map(|name| lanes::events_to_lanes(get(name), &packed));
    let q = lanes::sequences_to_lanes(get("q"), &packed);
    let padded = Padded::from_lengths(packed.lengths(), 21, Padding::Left).unwrap();
    let weights = lanes::gather(score, &windows);
    let ids = vec![1; packed.events()];
    named([
        ("events to lanes", x),
        ("sequences to lanes", q),
        ("lanes to sequences", lanes::lanes_to_sequences(q, &packed)),
        ("lanes linear", lanes::linear(x, get("w"), None, Activation::None, &packed)),
        ("lanes softmax", lanes::softmax(score, &packed)),
        ("lanes mul_broadcast", lanes::mul_broadcast(x, q, &packed)),
        ("lanes sum features", lanes::sum_features(x)),
        ("lanes gather", weights),
        ("lanes pool", lanes::pool(x, &windows, true)),
        ("lanes weighted pool", lanes::weighted_pool(x, weights, &windows)),
        ("select events", lanes::select_events(x, windows.last().collect::<Vec<_>>(), &packed)),
        ("lanes embed", lanes::embed([(get("table"), EventIds::one(&ids))], 1, &packed)),
        ("events to lanes", lanes::padded_to_lanes(get("padded"), &padded, &packed)),
    ]);
}

#[test]
fn cells() {
    let packed = Arc::new(Packed::from_lengths(&lengths(40)));
    let (params, pool) = (cell_params(&packed, WIDTH, WIDTH), Pool::new());
    let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
    let [w, u, b, b_hc] = ["w", "u", "b", "b_hc"].map(|name| get(&tape, name));
    let [x, a] = ["x", "a"].map(|name| lanes::events_to_lanes(get(&tape, name), &packed));
    for kind in CellKind::ALL {
        let args = CellArgs::new(kind, CellInput::Events(x, w), u, b, b_hc);
        let args = args.attention(kind.takes_attention().then_some(a));
        let name = match kind {
            CellKind::AugruOfficial => "augru (official)".into(),
            kind => format!("{kind:?}").to_lowercase(),
        };
        assert_eq!(cell(args, CellOutput::Last, &packed).name(), name);
    }
}

#[test]
fn attention_and_auxiliary_loss() {
    let packed = Arc::new(Packed::from_lengths(&lengths(40)));
    let n = packed.events();
    let params: ParamStore<f64> = store(
        1,
        &[
            ("x", &[n, WIDTH], 1.0),
            ("query", &[packed.len(), WIDTH], 1.0),
            ("first", &[8, 4 * WIDTH], 0.3),
            ("first_bias", &[8], 0.3),
            ("second", &[4, 8], 0.3),
            ("second_bias", &[4], 0.3),
            ("score", &[1, 4], 0.3),
            ("project", &[WIDTH, WIDTH], 0.3),
        ],
    );
    let pool = Pool::new();
    let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
    let get = |name| get(&tape, name);
    let (x, query) = (lanes::events_to_lanes(get("x"), &packed), get("query"));
    let weights = UnitWeights {
        first: get("first"),
        first_bias: get("first_bias"),
        second: get("second"),
        second_bias: get("second_bias"),
        score: get("score"),
    };
    let windows = common::Sort::Identity.windows(packed.lengths());
    let softmax = AttentionNorm::Softmax;
    named([
        ("activation unit", lanes::activation_unit(softmax, x, query, weights, &windows)),
        ("dot attention", lanes::dot_attention(softmax, x, query, &packed)),
        ("auxiliary loss", inner_product(Loss::Paper, x, x, [x], get("project"), &packed)),
    ]);
}
