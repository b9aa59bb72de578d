//! The junction from above: lanes, and the ways over it of those who are green.

use std::fmt::Write as _;

use voorrang_signals::intersection::{Connection, Lane};
use voorrang_signals::{Conflict, GroupIndex, Intersection};
use voorrang_units::{LocalPlane, LocalPosition};

/// How far out lanes are drawn beyond the farthest stop line, m.
const ARM_M: f64 = 28.0;

/// A square plan, `size` wide, at a place of the picture; the ways of `green` groups are drawn green, dashed where they yield to another of
/// them.
pub(super) fn plan(
    intersection: &Intersection,
    green: &[GroupIndex],
    left: f64,
    top: f64,
    size: f64,
) -> String {
    let plane = LocalPlane::at(intersection.reference());
    let local = |lane: &Lane, number: usize| lane.nodes.get(number).map(|node| plane.to_local(*node));
    let starts: Vec<LocalPosition> = intersection
        .lanes()
        .iter()
        .filter_map(|lane| Some(along(local(lane, 0)?, local(lane, 1)?, lane.stop_line.metres())))
        .collect();
    let centre = centre_of(&starts);
    let reach = starts.iter().map(|start| start.distance_to(centre).metres()).fold(0.0, f64::max) + ARM_M;
    let scale = size / (2.0 * reach.max(1.0));
    let picture = |position: LocalPosition| {
        (
            left + size / 2.0 + (position.east() - centre.east()).metres() * scale,
            top + size / 2.0 - (position.north() - centre.north()).metres() * scale,
        )
    };
    let mut text = format!(
        "<rect class=\"ground\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{size:.1}\" height=\"{size:.1}\"/>"
    );
    for lane in intersection.lanes() {
        let (Some(first), Some(second)) = (local(lane, 0), local(lane, 1)) else { continue };
        let (from, to) = (picture(first), picture(along(first, second, ARM_M)));
        let width = (lane.width.metres() * scale).max(1.5) * 0.9;
        let _ = write!(
            text,
            "<path class=\"kerb\" stroke-width=\"{width:.1}\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
    }
    // What is still lies below what moves.
    for moving in [false, true] {
        for connection in intersection.connections() {
            let is_green = connection.group.is_some_and(|group| green.contains(&group));
            if is_green == moving {
                let way = way(intersection, connection, &plane);
                let yields =
                    connection.group.is_some_and(|group| yields_to_one_of(intersection, group, green));
                text += &way.map(|way| drawn(way.map(picture), moving, yields)).unwrap_or_default();
            }
        }
    }
    text
}

/// Start, bend and end of a way over the junction.
fn way(
    intersection: &Intersection,
    connection: &Connection,
    plane: &LocalPlane,
) -> Option<[LocalPosition; 3]> {
    let from = intersection.lanes().get(connection.from.index())?;
    let to = intersection.lanes().get(connection.to?.index())?;
    let [start, behind] = [0, 1].map(|number| from.nodes.get(number).map(|node| plane.to_local(*node)));
    let [end, beyond] = [0, 1].map(|number| to.nodes.get(number).map(|node| plane.to_local(*node)));
    let (start, behind, end, beyond) = (start?, behind?, end?, beyond?);
    let middle = LocalPosition::from_metres(
        f64::midpoint(start.east().metres(), end.east().metres()),
        f64::midpoint(start.north().metres(), end.north().metres()),
    );
    Some([start, crossing(behind, start, beyond, end).unwrap_or(middle), end])
}

/// Where two lines cross, each through two points; `None` for parallels, or where that is far off.
fn crossing(a: LocalPosition, b: LocalPosition, c: LocalPosition, d: LocalPosition) -> Option<LocalPosition> {
    let point = |position: LocalPosition| (position.east().metres(), position.north().metres());
    let ((ax, ay), (bx, by), (cx, cy), (dx, dy)) = (point(a), point(b), point(c), point(d));
    let (ux, uy, vx, vy) = (bx - ax, by - ay, dx - cx, dy - cy);
    let cross = ux * vy - uy * vx;
    let lengths = (libm::hypot(ux, uy) * libm::hypot(vx, vy)).max(f64::MIN_POSITIVE);
    if (cross / lengths).abs() < 0.2 {
        return None;
    }
    let share = ((cx - ax) * vy - (cy - ay) * vx) / cross;
    let found = LocalPosition::from_metres(ax + share * ux, ay + share * uy);
    (found.distance_to(b).metres() < 80.0).then_some(found)
}

fn drawn([start, bend, end]: [(f64, f64); 3], moving: bool, yields: bool) -> String {
    let path =
        format!("M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}", start.0, start.1, bend.0, bend.1, end.0, end.1);
    if !moving {
        return format!("<path class=\"still\" d=\"{path}\"/>");
    }
    let (along, across) = (end.0 - bend.0, end.1 - bend.1);
    let length = libm::hypot(along, across).max(0.1);
    let (ux, uy) = (along / length, across / length);
    let (class, head) = if yields { ("yields", "head gives") } else { ("moves", "head") };
    let tip = (end.0 + ux * 5.0, end.1 + uy * 5.0);
    let base = (end.0 - ux * 4.0, end.1 - uy * 4.0);
    format!(
        "<path class=\"{class}\" d=\"{path}\"/><path class=\"{head}\" d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\"/>",
        tip.0,
        tip.1,
        base.0 - uy * 4.5,
        base.1 + ux * 4.5,
        base.0 + uy * 4.5,
        base.1 - ux * 4.5
    )
}

fn yields_to_one_of(intersection: &Intersection, group: GroupIndex, green: &[GroupIndex]) -> bool {
    green.iter().any(|other| {
        matches!(intersection.conflicts().conflict(group, *other), Conflict::Permissive { yields } if yields == group)
    })
}

/// So many metres from the first point towards the second.
fn along(from: LocalPosition, towards: LocalPosition, metres: f64) -> LocalPosition {
    let length = from.distance_to(towards).metres().max(0.001);
    let share = metres / length;
    LocalPosition::from_metres(
        from.east().metres() + (towards.east() - from.east()).metres() * share,
        from.north().metres() + (towards.north() - from.north()).metres() * share,
    )
}

/// The middle of the smallest upright rectangle around some points.
fn centre_of(points: &[LocalPosition]) -> LocalPosition {
    let middle = |values: &dyn Fn(&LocalPosition) -> f64| {
        let low = points.iter().map(values).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(values).fold(f64::NEG_INFINITY, f64::max);
        if points.is_empty() { 0.0 } else { f64::midpoint(low, high) }
    };
    LocalPosition::from_metres(
        middle(&|point| point.east().metres()),
        middle(&|point| point.north().metres()),
    )
}
