//! candle's GRU on its CPU device.

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::rnn::{GRUConfig, RNN, gru};
use candle_nn::{VarBuilder, VarMap};

use crate::Shape;

/// What one pass does: all states, and with `train` the gradients of input and weights.
pub fn pass([batch, steps, width]: Shape, train: bool) -> Result<impl FnMut()> {
    let variables = VarMap::new();
    let builder = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
    let cell = gru(width, width, GRUConfig::default(), builder.clone())?;
    let x = Var::randn(0f32, 1f32, (batch, steps, width), &Device::Cpu)?;
    // Without gradients candle still records the graph where an input is a variable.
    let frozen = VarBuilder::from_tensors(detached(&variables), DType::F32, &Device::Cpu);
    let inference = gru(width, width, GRUConfig::default(), frozen)?;
    let input = x.as_detached_tensor();
    Ok(move || {
        if train {
            let states = cell.seq(&x).expect("shapes agree");
            let all = cell.states_to_tensor(&states).expect("shapes agree");
            all.sum_all().and_then(|sum| sum.backward()).expect("gradients");
        } else {
            inference.seq(&input).expect("shapes agree");
        }
    })
}

fn detached(variables: &VarMap) -> std::collections::HashMap<String, Tensor> {
    let variables = variables.data().lock().expect("no panic while held");
    variables.iter().map(|(name, v)| (name.clone(), v.as_detached_tensor())).collect()
}
