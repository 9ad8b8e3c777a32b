//! The lists and boxes of tapes that are gone, for those to come.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;

use ndarray::ArrayD;

use crate::arena::Arena;
use crate::tape::Node;
use crate::{Backward, Grad, ParamId, Real};

/// What a [`Pool`](crate::Pool) keeps of tapes, gradients and updates: lists, all empty.
pub(crate) struct TapeCache<T: Real> {
    pub tapes: Vec<TapeStorage<T>>,
    pub grads: Vec<GradLists<T>>,
    pub updates: Vec<Vec<(ParamId, ArrayD<T>)>>,
}

/// The lists of a tape.
pub(crate) struct TapeStorage<T: Real> {
    pub nodes: Arena<Node<T>>,
    pub edges: Vec<u32>,
    pub param_nodes: Vec<Option<usize>>,
    pub slots: Vec<Option<Grad<T>>>,
    pub boxes: OpBoxes<T>,
}

/// The lists of a [`Grads`](crate::Grads).
pub(crate) struct GradLists<T> {
    pub params: Vec<Option<Grad<T>>>,
    pub leaves: Vec<(usize, ArrayD<T>)>,
}

impl<T: Real> Default for TapeCache<T> {
    fn default() -> Self {
        TapeCache { tapes: Vec::new(), grads: Vec::new(), updates: Vec::new() }
    }
}

impl<T: Real> Default for TapeStorage<T> {
    fn default() -> Self {
        TapeStorage {
            nodes: Arena::new(),
            edges: Vec::new(),
            param_nodes: Vec::new(),
            slots: Vec::new(),
            boxes: OpBoxes::default(),
        }
    }
}

impl<T> Default for GradLists<T> {
    fn default() -> Self {
        GradLists { params: Vec::new(), leaves: Vec::new() }
    }
}

impl<T: Real> fmt::Debug for TapeCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TapeCache").field("tapes", &self.tapes.len()).finish_non_exhaustive()
    }
}

/// An op in a box that outlives it.
pub(crate) trait OpBox<T: Real>: Send {
    /// The op.
    fn op(&self) -> &dyn Backward<T>;
    /// Drops the op.
    fn clear(&mut self);
    fn as_any(&mut self) -> &mut dyn Any;
    /// Which ops fit.
    fn kind(&self) -> TypeId;
}

struct Holder<O>(Option<O>);

impl<T: Real, O: Backward<T> + 'static> OpBox<T> for Holder<O> {
    fn op(&self) -> &dyn Backward<T> {
        self.0.as_ref().expect("a node's box holds its op")
    }
    fn clear(&mut self) {
        self.0 = None;
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
    fn kind(&self) -> TypeId {
        TypeId::of::<O>()
    }
}

/// Empty boxes, by what fits into them.
pub(crate) struct OpBoxes<T: Real>(HashMap<TypeId, Vec<Box<dyn OpBox<T>>>>);

impl<T: Real> Default for OpBoxes<T> {
    fn default() -> Self {
        OpBoxes(HashMap::new())
    }
}

impl<T: Real> OpBoxes<T> {
    /// `op` in an empty box, or else in a new one.
    pub fn fill<O: Backward<T> + 'static>(&mut self, op: O) -> Box<dyn OpBox<T>> {
        let Some(mut spare) = self.0.get_mut(&TypeId::of::<O>()).and_then(Vec::pop) else {
            return Box::new(Holder(Some(op)));
        };
        let holder = spare.as_any().downcast_mut::<Holder<O>>().expect("kept by type");
        holder.0 = Some(op);
        spare
    }

    /// Drops the op and keeps its box.
    pub fn empty(&mut self, mut filled: Box<dyn OpBox<T>>) {
        filled.clear();
        self.0.entry(filled.kind()).or_default().push(filled);
    }
}
