//! A centre line on the plane.

use serde::{Deserialize, Serialize};
use voorrang_units::Angle;

/// A polyline in metres east and north; at least two points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shape(pub Vec<[f64; 2]>);

impl Shape {
    /// The length of the line as drawn, in metres. A lane's own length may differ (networks carry it by itself).
    #[must_use]
    pub fn drawn_length(&self) -> f64 {
        self.0.windows(2).map(|pair| distance(pair[0], pair[1])).sum()
    }

    /// The point at a share (0 start, 1 end) of the drawn length, and the heading there.
    #[must_use]
    pub fn at_share(&self, share: f64) -> ([f64; 2], Angle) {
        let mut left = self.drawn_length() * share.clamp(0.0, 1.0);
        let last = self.0.len() - 2;
        for (index, pair) in self.0.windows(2).enumerate() {
            let length = distance(pair[0], pair[1]);
            if left <= length || index == last {
                let part = if length > 0.0 { (left / length).min(1.0) } else { 0.0 };
                let [east, north] = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
                return ([pair[0][0] + east * part, pair[0][1] + north * part], Angle::heading(east, north));
            }
            left -= length;
        }
        (self.0[0], Angle::ZERO)
    }
}

/// The straight-line distance in metres.
#[must_use]
pub fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    let [east, north] = [b[0] - a[0], b[1] - a[1]];
    (east * east + north * north).sqrt()
}
