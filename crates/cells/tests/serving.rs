//! The serving kernels against the equations, at every level of the machine.

use dien_cells::LANES;
use dien_cells::Real;
use dien_cells::cell::CellKind;
use dien_cells::cell::reference::{self, Weights};
use dien_cells::serving::{ActivationUnit, Cell, Tiles, add_product, dots, padded, softmax};
use dien_kernels::simd::Level;
use dien_tensor::check::{assert_close, at_level};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

fn numbers(n: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn cast<T: Real>(x: &[f64]) -> Vec<T> {
    x.iter().map(|&x| T::of(x)).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// One sequence by units, and candidates in lanes, against the equations.
fn check_cell<T: Real>(kind: CellKind, (inputs, hidden, steps): (usize, usize, usize), tolerance: f64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(hidden as u64);
    let n = hidden;
    let bound = 1.0 / (n as f64).sqrt();
    let mut draw = |len| numbers(len, rng).iter().map(|x| x * bound).collect::<Vec<f64>>();
    let (w, u, b, b_hc) = (draw(3 * n * inputs), draw(3 * n * n), draw(3 * n), draw(n));
    let x = numbers(steps * inputs, rng);
    let scores: Vec<Vec<f64>> =
        (0..11).map(|i| if i == 0 { vec![1.0; steps] } else { numbers(steps, rng) }).collect();
    let scores: Vec<Vec<f64>> = scores.iter().map(|a| a.iter().map(|a| a.abs()).collect()).collect();
    let weights = Weights { w: &w, u: &u, b: &b, b_hc: &b_hc };
    let what = format!("{kind:?}, hidden {n}, {} at {:?}", T::NAME, Level::current());

    let [w, u, b, b_hc] = [&w, &u, &b, &b_hc].map(|x| cast::<T>(x));
    let cell = Cell::new(kind, Weights { w: &w, u: &u, b: &b, b_hc: &b_hc });
    let (stride, x_stride) = (padded(n), inputs + 3);
    let rows: Vec<T> =
        x.chunks_exact(inputs).flat_map(|x| cast::<T>(&[x, &[f64::NAN; 3]].concat())).collect();
    let mut gates = vec![T::nan(); steps * cell.gate_width()];
    cell.gates(&rows, x_stride, &mut gates);

    let mut lanes = vec![T::zero(); n * LANES];
    let mut a_lanes = vec![T::nan(); steps * LANES];
    for (lane, a) in scores.iter().enumerate() {
        a.iter().enumerate().for_each(|(t, &a)| a_lanes[t * LANES + lane] = T::of(a));
    }
    let mut scratch = vec![T::nan(); cell.lanes_scratch().max(cell.steps_scratch())];
    // In two parts, as a ring has them.
    let half = steps / 2;
    let (first, second) = gates.split_at(half * cell.gate_width());
    let (a_first, a_second) = a_lanes.split_at(half * LANES);
    cell.lanes(first, Some(a_first), &mut lanes, 16, &mut scratch);
    cell.lanes(second, Some(a_second), &mut lanes, 16, &mut scratch);

    for (lane, a) in scores.iter().enumerate() {
        let expected = reference::states(kind, weights, &x, a, &vec![0.0; n]);
        let mut h = vec![T::zero(); stride];
        let mut states = vec![T::nan(); steps * stride];
        cell.steps(&gates, Some(&cast(a)), &mut h, Some(&mut states), &mut scratch);
        let found: Vec<T> = states.chunks_exact(stride).flat_map(|state| state[..n].to_vec()).collect();
        assert_close(&found, &expected.concat(), tolerance, &what);
        for i in 0..n {
            assert!(lanes[i * LANES + lane] == h[i], "{what}: lanes have other bits than units");
        }
    }
}

#[test]
fn every_level_agrees_with_the_equations() {
    Level::available::<f32>().for_each(|level| at_level(level, agrees_with_the_equations));
}

fn agrees_with_the_equations() {
    for kind in CellKind::ALL {
        for shape in [(1, 1, 3), (4, 6, 1), (7, 13, 9), (36, 36, 20), (10, 41, 6)] {
            check_cell::<f32>(kind, shape, 3e-6);
            check_cell::<f64>(kind, shape, 1e-12);
        }
    }
    check_cell::<f32>(CellKind::Augru, (64, 64, 5), 3e-6);
    check_cell::<f32>(CellKind::Gru, (128, 128, 5), 5e-6);
    for widths in [[1, 1, 1], [5, 8, 3], [36, 80, 40], [7, 11, 13]] {
        check_unit::<f32>(widths, 5e-6);
        check_unit::<f64>(widths, 1e-12);
    }
    check_product::<f32>(1e-5);
    check_product::<f64>(1e-13);
}

fn check_unit<T: Real>([n, first, second]: [usize; 3], tolerance: f64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(first as u64);
    let bound = 1.0 / (first as f64).sqrt();
    let mut draw = |len| numbers(len, rng).iter().map(|x| x * bound).collect::<Vec<f64>>();
    let (pair, layer, bias, score) = (draw(first * n), draw(second * first), draw(second), draw(second));
    let (query, part) = (numbers(n, rng), numbers(first, rng));
    let events = 45;
    let (keys, parts) = (numbers(events * n, rng), numbers(events * first, rng));
    let unit = ActivationUnit::<T>::new(n, &cast(&pair), &cast(&layer), &cast(&bias), &cast(&score));
    let lanes = |rows: &[f64], width: usize| {
        let mut lanes = vec![T::nan(); 2 * width * LANES];
        for (i, row) in rows.chunks_exact(width).enumerate() {
            for (f, &x) in row.iter().enumerate() {
                lanes[(i / LANES * width + f) * LANES + i % LANES] = T::of(x);
            }
        }
        lanes
    };
    let (key_lanes, part_lanes) = (lanes(&keys, n), lanes(&parts, first));
    let mut scores = vec![T::zero(); 2 * LANES];
    let mut scratch = vec![T::nan(); unit.scratch()];
    let (q, p) = (cast::<T>(&query), cast::<T>(&part));
    unit.scores(&key_lanes, &part_lanes, &q, &p, &mut scores, events, &mut scratch);
    let mut bilinear = vec![T::zero(); 2 * LANES];
    dots(&key_lanes, &q, &mut bilinear);
    let mut softmaxed = scores[..events].to_vec();
    softmax(&mut softmaxed);
    let mut gated = scores[..events].to_vec();
    dien_cells::serving::sigmoid(&mut gated);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let expected: Vec<f64> = (keys.chunks_exact(n).zip(parts.chunks_exact(first)))
        .map(|(key, own)| {
            let both: Vec<f64> = key.iter().zip(&query).map(|(k, q)| k * q).collect();
            let one: Vec<f64> =
                (0..first).map(|i| sigmoid(own[i] + part[i] + dot(&pair[i * n..][..n], &both))).collect();
            (0..second).map(|i| score[i] * sigmoid(bias[i] + dot(&layer[i * first..][..first], &one))).sum()
        })
        .collect();
    let total: f64 = expected.iter().map(|x| x.exp()).sum();
    let of_all = |f: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
        expected.iter().enumerate().map(|(i, &e)| f(i, e)).collect()
    };
    assert_close(&scores[..events], &expected, tolerance, "activation unit");
    assert_close(&softmaxed, &of_all(&|_, e| e.exp() / total), tolerance, "softmax");
    assert_close(&gated, &of_all(&|_, e| sigmoid(e)), tolerance, "sigmoid");
    let products = of_all(&|i, _| dot(&keys[i * n..][..n], &query));
    assert_close(&bilinear[..events], &products, tolerance, "bilinear");
}

fn check_product<T: Real>(tolerance: f64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(5);
    for (rows, inputs) in [(1, 1), (7, 5), (10, 3), (12, 4), (13, 36), (3, 0)] {
        let (w, x) = (numbers(rows * inputs, rng), numbers(inputs * LANES, rng));
        let mut tiles = Tiles::<T>::new(&cast(&w), inputs);
        let (other, scale) = (numbers(rows * inputs, rng), numbers(inputs, rng));
        tiles.add_scaled(&Tiles::new(&cast(&other), inputs), &cast(&scale));
        let w: Vec<f64> =
            w.iter().zip(&other).enumerate().map(|(at, (w, v))| w + v * scale[at % inputs]).collect();
        for width in [8, 16, 24, 32] {
            let mut y = vec![T::of(0.5); rows * LANES];
            add_product(&tiles, &cast(&x), &mut y, width);
            let expected = |at: usize| {
                let (row, lane) = (&w[at / LANES * inputs..][..inputs], at % LANES);
                let sum: f64 = row.iter().enumerate().map(|(p, w)| w * x[p * LANES + lane]).sum();
                if lane < width { 0.5 + sum } else { 0.5 }
            };
            let expected: Vec<f64> = (0..y.len()).map(expected).collect();
            assert_close(&y, &expected, tolerance * 20.0, "product");
        }
    }
}

/// Weights may be packed before a level is forced, or by a part of a program that runs at another.
#[test]
fn what_one_level_packs_another_multiplies() {
    let rng = &mut ChaCha8Rng::seed_from_u64(6);
    for (rows, inputs) in [(7, 5), (12, 4), (13, 36)] {
        let (w, x) = (numbers(rows * inputs, rng), numbers(inputs * LANES, rng));
        let sum = |at: usize| {
            let row = w[at / LANES * inputs..][..inputs].iter().enumerate();
            0.5 + row.map(|(p, w)| w * x[p * LANES + at % LANES]).sum::<f64>()
        };
        let expected: Vec<f64> = (0..rows * LANES).map(sum).collect();
        for packed in Level::available::<f32>() {
            let tiles = at_level(packed, || Tiles::<f32>::new(&cast(&w), inputs));
            for level in Level::available::<f32>() {
                let mut y = vec![0.5; rows * LANES];
                at_level(level, || add_product(&tiles, &cast(&x), &mut y, LANES));
                assert_close(&y, &expected, 1e-5, format_args!("packed at {packed:?}, run at {level:?}"));
            }
        }
    }
}
