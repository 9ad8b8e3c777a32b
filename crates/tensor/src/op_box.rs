//! Ops in boxes that outlive them.

use std::any::{Any, TypeId};
use std::collections::HashMap;

use crate::{Backward, Real};

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
