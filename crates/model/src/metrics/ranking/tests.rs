use dien_tensor::check::assert_close;

use super::*;

/// The four figures of one group in a given order, literally.
fn literally(labels: &[f32], k: usize) -> [f64; 4] {
    let clicks: Vec<usize> = (0..labels.len()).filter(|&rank| labels[rank] > 0.5).collect();
    let top: Vec<usize> = clicks.iter().copied().filter(|&rank| rank < k).collect();
    let gain = |rank: &usize| 1.0 / (*rank as f64 + 2.0).log2();
    let best: f64 = (0..clicks.len().min(k)).map(|rank| gain(&rank)).sum();
    [
        f64::from(!top.is_empty()),
        top.len() as f64 / clicks.len() as f64,
        top.iter().map(gain).sum::<f64>() / best,
        top.first().map_or(0.0, |&rank| 1.0 / (rank as f64 + 1.0)),
    ]
}

fn figures(found: Ranking) -> [f64; 4] {
    [found.hit_rate, found.recall, found.ndcg, found.mrr]
}

#[track_caller]
fn assert_near(found: [f64; 4], expected: [f64; 4], case: &str) {
    assert_close(&found, &expected, 1e-12, case);
}

/// Every order of the numbers below `n`.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for i in 0..n {
        let with = |order: &Vec<usize>| -> Vec<Vec<usize>> {
            let insert = |at| {
                let mut order = order.clone();
                order.insert(at, i);
                order
            };
            (0..=order.len()).map(insert).collect()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

#[test]
fn ties_are_the_mean_of_all_their_orders() {
    for scores in [[1.0; 6], [2.0, 2.0, 1.0, 1.0, 1.0, 0.0], [3.0, 2.0, 2.0, 2.0, 2.0, 1.0]] {
        for clicks in 1u32..64 {
            let labels: [f32; 6] = std::array::from_fn(|i| (clicks >> i & 1) as f32);
            for k in 1..8 {
                let (mut sum, mut n) = ([0.0; 4], 0.0);
                for order in orders(6) {
                    if order.is_sorted_by(|&a, &b| scores[a] >= scores[b]) {
                        let here = literally(&order.iter().map(|&i| labels[i]).collect::<Vec<_>>(), k);
                        sum.iter_mut().zip(here).for_each(|(sum, x)| *sum += x);
                        n += 1.0;
                    }
                }
                let found = Ranking::new(&scores, &labels, &[4; 6], k).unwrap();
                let case = format!("scores {scores:?}, labels {labels:?}, k {k}");
                assert_near(figures(found), sum.map(|x| x / n), &case);
            }
        }
    }
}

#[test]
fn groups_count_alike_and_those_without_a_click_not_at_all() {
    // Groups in pieces, rows in no order.
    let groups = [2, 1, 2, 1, 3, 1, 3];
    let scores = [0.9, 0.2, 0.1, 0.8, 0.7, 0.5, 0.6];
    let labels = [0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    let found = Ranking::new(&scores, &labels, &groups, 2).unwrap();
    let [a, b] = [literally(&[0.0, 0.0, 1.0], 2), literally(&[0.0, 1.0], 2)];
    assert_near(figures(found), std::array::from_fn(|i| (a[i] + b[i]) / 2.0), "two groups");
    assert_eq!((found.groups, found.candidates, found.k), (2, 2.5, 2));
    assert_eq!(Ranking::new(&[1.0], &[0.0], &[1], 1), None);
    assert_eq!(Ranking::new(&[], &[], &[], 1), None);
}

#[test]
fn rows_of_weight_0_are_left_out() {
    let (scores, labels) = ([3.0, 2.0, 1.0], [0.0, 1.0, 0.0]);
    let found = Ranking::of_weighted(&scores, &labels, &[1; 3], &[0.0, 2.0, 1.0], 1).unwrap();
    assert_eq!((found.hit_rate, found.candidates), (1.0, 2.0));
}

#[test]
#[should_panic = "ranking: a score that is no number"]
fn nan_is_no_score() {
    let _ = Ranking::new(&[1.0, f32::NAN], &[1.0, 0.0], &[1, 1], 1);
}
