//! Metrics against scikit-learn's and trec_eval's.

use dien_model::metrics::{Metrics, Ranking};
use dien_tensor::check::assert_close;
use dien_tests::golden::Golden;

struct Rows {
    logits: Vec<f32>,
    labels: Vec<f32>,
    groups: Vec<u32>,
    weights: Vec<f32>,
}

impl Rows {
    fn of(golden: &Golden) -> Rows {
        let list = |name| golden.array::<f32>(name).into_raw_vec_and_offset().0;
        let [logits, labels, weights] = ["logits", "labels", "weights"].map(list);
        Rows { logits, labels, weights, groups: golden.ids("groups") }
    }
}

#[track_caller]
fn assert_near(golden: &Golden, name: &str, found: f64) {
    assert_close(&[found], &[golden.scalar(name)], 1e-12, name);
}

#[test]
fn auc_gauc_and_log_loss_are_those_of_scikit_learn() {
    let golden = Golden::load("metrics");
    let Rows { logits, labels, groups, weights } = Rows::of(&golden);
    let plain = Metrics::new(&logits, &labels, &groups);
    let weighted = Metrics::weighted(&logits, &labels, &groups, &weights);
    for (name, found) in [("plain", plain), ("weighted", weighted)] {
        assert_near(&golden, &format!("{name}.auc"), found.auc.unwrap());
        assert_near(&golden, &format!("{name}.gauc"), found.gauc.unwrap());
        assert_near(&golden, &format!("{name}.logloss"), found.logloss);
    }
}

#[test]
fn the_order_of_candidates_is_that_of_trec_eval() {
    let golden = Golden::load("metrics");
    let Rows { logits, labels, groups, .. } = Rows::of(&golden);
    let found = Ranking::new(&logits, &labels, &groups, golden.ids("k")[0] as usize).unwrap();
    assert_near(&golden, "ranking.hr", found.hit_rate);
    assert_near(&golden, "ranking.recall", found.recall);
    assert_near(&golden, "ranking.ndcg", found.ndcg);
    assert_near(&golden, "ranking.mrr", found.mrr);
}
