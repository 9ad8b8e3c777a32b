//! A trace tells what the forward pass did.

use crate::common::{batch, features, features_in_sequences};
use dien_model::{CellKind, ModelConfig, ModelKind, build};
use dien_tensor::{Mode, ParamStore, Pool, Tape};

fn config(kind: ModelKind, cell: CellKind) -> ModelConfig {
    ModelConfig::new(kind).with_cell(cell).with_hidden(5).with_attention_layers([6, 4]).with_head_layers([7])
}

#[test]
fn logits_are_the_forward_pass_and_every_event_has_its_numbers() {
    for cell in CellKind::ALL {
        for features in [features(), features_in_sequences()] {
            let mut params = ParamStore::<f64>::new();
            let model = build(&config(ModelKind::Dien, cell), &features, &mut params, 3).unwrap();
            let batch = batch(&features, &[6, 0, 3], 2, 5);
            let pool = Pool::new();
            let tape = Tape::new(&params, &pool, Mode::Eval);
            let traces = model.trace(&tape, &batch).unwrap();
            let logits = model.forward(&tape, &batch).logits;
            assert_eq!(traces.iter().map(|t| t.logit).collect::<Vec<_>>(), logits.data());
            for (target, trace) in traces.iter().enumerate() {
                assert_eq!(trace.sequences.len(), 1 + features.extra_sequences.len());
                for (attended, sequence) in trace.sequences.iter().zip(batch.sequences()) {
                    let n = (sequence.end[target] - sequence.start[target]) as usize;
                    let evolution = attended.evolution.as_ref().unwrap();
                    assert_eq!((evolution.update.len(), evolution.states.len()), (n, n));
                    assert!(
                        evolution.update.iter().all(|w| (0.0..=1.0).contains(w)),
                        "{:?}",
                        evolution.update
                    );
                    assert_eq!(attended.attention.is_some(), cell.takes_attention());
                    let Some(attention) = &attended.attention else { continue };
                    assert_eq!(attention.len(), n);
                    assert!(n == 0 || (attention.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                    if cell == CellKind::Agru {
                        let near =
                            attention.iter().zip(&evolution.update).all(|(a, w)| (a - w).abs() < 1e-15);
                        assert!(near, "the score is the gate");
                    }
                }
            }
        }
    }
}

#[test]
fn others_tell_what_they_have() {
    for &kind in ModelKind::ALL {
        let features = features_in_sequences();
        let mut params = ParamStore::<f64>::new();
        let model = build(&config(kind, CellKind::Augru), &features, &mut params, 3).unwrap();
        let batch = batch(&features, &[4, 1, 3], 2, 5);
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let traces = model.trace(&tape, &batch);
        let (attends, evolves) = match kind {
            ModelKind::Din | ModelKind::GruAttention => (true, false),
            _ => (config(kind, CellKind::Augru).evolves(), config(kind, CellKind::Augru).evolves()),
        };
        assert_eq!(traces.is_some(), attends, "{kind:?}");
        let Some(traces) = traces else { continue };
        assert_eq!(
            traces.iter().map(|t| t.logit).collect::<Vec<_>>(),
            model.forward(&tape, &batch).logits.data()
        );
        for attended in traces.iter().flat_map(|t| &t.sequences) {
            assert_eq!(
                (attended.attention.is_some(), attended.evolution.is_some()),
                (true, evolves),
                "{kind:?}"
            );
        }
    }
}
