//! Row-sparse steps in the mode `dense-exact` against plain Adam on the whole table.

use crate::common::*;
use dien_optim::{AdamConfig, CatchUpStats, Optimizer, Real, Schedule};
use dien_tensor::ParamKind;
use ndarray::ArrayD;
use proptest::prelude::*;
use rand::RngExt;

const WIDTH: usize = 5;

/// 2,000 steps on rows with gaps from 1 to 1,500 and ε/√v from 0 to about 1000.
fn follows_adam<T: Real>(config: &AdamConfig, tolerance: f64) -> CatchUpStats {
    let gaps = [1usize, 2, 3, 10, 37, 100, 250, 399, 410, 800, 1500];
    // √v is about 0.03 |g| after one touch.
    let sizes: Vec<f64> =
        [1e-6, 1e-3, 0.03, 0.3, 1.0, 10.0, 1e3].map(|ratio| 30.0 * config.eps / ratio).to_vec();
    let n = gaps.len() * sizes.len() + 1; // the last row is never touched
    let mut rng = rng(3);
    let start = uniform(&mut rng, &[n, WIDTH], 1.0);
    let mut literal = Literal::new(&start);
    let (mut params, mut adam) = single::<T>(ParamKind::Rows, &start, config);
    let id = only(&params);
    for s in 1..=2000 {
        let touched = |row: usize| row < n - 1 && (s + 13 * row).is_multiple_of(gaps[row / sizes.len()]);
        let ids: Vec<u32> = (0..n as u32).filter(|&row| touched(row as usize)).collect();
        let g: Vec<f64> = (0..n * WIDTH)
            .map(|i| rng.random_range(-1.0..1.0) * sizes[(i / WIDTH) % sizes.len()])
            .map(|g| T::of(g).f64())
            .enumerate()
            .map(|(i, g)| if touched(i / WIDTH) { g } else { 0.0 })
            .collect();
        // The forward pass reads some more rows than get a gradient, in any order and repeatedly.
        let mut read: Vec<u32> = ids.iter().rev().chain(&ids).copied().collect();
        read.push(rng.random_range(0..n as u32));
        adam.prepare(&mut params, &[(id, &read)]);
        if s % 97 == 0 {
            for &row in &read {
                let range = row as usize * WIDTH..(row as usize + 1) * WIDTH;
                let (found, expected) = (&params.data(id)[range.clone()], &literal.value[range]);
                let what = format_args!("row {row} as read in step {s}");
                assert_close(found, expected, Tolerance::OfLargest(10.0 * tolerance), what);
            }
        }
        let scale = clip(config, &g);
        literal.adam(config, s as i32, |i| scale * g[i]);
        step(&mut adam, &mut params, rows(&ids, WIDTH, &g)).unwrap();
    }
    adam.flush(&mut params);
    assert_close(params.data(id), &literal.value, Tolerance::OfLargest(tolerance), "value");
    let (m, v) = (moment(&adam, &params, "m"), moment(&adam, &params, "v"));
    for row in 0..n {
        // Moments differ in size from row to row; below 1e-30 f32 may round them to 0.
        let range = row * WIDTH..(row + 1) * WIDTH;
        for (found, expected) in [(&m, &literal.m), (&v, &literal.v)] {
            if expected[range.clone()].iter().any(|x| x.abs() > 1e-30) {
                let tolerance = Tolerance::OfLargest(100.0 * tolerance);
                let what = format_args!("moments of row {row}");
                assert_close(&found[range.clone()], &expected[range.clone()], tolerance, what);
            }
        }
    }
    adam.catch_up_stats()
}

fn configs() -> [AdamConfig; 5] {
    let schedule = Schedule::WarmupCosine { warmup: 100, total: 1800, floor: 0.0 };
    let halving = Schedule::StepDecay { factor: 0.5, period: 300 };
    [
        AdamConfig::default(),
        AdamConfig::default().with_lr(1e-2).with_eps(1e-15),
        AdamConfig::default().with_lr(1e-2).with_weight_decay(0.1).with_schedule(schedule),
        AdamConfig::default().with_schedule(halving).with_clip_norm(0.1).with_weight_decay(0.01),
        AdamConfig::default().with_betas([0.8, 0.99]).with_eps(1e-6),
    ]
}

#[test]
fn f64_follows_adam_on_the_whole_table() {
    for config in configs() {
        let stats = follows_adam::<f64>(&config, 1e-12);
        assert!(stats.looped * 4 < stats.rows, "{stats:?}");
    }
}

#[test]
fn f32_follows_adam_on_the_whole_table() {
    for config in configs() {
        // √v of a gradient that is as small is no f32.
        let eps = config.eps.max(1e-12);
        let stats = follows_adam::<f32>(&config.with_eps(eps), 1e-5);
        assert!(stats.looped * 20 < stats.rows, "{stats:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_pattern_of_touches(
        seed in any::<u64>(),
        density in 0.01f64..0.6,
        beta1 in 0.0f64..0.95,
        log_eps in -12.0f64..0.0,
        weight_decay in prop_oneof![Just(0.0), 0.0..2.0],
        jumps in prop::collection::vec(0usize..700, 0..4),
    ) {
        let config = AdamConfig::default()
            .with_lr(1e-2)
            .with_betas([beta1, 0.995])
            .with_eps(10f64.powf(log_eps))
            .with_weight_decay(weight_decay);
        let n = 12;
        let mut rng = rng(seed);
        let start = uniform(&mut rng, &[n, WIDTH], 1.0);
        let mut literal = Literal::new(&start);
        let (mut params, mut adam) = single::<f64>(ParamKind::Rows, &start, &config);
        let mut s = 0;
        for jump in jumps.into_iter().chain([0]) {
            for idle in (0..jump + 30).map(|i| i < jump) {
                s += 1;
                let ids: Vec<u32> = (0..n as u32).filter(|_| !idle && rng.random_bool(density)).collect();
                let g: Vec<f64> = (0..n * WIDTH)
                    .map(|i| match ids.contains(&((i / WIDTH) as u32)) {
                        true => rng.random_range(-1.0..1.0),
                        false => 0.0,
                    })
                    .collect();
                literal.adam(&config, s, |i| g[i]);
                // Now and then a gradient that is dense, rows that are read without a gradient, or an
                // evaluation.
                match rng.random_range(0..40) {
                    0 => {
                        let g = ArrayD::from_shape_vec(vec![n, WIDTH], g).unwrap();
                        step(&mut adam, &mut params, dense(&g))
                    }
                    1 => {
                        adam.flush(&mut params);
                        step(&mut adam, &mut params, rows(&ids, WIDTH, &g))
                    }
                    _ => step(&mut adam, &mut params, rows(&ids, WIDTH, &g)),
                }.unwrap();
            }
        }
        adam.flush(&mut params);
        let found = close(params.data(only(&params)), &literal.value, Tolerance::OfLargest(1e-10));
        prop_assert_eq!(found, Ok(()), "{:?}", adam.catch_up_stats());
    }
}
