//! Where two ways over a junction meet: how far along each the shared area begins and ends.
//!
//! A vehicle sweeps a band around its path. The shared area is where the two bands overlap; for two ways into the same lane it
//! goes on to their end. Pure geometry: who lets whom go first is not decided here.

use voorrang_units::Length;

use crate::network::shape::{Shape, distance};

/// Two vehicles meet when their centre lines come this close: two half widths of about 1 m.
const MEETING_DISTANCE_M: f64 = 2.0;
/// Paths are looked at in steps of this length.
const SAMPLE_M: f64 = 0.25;
/// Paths that are foes but never come that close: this far before and after their nearest points.
const AROUND_NEAREST_M: f64 = 1.0;

/// A way over a junction.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    /// Its centre line.
    pub shape: &'a Shape,
    /// Its length as driven, which may differ from the line's drawn length.
    pub length: Length,
}

/// The part of a way that it shares with another: from the way's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharedPart {
    /// Where the shared area begins.
    pub enters_at: Length,
    /// Where it ends.
    pub clear_at: Length,
}

/// The part of `path` that it shares with `other`. `merging`: both lead into the same lane.
#[must_use]
pub fn shared_part(path: Path<'_>, other: Path<'_>, merging: bool) -> SharedPart {
    let samples = samples(path.shape);
    let mut nearest = (f64::INFINITY, 0.0);
    let mut meeting: Option<(f64, f64)> = None;
    for (at, point) in &samples {
        let apart = distance_to_line(*point, other.shape);
        if apart < nearest.0 {
            nearest = (apart, *at);
        }
        if apart < MEETING_DISTANCE_M {
            meeting = Some((meeting.map_or(*at, |(first, _)| first), *at));
        }
    }
    let drawn = samples.last().map_or(0.0, |(at, _)| *at);
    let (first, last) = meeting
        .unwrap_or(((nearest.1 - AROUND_NEAREST_M).max(0.0), (nearest.1 + AROUND_NEAREST_M).min(drawn)));
    let scale = if drawn > 0.0 { path.length.metres() / drawn } else { 0.0 };
    SharedPart {
        enters_at: Length::from_metres(first * scale),
        clear_at: if merging || drawn <= 0.0 { path.length } else { Length::from_metres(last * scale) },
    }
}

/// Do two centre lines cross each other?
#[must_use]
pub fn cross(a: &Shape, b: &Shape) -> bool {
    a.0.windows(2).any(|first| b.0.windows(2).any(|second| segments_cross(first, second)))
}

/// Points along a line with their distance from its start; both ends included.
fn samples(shape: &Shape) -> Vec<(f64, [f64; 2])> {
    let mut samples = Vec::new();
    let mut start = 0.0;
    for pair in shape.0.windows(2) {
        let length = distance(pair[0], pair[1]);
        let mut along = 0.0;
        while along < length {
            let part = along / length;
            let point = [
                pair[0][0] + (pair[1][0] - pair[0][0]) * part,
                pair[0][1] + (pair[1][1] - pair[0][1]) * part,
            ];
            samples.push((start + along, point));
            along += SAMPLE_M;
        }
        start += length;
    }
    samples.extend(shape.0.last().map(|end| (start, *end)));
    samples
}

fn distance_to_line(point: [f64; 2], line: &Shape) -> f64 {
    line.0.windows(2).map(|pair| distance_to_segment(point, pair[0], pair[1])).fold(f64::INFINITY, f64::min)
}

fn distance_to_segment(point: [f64; 2], start: [f64; 2], end: [f64; 2]) -> f64 {
    let along = [end[0] - start[0], end[1] - start[1]];
    let squared = along[0] * along[0] + along[1] * along[1];
    let part = if squared > 0.0 {
        (((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / squared).clamp(0.0, 1.0)
    } else {
        0.0
    };
    distance(point, [start[0] + along[0] * part, start[1] + along[1] * part])
}

fn segments_cross(a: &[[f64; 2]], b: &[[f64; 2]]) -> bool {
    let side = |from: [f64; 2], to: [f64; 2], point: [f64; 2]| {
        (to[0] - from[0]) * (point[1] - from[1]) - (to[1] - from[1]) * (point[0] - from[0])
    };
    side(a[0], a[1], b[0]) * side(a[0], a[1], b[1]) < 0.0
        && side(b[0], b[1], a[0]) * side(b[0], b[1], a[1]) < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(points: &[[f64; 2]]) -> Shape {
        Shape(points.to_vec())
    }

    fn shared(a: &Shape, b: &Shape, merging: bool) -> (f64, f64) {
        let path = |shape| Path { shape, length: Length::from_metres(Shape::drawn_length(shape)) };
        let part = shared_part(path(a), path(b), merging);
        (part.enters_at.metres(), part.clear_at.metres())
    }

    #[test]
    fn crossing_paths_share_a_square_around_their_crossing() {
        let east = shape(&[[-10.0, 0.0], [10.0, 0.0]]);
        let north = shape(&[[0.0, -10.0], [0.0, 10.0]]);
        let (from, to) = shared(&east, &north, false);
        assert!((from - 8.25).abs() < 0.26 && (to - 11.75).abs() < 0.26, "{from} to {to}");
        assert!(cross(&east, &north));
    }

    #[test]
    fn merging_paths_share_up_to_their_end() {
        let straight = shape(&[[0.0, 0.0], [20.0, 0.0]]);
        let from_the_side = shape(&[[10.0, -10.0], [20.0, 0.0]]);
        let (from, to) = shared(&straight, &from_the_side, true);
        assert!(from > 15.0 && from < 19.0, "{from}");
        assert!((to - 20.0).abs() < 1e-9);
    }

    #[test]
    fn paths_that_stay_apart_share_the_surroundings_of_their_nearest_points() {
        let low = shape(&[[0.0, 0.0], [20.0, 0.0]]);
        let bent = shape(&[[0.0, 9.0], [10.0, 3.0], [20.0, 9.0]]);
        let (from, to) = shared(&low, &bent, false);
        assert!((from - 9.0).abs() < 0.3 && (to - 11.0).abs() < 0.3, "{from} to {to}");
        assert!(!cross(&low, &bent));
    }

    #[test]
    fn lengths_as_driven_stretch_the_drawn_line() {
        let east = shape(&[[-10.0, 0.0], [10.0, 0.0]]);
        let north = shape(&[[0.0, -10.0], [0.0, 10.0]]);
        let twice = Path { shape: &east, length: Length::from_metres(40.0) };
        let part = shared_part(twice, Path { shape: &north, length: Length::from_metres(20.0) }, false);
        assert!((part.enters_at.metres() - 16.5).abs() < 0.6);
    }

    #[test]
    fn a_point_shares_all_of_itself() {
        let point = shape(&[[0.0, 0.0], [0.0, 0.0]]);
        let east = shape(&[[-10.0, 0.0], [10.0, 0.0]]);
        let path = Path { shape: &point, length: Length::from_metres(0.1) };
        let part = shared_part(path, Path { shape: &east, length: Length::from_metres(20.0) }, false);
        assert_eq!((part.enters_at, part.clear_at), (Length::ZERO, Length::from_metres(0.1)));
    }
}
