//! Several candidates' interests over time, in one plane.

use dien_model::Trace;

use super::projection::Projection;

/// Trajectories in the plane of all their states.
#[derive(Default)]
pub(super) struct Trajectories {
    /// By candidate, the place of the zero state, then that after each event.
    pub points: Option<Vec<Vec<[f64; 2]>>>,
    /// The shares of the states' variance along the plane's two axes.
    pub shares: [f64; 2],
}

impl Trajectories {
    /// The candidates' trajectories in a sequence of behaviours.
    pub fn new(traces: Option<&[Trace<f32>]>, sequence: usize) -> Self {
        let states =
            |trace: &Trace<f32>| trace.sequences[sequence].evolution.as_ref().map(|path| path.states.clone());
        let paths: Option<Vec<Vec<Vec<f32>>>> = traces.and_then(|traces| traces.iter().map(states).collect());
        let Some(paths) = paths else { return Trajectories::default() };
        let hidden = paths.iter().find_map(|path| path.first()).map_or(0, Vec::len);
        let from_zero = |path: Vec<Vec<f32>>| [vec![vec![0.0; hidden]], path].concat();
        let paths: Vec<Vec<Vec<f32>>> = paths.into_iter().map(from_zero).collect();
        let states: Vec<&[f32]> = paths.iter().flatten().map(Vec::as_slice).collect();
        let plane = Projection::new(&states);
        let points =
            paths.iter().map(|path| path.iter().map(|state| plane.project(state)).collect()).collect();
        Trajectories { points: Some(points), shares: plane.shares }
    }
}
