//! The courses of several candidates' interests in one plane.

use dien_model::Trace;

use super::projection::Projection;

/// Courses in the plane of all their states.
#[derive(Default)]
pub(super) struct Course {
    /// By candidate, the place of the zero state, then that after each event.
    pub courses: Option<Vec<Vec<[f64; 2]>>>,
    pub shares: [f64; 2],
}

/// The candidates' courses in a group of behaviours.
pub(super) fn of(traces: Option<&[Trace<f32>]>, group: usize) -> Course {
    let states =
        |trace: &Trace<f32>| trace.sequences[group].evolution.as_ref().map(|path| path.states.clone());
    let paths: Option<Vec<Vec<Vec<f32>>>> = traces.and_then(|traces| traces.iter().map(states).collect());
    let Some(paths) = paths else { return Course::default() };
    let hidden = paths.iter().find_map(|path| path.first()).map_or(0, Vec::len);
    let from_zero = |path: Vec<Vec<f32>>| [vec![vec![0.0; hidden]], path].concat();
    let paths: Vec<Vec<Vec<f32>>> = paths.into_iter().map(from_zero).collect();
    let points: Vec<&[f32]> = paths.iter().flatten().map(Vec::as_slice).collect();
    let plane = Projection::new(&points);
    let courses = paths.iter().map(|path| path.iter().map(|state| plane.of(state)).collect()).collect();
    Course { courses: Some(courses), shares: plane.shares }
}
