//! The tape: values in the order in which they were computed, and the backward pass.

mod list;
mod var;

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::ArrayD;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

pub use list::VarList;
pub use var::Var;

use crate::arena::Arena;
use crate::backward::{Backward, OpGrads};
use crate::graph::{Graph, GraphNode};
use crate::op_box::{OpBox, OpBoxes};
use crate::values::{Node, Value, Values};
use crate::{Grad, Grads, ParamId, ParamKind, ParamStore, Pool, Real, Updates};

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

/// Records a computation over parameters, so that [`Tape::backward`] can find the gradient of a scalar.
///
/// A tape lives for one step: it borrows the parameters, and gives its buffers, its lists and its ops' boxes
/// back to the pool when dropped.
pub struct Tape<'p, T: Real> {
    values: Values<'p, T>,
    pool: Pool<T>,
    mode: Mode,
    /// What computed each node, if that has a way back.
    ops: RefCell<Vec<Option<Box<dyn OpBox<T>>>>>,
    /// Inputs of all nodes, one after the other.
    edges: RefCell<Vec<u32>>,
    /// The node of each parameter that is in use.
    param_nodes: RefCell<Vec<Option<usize>>>,
    /// The nodes' gradients during a backward pass.
    slots: RefCell<Vec<Option<Grad<T>>>>,
    /// Empty boxes for ops.
    boxes: RefCell<OpBoxes<T>>,
    /// Memory for the inputs of the op that is being recorded.
    inputs: Cell<Vec<u32>>,
    updates: RefCell<Updates<T>>,
    streams: Cell<u64>,
    /// No other tape of this process has it.
    id: u64,
}

/// The number of tapes so far.
static TAPES: AtomicU64 = AtomicU64::new(0);

impl<'p, T: Real> Tape<'p, T> {
    /// An empty tape over `params`, with buffers from `pool`.
    pub fn new(params: &'p ParamStore<T>, pool: &Pool<T>, mode: Mode) -> Self {
        let TapeStorage { nodes, ops, edges, mut param_nodes, slots, boxes, inputs } = pool.take_kept();
        param_nodes.resize(params.len(), None);
        Tape {
            values: Values { params, nodes },
            pool: pool.clone(),
            mode,
            ops: RefCell::new(ops),
            edges: RefCell::new(edges),
            param_nodes: RefCell::new(param_nodes),
            slots: RefCell::new(slots),
            boxes: RefCell::new(boxes),
            inputs: Cell::new(inputs),
            updates: RefCell::new(Updates::new(pool)),
            streams: Cell::new(0),
            id: 1 + TAPES.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The parameters.
    pub fn params(&self) -> &'p ParamStore<T> {
        self.values.params
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
        let needs_grad = self.records() && self.values.params.kind(id) != ParamKind::Buffer;
        let node = self.leaf(Value::Param(id), "param", needs_grad);
        self.param_nodes.borrow_mut()[id.index()] = Some(node);
        self.var(node)
    }

    /// A value without a gradient, such as input data.
    pub fn constant(&self, value: ArrayD<T>) -> Var<'_, T> {
        self.var(self.leaf(Value::Owned(value), "constant", false))
    }

    /// A value whose gradient [`Grads::wrt`] gives, though it is not a parameter.
    pub fn variable(&self, value: ArrayD<T>) -> Var<'_, T> {
        self.var(self.leaf(Value::Owned(value), "variable", self.records()))
    }

    /// An empty list for values of this tape.
    pub fn var_list(&self) -> VarList<'_, T> {
        VarList::new(self)
    }

    /// Records a value that `op` computed from `inputs`, which may be recorded only as they are listed. Every
    /// op enters here; in [`Mode::Eval`] `op` is dropped.
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
        let mut needs_grad = false;
        // Listed before anything of the tape is borrowed: listing may record.
        let mut list = self.inputs.take();
        for input in inputs {
            let input = *input.borrow();
            assert!(self.has(input), "{name}: an input is of another tape");
            needs_grad |= self.records() && self.values.needs_grad(input.index());
            list.push(input.index() as u32);
        }
        let mut edges = self.edges.borrow_mut();
        let start = edges.len();
        edges.extend_from_slice(&list);
        let inputs = (start, edges.len());
        list.clear();
        self.inputs.set(list);
        let op: Option<Box<dyn OpBox<T>>> = needs_grad.then(|| self.boxes.borrow_mut().fill(op));
        self.var(self.push(Value::Owned(value), inputs, name, op, needs_grad))
    }

    /// Sets a [`ParamKind::Buffer`] when the step is over, to the last of what it is set to; see
    /// [`Tape::take_updates`].
    pub fn update(&self, id: ParamId, value: ArrayD<T>) {
        let before = self.updates.borrow_mut().remove(id);
        before.into_iter().for_each(|value| self.pool.give_array(value));
        self.updates.borrow_mut().push(id, value);
    }

    /// [`update`](Self::update), to what `f` makes of the buffer's value: the store's, or what the step has
    /// set it to so far, so that two uses of one buffer both count. `f(old, new)` writes all of `new`, which
    /// is stale.
    ///
    /// ```
    /// use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape};
    /// use ndarray::array;
    ///
    /// let mut params = ParamStore::<f32>::new();
    /// let count = params.add("count", ParamKind::Buffer, array![5.0].into_dyn());
    /// let pool = Pool::new();
    /// let tape = Tape::new(&params, &pool, Mode::Train { seed: 0 });
    /// (0..2).for_each(|_| tape.update_with(count, |old, new| new[0] = old[0] + 1.0));
    /// assert_eq!(tape.take_updates()[0].1, array![7.0].into_dyn());
    /// ```
    pub fn update_with(&self, id: ParamId, f: impl FnOnce(&[T], &mut [T])) {
        let before = self.updates.borrow_mut().remove(id);
        let mut new = self.pool.stale(self.params().shape(id));
        let to = new.as_slice_mut().expect("standard layout");
        match &before {
            Some(old) => f(old.as_slice().expect("standard layout"), to),
            None => f(self.params().data(id), to),
        }
        before.into_iter().for_each(|old| self.pool.give_array(old));
        self.updates.borrow_mut().push(id, new);
    }

    /// The buffers' new values, for [`ParamStore::apply`] once the tape is dropped.
    pub fn take_updates(&self) -> Updates<T> {
        self.updates.replace(Updates::new(&self.pool))
    }

    /// The gradient of a scalar with respect to every parameter and variable it depends on.
    ///
    /// # Panics
    /// If `loss` has more than one element or is of another tape, or the tape records nothing.
    #[track_caller]
    pub fn backward(&self, loss: Var<'_, T>) -> Grads<T> {
        assert!(self.has(loss), "backward: the loss is of another tape");
        assert!(self.records(), "backward: an evaluation tape records nothing");
        assert_eq!(loss.len(), 1, "backward: the loss must be a scalar, it is {:?}", loss.shape());
        let mut slots = self.slots.borrow_mut();
        slots.clear();
        slots.resize(loss.index() + 1, None);
        let mut seed = self.pool.stale(loss.shape());
        seed.fill(T::one());
        slots[loss.index()] = Some(Grad::Dense(seed));
        let mut grads = Grads::new(self.values.params.len(), &self.pool, self.id);
        let (edges, ops) = (self.edges.borrow(), self.ops.borrow());
        for index in (0..=loss.index()).rev() {
            let node = self.values.nodes.get(index);
            let (before, rest) = slots.split_at_mut(index);
            let Some(grad) = rest[0].take() else { continue };
            match (&ops[index], &node.value, grad) {
                (Some(op), _, Grad::Dense(dy)) => {
                    let inputs = &edges[node.inputs.0..node.inputs.1];
                    let (values, pool) = (&self.values, &self.pool);
                    let mut io = OpGrads { values, pool, node: index, inputs, slots: before };
                    op.op().backward(dy.view(), &mut io);
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
            let node = self.values.nodes.get(index);
            GraphNode {
                name: self.values.label(index).to_owned(),
                shape: self.values.shape(index).to_vec(),
                is_param: matches!(node.value, Value::Param(_)),
                inputs: edges[node.inputs.0..node.inputs.1].iter().map(|&i| i as usize).collect(),
            }
        };
        Graph { nodes: (0..self.values.nodes.len()).map(node).collect() }
    }

    /// Whether a value is of this tape.
    pub(crate) fn has(&self, var: Var<'_, T>) -> bool {
        self.id == var.tape().id
    }

    /// A number that no other tape has.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    fn leaf(&self, value: Value<T>, name: &'static str, needs_grad: bool) -> usize {
        self.push(value, (0, 0), name, None, needs_grad)
    }

    /// A node and its op: the two lists stay of one length.
    fn push(
        &self,
        value: Value<T>,
        inputs: (usize, usize),
        name: &'static str,
        op: Option<Box<dyn OpBox<T>>>,
        needs_grad: bool,
    ) -> usize {
        self.ops.borrow_mut().push(op);
        self.values.push(value, inputs, name, needs_grad)
    }

    fn var(&self, node: usize) -> Var<'_, T> {
        Var::new(self, node)
    }
}

impl<T: Real> Drop for Tape<'_, T> {
    fn drop(&mut self) {
        for node in self.values.nodes.drain() {
            if let Value::Owned(array) = node.value {
                self.pool.give_array(array);
            }
        }
        let mut storage = TapeStorage {
            nodes: std::mem::take(&mut self.values.nodes),
            ops: self.ops.take(),
            edges: self.edges.take(),
            param_nodes: self.param_nodes.take(),
            slots: self.slots.take(),
            boxes: self.boxes.take(),
            inputs: self.inputs.take(),
        };
        storage.ops.drain(..).flatten().for_each(|op| storage.boxes.empty(op));
        storage.edges.clear();
        storage.param_nodes.clear();
        storage.slots.clear();
        storage.inputs.clear();
        self.pool.keep(storage);
        self.pool.tape_ended();
    }
}

/// The lists of a tape, all empty, for the next one.
struct TapeStorage<T: Real> {
    nodes: Arena<Node<T>>,
    ops: Vec<Option<Box<dyn OpBox<T>>>>,
    edges: Vec<u32>,
    param_nodes: Vec<Option<usize>>,
    slots: Vec<Option<Grad<T>>>,
    boxes: OpBoxes<T>,
    inputs: Vec<u32>,
}

impl<T: Real> Default for TapeStorage<T> {
    fn default() -> Self {
        TapeStorage {
            nodes: Arena::new(),
            ops: Vec::new(),
            edges: Vec::new(),
            param_nodes: Vec::new(),
            slots: Vec::new(),
            boxes: OpBoxes::default(),
            inputs: Vec::new(),
        }
    }
}
