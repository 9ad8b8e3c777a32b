//! A tape's graph, to look at.

use std::fmt;

/// What was computed from what, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Graph {
    /// The values; inputs come before what is computed from them.
    pub nodes: Vec<GraphNode>,
}

/// A value in a [`Graph`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphNode {
    /// The parameter's name, or the op's.
    pub name: String,
    /// The value's shape.
    pub shape: Vec<usize>,
    /// Whether it is a parameter.
    pub is_param: bool,
    /// Places of the values that it was computed from.
    pub inputs: Vec<usize>,
}

impl Graph {
    /// The graph in Graphviz' DOT language: an edge from each value to what is computed from it.
    pub fn dot(&self) -> String {
        let mut dot =
            String::from("digraph dien {\n  rankdir=TB; node [shape=box, fontname=\"sans-serif\"];\n");
        for (index, node) in self.nodes.iter().enumerate() {
            let style = if node.is_param { ", style=rounded" } else { "" };
            let name = node.name.replace('\\', "\\\\").replace('"', "\\\"");
            dot += &format!("  n{index} [label=\"{name}\\n{:?}\"{style}];\n", node.shape);
            for input in &node.inputs {
                dot += &format!("  n{input} -> n{index};\n");
            }
        }
        dot + "}\n"
    }
}

/// A line per value that is not a parameter: `%7 = linear(%3, head.weight, head.bias)  [2, 80]`.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| !node.is_param) {
            let input = |&i: &usize| match &self.nodes[i] {
                input if input.is_param => input.name.clone(),
                _ => format!("%{i}"),
            };
            let inputs: Vec<String> = node.inputs.iter().map(input).collect();
            writeln!(f, "%{index} = {}({})  {:?}", node.name, inputs.join(", "), node.shape)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Mode, ParamKind, ParamStore, Pool, Tape, ops};
    use ndarray::array;

    #[test]
    fn names_parameters_ops_and_shapes() {
        let mut params = ParamStore::<f32>::new();
        let w = params.add("w", ParamKind::Dense, array![[0.5, -0.2]].into_dyn());
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Eval);
        ops::linear(tape.constant(array![[1.0, 2.0]].into_dyn()), tape.param(w), None);
        let graph = tape.graph();
        assert_eq!(graph.to_string(), "%0 = constant()  [1, 2]\n%2 = linear(%0, w)  [1, 1]\n");
        let dot = graph.dot();
        for line in ["n1 [label=\"w\\n[1, 2]\", style=rounded];", "n0 -> n2;", "n1 -> n2;"] {
            assert!(dot.contains(line), "{dot}");
        }
    }
}
