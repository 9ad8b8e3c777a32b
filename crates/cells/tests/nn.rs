//! Cells with their parameters: PyTorch's weights, and what the constructors refuse.

use std::sync::Arc;

use dien_cells::cell::CellKind;
use dien_cells::nn::{AttentionalGru, Gru, GruWeights};
use dien_cells::{Packed, lanes};
use dien_tensor::check::{assert_close, assert_gradients, mix};
use dien_tensor::init::Builder;
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape};
use ndarray::{Array1, Array2, Axis, concatenate};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const INPUTS: usize = 3;
const HIDDEN: usize = 5;

fn matrix(rng: &mut ChaCha8Rng, shape: (usize, usize)) -> Array2<f64> {
    Array2::from_shape_simple_fn(shape, || rng.random_range(-1.0..1.0))
}

/// `torch.nn.GRU`'s step as its documentation writes it: gates r, z, n, and h' = (1 − z) ∘ n + z ∘ h.
fn pytorch_step(
    [w_ih, w_hh]: [&Array2<f64>; 2],
    [b_ih, b_hh]: [&Array1<f64>; 2],
    x: &Array1<f64>,
    h: &Array1<f64>,
) -> Array1<f64> {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (from_x, from_h) = (w_ih.dot(x) + b_ih, w_hh.dot(h) + b_hh);
    Array1::from_shape_fn(HIDDEN, |i| {
        let r = sigmoid(from_x[i] + from_h[i]);
        let z = sigmoid(from_x[HIDDEN + i] + from_h[HIDDEN + i]);
        let n = (from_x[2 * HIDDEN + i] + r * from_h[2 * HIDDEN + i]).tanh();
        (1.0 - z) * n + z * h[i]
    })
}

#[test]
fn weights_of_pytorch_give_its_states() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let [w_ih, w_hh] = [INPUTS, HIDDEN].map(|width| matrix(&mut rng, (3 * HIDDEN, width)));
    let [b_ih, b_hh] = [(); 2].map(|()| matrix(&mut rng, (1, 3 * HIDDEN)).row(0).to_owned());
    let weights = GruWeights::from_pytorch(w_ih.view(), w_hh.view(), b_ih.view(), b_hh.view()).unwrap();
    let mut params = ParamStore::<f64>::new();
    let gru = Gru::with_weights(&mut params, "gru", weights);

    let lengths = [4, 0, 1, 6];
    let x = matrix(&mut rng, (11, INPUTS));
    let mut expected = Vec::new();
    let mut events = x.rows().into_iter();
    for length in lengths {
        let mut h = Array1::zeros(HIDDEN);
        for x in events.by_ref().take(length as usize) {
            h = pytorch_step([&w_ih, &w_hh], [&b_ih, &b_hh], &x.to_owned(), &h);
        }
        expected.push(h.insert_axis(Axis(0)));
    }
    let expected = concatenate(Axis(0), &expected.iter().map(|h| h.view()).collect::<Vec<_>>()).unwrap();

    let (pool, packed) = (Pool::new(), Arc::new(Packed::from_lengths(&lengths)));
    let tape = Tape::new(&params, &pool, Mode::Eval);
    let x = lanes::events_to_lanes(tape.constant(x.into_dyn()), &packed);
    let found = lanes::lanes_to_sequences(gru.last(x, &packed), &packed);
    assert_eq!(found.shape(), expected.shape());
    assert_close(found.data(), expected.as_slice().unwrap(), 1e-14, "PyTorch's states");
}

#[test]
fn shapes_of_another_layer_are_refused() {
    let [matrix, square] = [(15, 3), (15, 5)].map(Array2::<f32>::zeros);
    let [bias, short] = [15, 14].map(Array1::<f32>::zeros);
    let message = |w: &Array2<f32>, u: &Array2<f32>, b: &Array1<f32>| {
        let made = GruWeights::from_pytorch(w.view(), u.view(), b.view(), bias.view());
        made.expect_err("other shapes").to_string()
    };
    assert_eq!(message(&matrix, &matrix, &bias), "PyTorch's weight_hh is [15, 3], expected [9, 3]");
    assert_eq!(
        message(&Array2::zeros((9, 3)), &square, &bias),
        "PyTorch's weight_ih is [9, 3], expected [15, 3]"
    );
    assert_eq!(message(&matrix, &square, &short), "PyTorch's bias_ih is [14], expected [15]");
}

#[test]
fn gradients_reach_every_parameter() {
    let packed = Arc::new(Packed::from_lengths(&[2, 3, 0]));
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut params = ParamStore::<f64>::new();
    let x = params.add("x", ParamKind::Dense, matrix(&mut rng, (5, INPUTS)).into_dyn());
    let a = params.add("a", ParamKind::Dense, matrix(&mut rng, (5, 1)).mapv(f64::abs).into_dyn());
    let mut builder = Builder::new(&mut params, 1);
    let gru = Gru::new(&mut builder, "gru", INPUTS, 2);
    let augru = AttentionalGru::new(&mut builder, "augru", CellKind::Augru, 2, 2);
    assert_gradients(&params, |tape| {
        let [x, a] = [x, a].map(|id| lanes::events_to_lanes(tape.param(id), &packed));
        mix(lanes::lanes_to_sequences(augru.last(gru.forward(x, &packed), a, &packed), &packed))
    });
    let names: Vec<&str> = params.ids().map(|id| params.name(id)).skip(2).collect();
    let of = |cell: &str| ["w", "u", "b", "b_hc"].map(|part| format!("{cell}.{part}"));
    assert_eq!(names, [of("gru"), of("augru")].concat());
}

#[test]
#[should_panic(expected = "AttentionalGru: gru takes no attention; use nn::Gru")]
fn a_gru_takes_no_attention() {
    let mut params = ParamStore::<f32>::new();
    AttentionalGru::new(&mut Builder::new(&mut params, 1), "gru", CellKind::Gru, 2, 2);
}
