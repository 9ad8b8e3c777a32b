//! Attention of several targets over windows of their histories against PyTorch: weights and every gradient.

use std::sync::Arc;

use dien_cells::Packed;
use dien_cells::Real;
use dien_cells::lanes::{self, Windows};
use dien_model::ModelConfig;
use dien_model::config::{AttentionKind, AttentionNorm};
use dien_model::init::Builder;
use dien_model::parts::Attention;
use dien_tensor::{Mode, Pool, Tape};
use dien_tests::golden::Golden;
use dien_tests::project::project;

fn check<T: Real>(file: &str, attention: AttentionKind, attention_norm: AttentionNorm) {
    let golden = Golden::load(file);
    let mut params = golden.params::<T>(&["keys", "candidates"]);
    let [keys, candidates] = ["keys", "candidates"].map(|name| params.id(name).expect("just added"));
    let hidden = params.shape(keys)[1];
    let event_width = params.shape(candidates)[1];
    let attention = Some(attention);
    let config = ModelConfig::default()
        .with_hidden(hidden)
        .with_attention(attention)
        .with_attention_norm(attention_norm)
        .with_attention_layers([8, 4]);
    let attention = Attention::new(&mut Builder::new(&mut params, 0), &config, config.hidden, event_width);
    golden.fill(&mut params, "", "attention.");

    let histories = Arc::new(Packed::from_offsets(&golden.ids("offsets")));
    let [history, start, end] = ["history", "start", "end"].map(|name| golden.ids(name));
    let windows = Arc::new(Windows::new(&histories, &history, &start, &end));
    let targets = windows.targets();
    let tape = Tape::new(&params, &Pool::new(), Mode::EvalWithGrad);
    let interests = lanes::events_to_lanes(tape.param(keys), &histories);
    let weights = attention.forward(&tape, interests, tape.param(candidates), &windows);
    let lengths = targets.lengths().iter().enumerate();
    let events = lengths.flat_map(|(target, &n)| (0..n as usize).map(move |t| Some((target, t))));
    let weights = lanes::select_events(weights, events, targets);
    golden.check("weights", weights.view());
    let loss = golden.array::<T>("loss_weights");
    let loss = loss.into_shape_with_order(weights.shape()).expect("a weight for each event");
    golden.check_grads(&params, &tape.backward(project(&[(weights, loss)])));
}

#[test]
fn activation_unit() {
    check::<f64>("attention_unit", AttentionKind::Unit, AttentionNorm::Softmax);
    check::<f32>("attention_unit", AttentionKind::Unit, AttentionNorm::Softmax);
}

#[test]
fn bilinear() {
    check::<f64>("attention_bilinear", AttentionKind::Bilinear, AttentionNorm::Softmax);
    check::<f32>("attention_bilinear", AttentionKind::Bilinear, AttentionNorm::Softmax);
}

#[test]
fn sigmoid_norm() {
    check::<f64>("attention_sigmoid", AttentionKind::Bilinear, AttentionNorm::Sigmoid);
    check::<f32>("attention_sigmoid", AttentionKind::Bilinear, AttentionNorm::Sigmoid);
}
