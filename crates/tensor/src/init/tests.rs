//! What a builder adds.

use std::collections::HashMap;

use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};

use super::{Builder, Init};
use crate::{ParamId, ParamKind, ParamStore};

/// A table, two vectors, a weight in a scope and a buffer.
fn add(builder: &mut Builder<'_, f32>) -> [ParamId; 5] {
    [
        builder.table("item", 3, 2, 0.5),
        builder.vector("bias", 4, 0.25),
        builder.within("gru.", |b| b.weight("w", 3, 2, 9)),
        builder.vector_of("gate", 2, |i| i as f64),
        builder.buffer("mean", 2, 1.0),
    ]
}

/// What trained models began with: one stream, row-major, parameter after parameter, nothing drawn for row 0.
#[test]
fn one_stream_runs_through_all_parameters() {
    let mut params = ParamStore::<f32>::new();
    let mut builder = Builder::new(&mut params, 7);
    let ids = add(&mut builder);
    let empty = builder.table("none", 0, 2, 0.5);
    builder.finish().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let normal = Normal::new(0.0, 0.5).unwrap();
    let mut item = vec![0.0; 2];
    item.extend((0..4).map(|_| normal.sample(&mut rng) as f32));
    let third = 1.0 / 3.0;
    let w: Vec<f32> = (0..6).map(|_| rng.random_range(-third..third) as f32).collect();
    let expected = [&item[..], &[0.25; 4], &w, &[0.0, 1.0], &[1.0, 1.0]];
    assert_eq!(ids.map(|id| params.data(id)), expected);
    assert_eq!(ids.map(|id| params.name(id)), ["item", "bias", "gru.w", "gate", "mean"]);
    assert_eq!(
        [0, 1, 4].map(|i| params.kind(ids[i])),
        [ParamKind::Rows, ParamKind::Dense, ParamKind::Buffer]
    );
    assert_eq!(params.shape(empty), [0, 2]);
}

#[test]
fn a_stream_by_name_does_not_see_the_others() {
    let weights = |names: &[&str]| {
        let mut params = ParamStore::<f32>::new();
        let mut builder = Builder::by_name(&mut params, 7);
        let ids: Vec<_> = names.iter().map(|name| builder.add(name, &[2, 3], Init::HeNormal)).collect();
        ids.into_iter().map(|id| params.data(id).to_vec()).collect::<Vec<_>>()
    };
    let (alone, all) = (weights(&["w"]), weights(&["a", "b", "w"]));
    assert_eq!(alone[0], all[2]);
    assert!(all[0] != all[1] && all[1] != all[2]);
}

#[test]
fn stored_values_are_taken_and_missing_ones_named() {
    let mut drawn = ParamStore::<f32>::new();
    let ids = add(&mut Builder::new(&mut drawn, 7));
    let tensor = |id| (drawn.name(id).to_owned(), drawn.value(id).to_owned());
    let mut stored: HashMap<String, ArrayD<f32>> = drawn.ids().map(tensor).collect();
    let mut params = ParamStore::new();
    let mut builder = Builder::from_source(&mut params, &mut stored);
    assert_eq!(add(&mut builder), ids);
    builder.finish().unwrap();
    assert!(stored.is_empty());
    assert_eq!(ids.map(|id| params.data(id)), ids.map(|id| drawn.data(id)));

    let mut builder = Builder::from_source(&mut params, &mut stored);
    builder.within("more.", |b| b.vector("bias", 3, 0.0));
    let error = builder.finish().unwrap_err().to_string();
    assert_eq!(error, "parameter `more.bias`: expected shape [3], found no such parameter");
}

#[test]
fn parameters_that_are_there_are_found() {
    let mut params = ParamStore::<f32>::new();
    let ids = add(&mut Builder::new(&mut params, 7));
    let before = params.clone();
    let mut builder = Builder::over(&mut params);
    assert_eq!(add(&mut builder), ids);
    builder.finish().unwrap();
    assert_eq!(params.len(), before.len());
    assert_eq!(ids.map(|id| params.data(id)), ids.map(|id| before.data(id)));
    for (name, len, message) in [
        ("bias", 5, "parameter `bias`: expected shape [5], found shape [4]"),
        ("mean", 2, "parameter `mean`: expected a parameter of kind Dense, found Buffer"),
    ] {
        let mut builder = Builder::over(&mut params);
        builder.vector(name, len, 0.0);
        assert_eq!(builder.finish().unwrap_err().to_string(), message);
    }
}

#[test]
#[should_panic(expected = "Init: a fan-in needs two axes or more, found [3]")]
fn a_vector_has_no_fans() {
    Builder::new(&mut ParamStore::<f32>::new(), 1).add("bias", &[3], Init::XavierUniform);
}
