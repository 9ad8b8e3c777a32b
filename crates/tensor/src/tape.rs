//! The tape: values in the order in which they were computed, and the backward pass.

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};

use ndarray::{ArrayD, ArrayViewD};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::arena::Arena;
use crate::backward::{Backward, OpGrads};
use crate::graph::{Graph, GraphNode};
use crate::recycle::{GradLists, OpBox, OpBoxes, TapeStorage};
use crate::{Grad, Grads, ParamId, ParamKind, ParamStore, Pool, Real, Updates, Var, VarList};

/// What a tape is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Training: the backward pass is recorded, dropout drops, normalisation uses the batch's statistics.
    Train {
        /// Seeds dropout; take another one for every step.
        seed: u64,
    },
    /// Evaluation: ops save nothing and there is no backward pass; running statistics, no dropout. Values
    /// live as long as the tape.
    Eval,
    /// [`Eval`](Mode::Eval), but normalisation uses the batch's own statistics, as code does that keeps no
    /// running ones: a row's value then depends on the batch it is in. To repeat others' figures.
    EvalBatchStats,
    /// Evaluation's values with gradients, to explain or check a trained model.
    EvalWithGrad,
}

pub(crate) enum Value<T> {
    Owned(ArrayD<T>),
    Param(ParamId),
}

pub(crate) struct Node<T: Real> {
    value: Value<T>,
    /// Where the inputs' indices stand in [`Tape::edges`].
    inputs: (usize, usize),
    op: Option<Box<dyn OpBox<T>>>,
    name: &'static str,
    needs_grad: bool,
}

/// Records a computation over parameters, so that [`Tape::backward`] can find the gradient of a scalar.
///
/// A tape lives for one step: it borrows the parameters, and gives its buffers, its lists and its ops' boxes
/// back to the pool when dropped.
pub struct Tape<'p, T: Real> {
    params: &'p ParamStore<T>,
    pool: Pool<T>,
    mode: Mode,
    nodes: Arena<Node<T>>,
    /// Inputs of all nodes, one after the other.
    edges: RefCell<Vec<u32>>,
    /// The node of each parameter that is in use.
    param_nodes: RefCell<Vec<Option<usize>>>,
    /// The nodes' gradients during a backward pass.
    slots: RefCell<Vec<Option<Grad<T>>>>,
    /// OpBoxes for ops.
    boxes: RefCell<OpBoxes<T>>,
    updates: RefCell<Updates<T>>,
    streams: Cell<u64>,
}

impl<'p, T: Real> Tape<'p, T> {
    /// An empty tape over `params`, with buffers from `pool`.
    pub fn new(params: &'p ParamStore<T>, pool: &Pool<T>, mode: Mode) -> Self {
        let parts = pool.cache().tapes.pop();
        let TapeStorage { nodes, edges, mut param_nodes, slots, boxes } = parts.unwrap_or_default();
        param_nodes.resize(params.len(), None);
        Tape {
            params,
            pool: pool.clone(),
            mode,
            nodes,
            edges: RefCell::new(edges),
            param_nodes: RefCell::new(param_nodes),
            slots: RefCell::new(slots),
            boxes: RefCell::new(boxes),
            updates: RefCell::new(Updates::new(pool)),
            streams: Cell::new(0),
        }
    }

    /// The parameters.
    pub fn params(&self) -> &'p ParamStore<T> {
        self.params
    }

    /// Buffers for the values of ops.
    pub fn pool(&self) -> &Pool<T> {
        &self.pool
    }

    /// What the tape is for.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether this is a training step (batch statistics, dropout).
    pub fn is_training(&self) -> bool {
        matches!(self.mode, Mode::Train { .. })
    }

    /// Whether normalisation uses the batch's own statistics.
    pub fn uses_batch_statistics(&self) -> bool {
        matches!(self.mode, Mode::Train { .. } | Mode::EvalBatchStats)
    }

    /// Whether ops must save what their backward pass needs.
    pub fn records(&self) -> bool {
        !matches!(self.mode, Mode::Eval | Mode::EvalBatchStats)
    }

    /// A generator of its own for one op, fixed by the tape's seed and the order of the calls.
    pub fn rng(&self) -> ChaCha8Rng {
        let seed = if let Mode::Train { seed } = self.mode { seed } else { 0 };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(self.streams.get());
        self.streams.set(self.streams.get() + 1);
        rng
    }

    /// The parameter as a value of this tape.
    pub fn param(&self, id: ParamId) -> Var<'_, T> {
        if let Some(node) = self.param_nodes.borrow()[id.index()] {
            return self.var(node);
        }
        let needs_grad = self.records() && self.params.kind(id) != ParamKind::Buffer;
        let node = self.leaf(Value::Param(id), "param", needs_grad);
        self.param_nodes.borrow_mut()[id.index()] = Some(node);
        self.var(node)
    }

    /// A value without a gradient, such as input data.
    pub fn constant(&self, value: ArrayD<T>) -> Var<'_, T> {
        self.var(self.leaf(Value::Owned(standard(value)), "constant", false))
    }

    /// A value whose gradient [`Grads::wrt`] gives, though it is not a parameter.
    pub fn variable(&self, value: ArrayD<T>) -> Var<'_, T> {
        self.var(self.leaf(Value::Owned(standard(value)), "variable", self.records()))
    }

    /// An empty list for values of this tape.
    pub fn var_list(&self) -> VarList<'_, T> {
        VarList::new(self)
    }

    /// Records a value that `op` computed from `inputs`. Every op enters here; in [`Mode::Eval`] `op` is
    /// dropped.
    ///
    /// # Panics
    /// If an input is of another tape.
    #[track_caller]
    pub fn record<'t>(
        &'t self,
        inputs: impl IntoIterator<Item: Borrow<Var<'t, T>>>,
        value: ArrayD<T>,
        op: impl Backward<T> + 'static,
    ) -> Var<'t, T> {
        let name = op.name();
        let here = std::ptr::from_ref(self).cast::<()>();
        let mut needs_grad = false;
        let mut edges = self.edges.borrow_mut();
        let start = edges.len();
        for input in inputs {
            let input = *input.borrow();
            let own = std::ptr::from_ref(input.tape()).cast::<()>() == here;
            assert!(own, "{name}: an input is of another tape");
            needs_grad |= self.records() && self.needs_grad(input.index());
            edges.push(input.index() as u32);
        }
        let inputs = (start, edges.len());
        let op = if needs_grad { Some(self.boxes.borrow_mut().fill(op)) } else { None };
        self.var(self.nodes.push(Node { value: Value::Owned(standard(value)), inputs, op, name, needs_grad }))
    }

    /// Sets a [`ParamKind::Buffer`] when the step is over; see [`Tape::take_updates`].
    pub fn update(&self, id: ParamId, value: ArrayD<T>) {
        self.updates.borrow_mut().push(id, value);
    }

    /// The buffers' new values, for [`ParamStore::apply`] once the tape is dropped.
    pub fn take_updates(&self) -> Updates<T> {
        self.updates.replace(Updates::new(&self.pool))
    }

    /// The gradient of a scalar with respect to every parameter and variable it depends on.
    ///
    /// # Panics
    /// If `loss` has more than one element, or the tape records nothing.
    #[track_caller]
    pub fn backward(&self, loss: Var<'_, T>) -> Grads<T> {
        assert!(self.records(), "backward: an evaluation tape records nothing");
        assert_eq!(loss.len(), 1, "backward: the loss must be a scalar, it is {:?}", loss.shape());
        let mut slots = self.slots.borrow_mut();
        slots.clear();
        slots.resize(loss.index() + 1, None);
        let mut seed = self.pool.stale(loss.shape());
        seed.fill(T::one());
        slots[loss.index()] = Some(Grad::Dense(seed));
        let GradLists { mut params, leaves } = self.pool.cache().grads.pop().unwrap_or_default();
        params.resize(self.params.len(), None);
        let mut grads = Grads { params, leaves, pool: self.pool.clone() };
        let edges = self.edges.borrow();
        for index in (0..=loss.index()).rev() {
            let node = self.nodes.get(index);
            let (before, rest) = slots.split_at_mut(index);
            let Some(grad) = rest[0].take() else { continue };
            match (&node.op, &node.value, grad) {
                (Some(op), _, Grad::Dense(dy)) => {
                    let inputs = &edges[node.inputs.0..node.inputs.1];
                    op.op()
                        .backward(dy.view(), &mut OpGrads { tape: self, node: index, inputs, slots: before });
                    self.pool.give_array(dy);
                }
                (None, Value::Param(id), grad) => grads.params[id.index()] = Some(grad),
                (None, Value::Owned(_), Grad::Dense(dy)) if node.needs_grad => grads.leaves.push((index, dy)),
                (None, Value::Owned(_), Grad::Dense(dy)) => self.pool.give_array(dy),
                (_, _, Grad::Rows { .. }) => unreachable!("only parameters have row gradients"),
            }
        }
        grads
    }

    /// The graph so far, to look at.
    pub fn graph(&self) -> Graph {
        let edges = self.edges.borrow();
        let node = |index| {
            let node = self.nodes.get(index);
            GraphNode {
                name: self.label(index).to_owned(),
                shape: self.shape(index).to_vec(),
                is_param: matches!(node.value, Value::Param(_)),
                inputs: edges[node.inputs.0..node.inputs.1].iter().map(|&i| i as usize).collect(),
            }
        };
        Graph { nodes: (0..self.nodes.len()).map(node).collect() }
    }

    fn leaf(&self, value: Value<T>, name: &'static str, needs_grad: bool) -> usize {
        self.nodes.push(Node { value, inputs: (0, 0), op: None, name, needs_grad })
    }

    fn var(&self, node: usize) -> Var<'_, T> {
        Var::new(self, node)
    }

    pub(crate) fn value(&self, node: usize) -> ArrayViewD<'_, T> {
        match &self.nodes.get(node).value {
            Value::Owned(array) => array.view(),
            Value::Param(id) => self.params.value(*id),
        }
    }

    pub(crate) fn data(&self, node: usize) -> &[T] {
        match &self.nodes.get(node).value {
            Value::Owned(array) => array.as_slice().expect("values have standard layout"),
            Value::Param(id) => self.params.data(*id),
        }
    }

    pub(crate) fn shape(&self, node: usize) -> &[usize] {
        match &self.nodes.get(node).value {
            Value::Owned(array) => array.shape(),
            Value::Param(id) => self.params.shape(*id),
        }
    }

    pub(crate) fn needs_grad(&self, node: usize) -> bool {
        self.nodes.get(node).needs_grad
    }

    pub(crate) fn op_name(&self, node: usize) -> &'static str {
        self.nodes.get(node).name
    }

    /// The parameter's name, or else the op's.
    pub(crate) fn label(&self, node: usize) -> &str {
        match &self.nodes.get(node).value {
            Value::Param(id) => self.params.name(*id),
            Value::Owned(_) => self.op_name(node),
        }
    }

    pub(crate) fn is_row_table(&self, node: usize) -> bool {
        matches!(self.nodes.get(node).value, Value::Param(id) if self.params.kind(id) == ParamKind::Rows)
    }
}

impl<T: Real> Drop for Tape<'_, T> {
    fn drop(&mut self) {
        let boxes = self.boxes.get_mut();
        for node in self.nodes.drain() {
            if let Value::Owned(array) = node.value {
                self.pool.give_array(array);
            }
            if let Some(op) = node.op {
                boxes.empty(op);
            }
        }
        let mut parts = TapeStorage {
            nodes: std::mem::take(&mut self.nodes),
            edges: self.edges.take(),
            param_nodes: self.param_nodes.take(),
            slots: self.slots.take(),
            boxes: self.boxes.take(),
        };
        parts.edges.clear();
        parts.param_nodes.clear();
        parts.slots.clear();
        self.pool.cache().tapes.push(parts);
        self.pool.tape_ended();
    }
}

/// The array in standard layout, copied only if it is not.
fn standard<T: Real>(array: ArrayD<T>) -> ArrayD<T> {
    if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
}
