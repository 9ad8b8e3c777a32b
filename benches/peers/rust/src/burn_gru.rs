//! burn's GRU on its two CPU backends.

use burn::nn::gru::GruConfig;
use burn::tensor::{Device, Distribution, Tensor};

use crate::Shape;

/// The backends, by name.
#[expect(deprecated, reason = "ndarray's backend is the one most programs still use")]
pub fn devices() -> [(&'static str, Device); 2] {
    [("burn-ndarray", Device::ndarray()), ("burn-flex", Device::flex())]
}

/// What one pass does: all states, and with `train` the gradients of input and weights.
pub fn pass([batch, steps, width]: Shape, train: bool, device: Device) -> impl FnMut() {
    let device = if train { device.autodiff() } else { device };
    let cell = GruConfig::new(width, width, true).init(&device);
    let x = Tensor::<3>::random([batch, steps, width], Distribution::Normal(0.0, 1.0), &device);
    let x = if train { x.require_grad() } else { x };
    move || {
        let states = cell.forward(x.clone(), None);
        if train {
            states.sum().backward();
        }
    }
}
