//! Tiles of the map: quadkeys of the web Mercator projection. A tile's key begins with the keys of all tiles that hold it.

use voorrang_units::{GeodeticPosition, LocalPlane, LocalPosition};

use crate::messaging::Relevance;

/// 1.5 km wide at 52 degrees north.
pub(super) const FINEST: u32 = 14;
/// 24 km wide there. What needs a coarser one goes to as many of these as are allowed.
pub(super) const COARSEST: u32 = 10;
/// One publication goes to no more tiles.
const MOST: usize = 16;
/// Beyond it the projection has no tiles.
const NORTHERNMOST: f64 = 85.051_128;

/// The quadkeys of the tiles that a circle touches, as fine as possible without being more than 16.
pub(super) fn covering(circle: &Relevance) -> Vec<String> {
    let plane = LocalPlane::at(circle.centre);
    let radius = circle.radius.metres().max(0.0);
    let corner = |east, north| plane.to_geodetic(LocalPosition::from_metres(east * radius, north * radius));
    let (south_west, north_east) = (corner(-1.0, -1.0), corner(1.0, 1.0));
    for zoom in (COARSEST..=FINEST).rev() {
        let ((west, south), (east, north)) = (tile(south_west, zoom), tile(north_east, zoom));
        // Over the date line the circle is cut: no road goes there.
        let columns = west.min(east)..=west.max(east);
        let rows = north.min(south)..=north.max(south);
        let count = |range: &std::ops::RangeInclusive<u32>| usize::try_from(range.end() - range.start() + 1);
        let fits =
            count(&columns).ok().zip(count(&rows).ok()).is_some_and(|(a, b)| a.saturating_mul(b) <= MOST);
        if fits || zoom == COARSEST {
            let tiles = rows.flat_map(|row| columns.clone().map(move |column| (column, row)));
            return tiles.take(MOST).map(|(column, row)| quadkey(column, row, zoom)).collect();
        }
    }
    Vec::new()
}

/// Column and row, counted from the north-west.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the tiles that there are"
)]
fn tile(position: GeodeticPosition, zoom: u32) -> (u32, u32) {
    let tiles = f64::from(1_u32 << zoom);
    let latitude = position.latitude_degrees().clamp(-NORTHERNMOST, NORTHERNMOST).to_radians();
    let column = (position.longitude_degrees() + 180.0) / 360.0 * tiles;
    let row = (1.0 - latitude.tan().asinh() / std::f64::consts::PI) / 2.0 * tiles;
    let within = |number: f64| number.floor().clamp(0.0, tiles - 1.0) as u32;
    (within(column), within(row))
}

fn quadkey(column: u32, row: u32, zoom: u32) -> String {
    let digit = |level: u32| {
        let bit = |number: u32| number >> level & 1;
        char::from_digit(bit(column) + 2 * bit(row), 4).unwrap_or('0')
    };
    (0..zoom).rev().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use voorrang_units::Length;

    fn circle(latitude: f64, longitude: f64, radius: f64) -> Relevance {
        let centre = GeodeticPosition::from_degrees(latitude, longitude).unwrap();
        Relevance { centre, radius: Length::from_metres(radius) }
    }

    #[test]
    fn quadkeys_are_those_of_the_tile_system() {
        // The example of Microsoft's description of the Bing Maps tile system: tile (3, 5) at level 3 is 213.
        assert_eq!(quadkey(3, 5, 3), "213");
        // Utrecht's cathedral: column 8425, row 5405 of level 14.
        assert_eq!(tile(GeodeticPosition::from_degrees(52.0907, 5.1214).unwrap(), 14), (8425, 5405));
    }

    #[test]
    fn a_small_circle_touches_few_tiles_and_a_large_one_coarser_ones() {
        let small = covering(&circle(52.0907, 5.1214, 100.0));
        assert!((1..=4).contains(&small.len()) && small.iter().all(|tile| tile.len() == 14), "{small:?}");
        let large = covering(&circle(52.0907, 5.1214, 5000.0));
        assert!((2..=MOST).contains(&large.len()) && large.iter().all(|tile| tile.len() < 14), "{large:?}");
        let finest = quadkey(8425, 5405, 14);
        assert!(large.iter().any(|tile| finest.starts_with(tile)));
        assert_eq!(covering(&circle(52.0, 5.0, 1e7)).len(), MOST);
        assert!(!covering(&circle(89.0, 5.0, 1e3)).is_empty());
        assert!(!covering(&circle(52.0, 179.999, 1e3)).is_empty());
    }
}
