//! A model is built from stored parameters without drawing any, and says which one is missing.

use std::collections::HashMap;

use crate::common::features;
use dien_cells::Real;
use dien_model::{BuildError, ModelConfig, ModelKind, build, build_from, build_over};
use dien_tensor::ParamStore;
use ndarray::ArrayD;

fn config(kind: ModelKind) -> ModelConfig {
    let mut config = ModelConfig::new(kind).with_hidden(5).with_head_layers([7]);
    // A bias that a constructor which forgot the source would write over the stored one.
    config.init.update_bias = -1.5;
    config
}

/// Parameters whose every number is one that no initial value has.
fn stored<T: Real>(kind: ModelKind) -> ParamStore<T> {
    let mut params = ParamStore::<T>::new();
    build(&config(kind), &features(), &mut params, 3).unwrap();
    for id in params.ids() {
        params.data_mut(id).iter_mut().enumerate().for_each(|(i, x)| *x = T::of(2.0 + i as f64));
    }
    params
}

fn tensors(params: &ParamStore<f32>) -> HashMap<String, ArrayD<f32>> {
    params.ids().map(|id| (params.name(id).to_owned(), params.value(id).to_owned())).collect()
}

#[test]
fn every_value_is_the_sources() {
    for &kind in ModelKind::ALL {
        let expected = stored::<f32>(kind);
        let mut source = tensors(&expected);
        let places: HashMap<String, *const f32> =
            source.iter().map(|(name, value)| (name.clone(), value.as_ptr())).collect();
        let mut params = ParamStore::new();
        build_from(&config(kind), &features(), &mut params, &mut source).unwrap();
        assert!(source.is_empty(), "{kind:?}: {:?}", source.keys());
        assert_eq!(params.len(), expected.len());
        for (id, same) in params.ids().zip(expected.ids()) {
            let name = params.name(id);
            assert_eq!((name, params.kind(id)), (expected.name(same), expected.kind(same)), "{kind:?}");
            assert_eq!(params.value(id), expected.value(same), "{kind:?}: {name}");
            assert_eq!(params.data(id).as_ptr(), places[name], "{kind:?}: {name} was copied");
        }
    }
}

#[test]
fn parameters_in_place_stay_as_they_are() {
    for &kind in ModelKind::ALL {
        let expected = stored::<f64>(kind);
        let mut params = expected.clone();
        build_over(&config(kind), &features(), &mut params).unwrap();
        assert_eq!(params.len(), expected.len(), "{kind:?}");
        assert!(params.ids().all(|id| params.value(id) == expected.value(id)), "{kind:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let kind = ModelKind::Dien;
    let from = |source: &mut HashMap<String, ArrayD<f32>>| {
        build_from(&config(kind), &features(), &mut ParamStore::new(), source).err().unwrap()
    };
    let mut source = tensors(&stored(kind));
    source.remove("extractor.gru.u");
    let error = from(&mut source);
    assert!(matches!(error, BuildError::Param(_)));
    let expected = "parameter `extractor.gru.u`: expected shape [15, 5], found no such parameter";
    assert_eq!(error.to_string(), expected);

    let mut source = tensors(&stored(kind));
    source.insert("head.0.bias".into(), ArrayD::zeros(vec![8]));
    let expected = "parameter `head.0.bias`: expected shape [7], found shape [8]";
    assert_eq!(from(&mut source).to_string(), expected);

    let mut base = stored::<f32>(ModelKind::Base);
    let error = build_over(&config(kind), &features(), &mut base).err().unwrap();
    assert!(error.to_string().starts_with("parameter `extractor.gru.w`: expected shape"), "{error}");
}
