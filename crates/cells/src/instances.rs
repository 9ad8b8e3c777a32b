//! The heaviest ops for `f32` and `f64`, compiled with this crate.
//!
//! A generic kernel is compiled, once for every level of instructions, where it is used. Named here, it is compiled here, and
//! an unoptimised build shares it with all crates and tests downstream, each of which would else spend a minute on its own.

use std::sync::Arc;

use dien_tensor::Var;

use crate::Packed;
use crate::cell::{Output, Run, cell};
use crate::lanes::auxiliary::{self, Loss};
use crate::lanes::{Activation, Norm, UnitWeights, Windows, activation_unit, dot_attention, linear};

type Cell<T> = for<'t> fn(Run<'t, T>, Output, &Arc<Packed>) -> Var<'t, T>;
#[used]
static CELLS: (Cell<f32>, Cell<f64>) = (cell, cell);

type Unit<T> = for<'t> fn(Norm, Var<'t, T>, Var<'t, T>, UnitWeights<'t, T>, &Arc<Windows>) -> Var<'t, T>;
#[used]
static UNITS: (Unit<f32>, Unit<f64>) = (activation_unit, activation_unit);

type Dot<T> = for<'t> fn(Norm, Var<'t, T>, Var<'t, T>, &Arc<Packed>) -> Var<'t, T>;
#[used]
static DOTS: (Dot<f32>, Dot<f64>) = (dot_attention, dot_attention);

type Linear<T> =
    for<'t> fn(Var<'t, T>, Var<'t, T>, Option<Var<'t, T>>, Activation, &Arc<Packed>) -> Var<'t, T>;
#[used]
static LINEARS: (Linear<f32>, Linear<f64>) = (linear, linear);

type Mlp<T> = for<'t> fn(
    Loss,
    Var<'t, T>,
    Var<'t, T>,
    Vec<Var<'t, T>>,
    [(Var<'t, T>, Var<'t, T>); 3],
    &Arc<Packed>,
) -> Var<'t, T>;
#[used]
static MLPS: (Mlp<f32>, Mlp<f64>) = (
    |loss, h, e, n, l, packed| auxiliary::mlp(loss, h, e, n, l, packed),
    |loss, h, e, n, l, packed| auxiliary::mlp(loss, h, e, n, l, packed),
);

type InnerProduct<T> =
    for<'t> fn(Loss, Var<'t, T>, Var<'t, T>, Vec<Var<'t, T>>, Var<'t, T>, &Arc<Packed>) -> Var<'t, T>;
#[used]
static INNER_PRODUCTS: (InnerProduct<f32>, InnerProduct<f64>) = (
    |loss, h, e, n, p, packed| auxiliary::inner_product(loss, h, e, n, p, packed),
    |loss, h, e, n, p, packed| auxiliary::inner_product(loss, h, e, n, p, packed),
);
