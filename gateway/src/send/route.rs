//! Where the vehicle is when, and which stop lines lie on its way.

use voorrang_signals::IntersectionId;
use voorrang_units::{Angle, Duration, GeodeticPosition, LocalPlane, LocalPosition};

/// The slowest that a vehicle drives between two points at which it stands, so that it arrives.
const CRAWL_M_S: f64 = 0.5;

/// A route, and what lies on it.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) station: u32,
    legs: Vec<Leg>,
    stop_lines: Vec<StopLine>,
}

/// Where a vehicle is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DrivingState {
    pub(super) position: GeodeticPosition,
    pub(super) heading: Angle,
    pub(super) speed_m_s: f64,
    /// Along the route, in metres.
    pub(super) along_m: f64,
    /// Since the start.
    pub(super) passed: Duration,
}

impl DrivingState {
    /// From here to a stop line.
    pub(super) fn until(&self, line: &StopLine) -> Duration {
        (line.reached - self.passed).max(Duration::ZERO)
    }
}

/// From one point to the next, with even acceleration.
#[derive(Debug, Clone, Copy)]
struct Leg {
    plane: LocalPlane,
    to: LocalPosition,
    heading: Angle,
    begins_m: f64,
    length_m: f64,
    begins_s: f64,
    /// At its beginning the vehicle stands so long first.
    waits_s: f64,
    drives_s: f64,
    from_m_s: f64,
    to_m_s: f64,
}

/// A point of a route: how fast the vehicle is there, and how long it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) position: GeodeticPosition,
    pub(super) speed_m_s: f64,
    pub(super) wait_s: f64,
}

/// A stop line on the route.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StopLine {
    pub(super) id: IntersectionId,
    /// What people call the intersection.
    pub(super) name: String,
    /// By MAPEM's number.
    pub(super) approach: u8,
    /// Along the route, in metres.
    pub(super) at_m: f64,
    /// When the vehicle is there, after its start.
    pub(super) reached: Duration,
}

impl Route {
    /// Through points, at so many times their speeds; without stop lines as yet.
    pub(super) fn through(station: u32, points: &[Point], times: f64) -> Self {
        Self { station, legs: legs(points, times), stop_lines: Vec::new() }
    }

    /// The same with these stop lines on it.
    pub(super) fn with_stop_lines(mut self, stop_lines: impl IntoIterator<Item = StopLine>) -> Self {
        self.stop_lines.extend(stop_lines);
        self.stop_lines.sort_by(|a, b| a.at_m.total_cmp(&b.at_m));
        self
    }

    pub(super) fn stop_lines(&self) -> &[StopLine] {
        &self.stop_lines
    }

    pub(super) fn length_m(&self) -> f64 {
        self.legs.last().map_or(0.0, |leg| leg.begins_m + leg.length_m)
    }

    /// Where the vehicle is so long after its start; none once it has arrived.
    pub(super) fn state(&self, passed: Duration) -> Option<DrivingState> {
        let seconds = passed.seconds();
        let leg = self.legs.iter().find(|leg| seconds < leg.ends_s())?;
        let (along, speed_m_s) = leg.at(seconds);
        Some(DrivingState {
            position: leg.position(along),
            heading: leg.heading,
            speed_m_s,
            along_m: leg.begins_m + along,
            passed,
        })
    }

    /// Position and heading so far along.
    pub(super) fn place(&self, along_m: f64) -> Option<(GeodeticPosition, Angle)> {
        let leg = self.legs.iter().find(|leg| along_m < leg.begins_m + leg.length_m)?;
        Some((leg.position(along_m - leg.begins_m), leg.heading))
    }

    /// When the vehicle is so far along, after its start.
    pub(super) fn time_at(&self, along_m: f64) -> Option<Duration> {
        let leg = self.legs.iter().find(|leg| along_m < leg.begins_m + leg.length_m)?;
        Some(Duration::from_seconds_f64(leg.time_at(along_m - leg.begins_m)))
    }
}

impl Leg {
    fn ends_s(&self) -> f64 {
        self.begins_s + self.waits_s + self.drives_s
    }

    fn acceleration(&self) -> f64 {
        (self.to_m_s - self.from_m_s) / self.drives_s
    }

    /// Metres along it, and the speed.
    fn at(&self, seconds: f64) -> (f64, f64) {
        let driven = seconds - self.begins_s - self.waits_s;
        if driven <= 0.0 {
            return (0.0, if self.waits_s > 0.0 { 0.0 } else { self.from_m_s });
        }
        let along = self.from_m_s * driven + self.acceleration() * driven * driven / 2.0;
        (along.clamp(0.0, self.length_m), self.from_m_s + self.acceleration() * driven)
    }

    fn time_at(&self, along: f64) -> f64 {
        let acceleration = self.acceleration();
        let driven = if acceleration.abs() < 1e-9 {
            along / self.from_m_s.max(1e-9)
        } else {
            let speed = (self.from_m_s * self.from_m_s + 2.0 * acceleration * along).max(0.0).sqrt();
            (speed - self.from_m_s) / acceleration
        };
        self.begins_s + self.waits_s + driven
    }

    fn position(&self, along: f64) -> GeodeticPosition {
        let share = if self.length_m > 0.0 { along / self.length_m } else { 0.0 };
        self.plane.to_geodetic(LocalPosition::from_metres(
            self.to.east().metres() * share,
            self.to.north().metres() * share,
        ))
    }
}

fn legs(points: &[Point], times: f64) -> Vec<Leg> {
    let (mut begins_m, mut begins_s) = (0.0, 0.0);
    let mut legs = Vec::with_capacity(points.len());
    for (from, to) in points.iter().zip(points.iter().skip(1)) {
        let plane = LocalPlane::at(from.position);
        let end = plane.to_local(to.position);
        let length_m = LocalPosition::default().distance_to(end).metres();
        if length_m < 0.01 {
            continue;
        }
        let waits_s = from.wait_s / times;
        let (from_m_s, to_m_s) = (from.speed_m_s * times, to.speed_m_s * times);
        // Between two stops it has to drive all the same.
        let (from_m_s, to_m_s) =
            if from_m_s + to_m_s < CRAWL_M_S { (CRAWL_M_S, CRAWL_M_S) } else { (from_m_s, to_m_s) };
        let drives_s = 2.0 * length_m / (from_m_s + to_m_s);
        let heading = LocalPosition::default().heading_to(end);
        legs.push(Leg {
            plane,
            to: end,
            heading,
            begins_m,
            length_m,
            begins_s,
            waits_s,
            drives_s,
            from_m_s,
            to_m_s,
        });
        begins_m += length_m;
        begins_s += waits_s + drives_s;
    }
    legs
}
