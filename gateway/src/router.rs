//! Which control area a message is for: requests by the intersection that they name, positions by the junctions near them. Thousands of junctions
//! cost no more than ten. A reload exchanges the table.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use voorrang_messages::IntersectionReference;
use voorrang_signals::Intersection;
use voorrang_units::{GeodeticPosition, Length};

use crate::area::Role;
use crate::engine_task::AreaHandle;

/// A position this far beyond a junction's lanes still matters there: to see that a vehicle has left.
const REACH: Length = Length::from_metres(300.0);

/// Some 440 m by 410 m in the Netherlands.
const DEGREES_NORTH: f64 = 0.004;
const DEGREES_EAST: f64 = 0.006;
/// A junction that would fill more cells than this is looked at wherever a position is.
const MOST_CELLS: i64 = 1024;

/// Where messages go. Shared by all transports.
#[derive(Debug, Default)]
pub struct Router {
    table: RwLock<Arc<RoutingTable>>,
}

impl Router {
    /// The table of this moment.
    #[must_use]
    pub fn table(&self) -> Arc<RoutingTable> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on it is this one.
    pub fn set(&self, table: RoutingTable) {
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
    }
}

/// Who is where.
#[derive(Debug, Default)]
pub struct RoutingTable {
    areas: Vec<AreaHandle>,
    /// By region and number.
    junctions: BTreeMap<(u16, u16), Route>,
    /// By number alone, whatever the region; none where several have it.
    numbers: BTreeMap<u16, Option<Route>>,
    /// Areas by the cells that lanes of their junctions lie in; sorted, each once.
    cells: Vec<(Cell, u32)>,
    /// Areas that are looked at wherever a position is; sorted.
    everywhere: Vec<u32>,
}

/// What is known of a junction here.
#[derive(Debug, Clone, Copy)]
struct Route {
    area: u32,
    relays: bool,
}

/// Row and column.
type Cell = (i32, i32);

/// Of latitude: the Earth's circumference over the poles, 40,008 km, by 360.
const METRES_A_DEGREE: f64 = 111_133.0;

impl RoutingTable {
    /// Of areas, each with its junctions and what the gateway is to them.
    #[must_use]
    pub fn new<'a, J>(areas: impl IntoIterator<Item = (AreaHandle, J)>) -> Self
    where
        J: IntoIterator<Item = (&'a Intersection, Role)>,
    {
        let mut table = Self::default();
        for (handle, junctions) in areas {
            let area = u32::try_from(table.areas.len()).unwrap_or(u32::MAX);
            table.areas.push(handle);
            for (intersection, role) in junctions {
                let id = intersection.id();
                let route = Route { area, relays: role == Role::Relay };
                table.junctions.entry((id.region, id.id)).or_insert(route);
                table.numbers.entry(id.id).and_modify(|known| *known = None).or_insert(Some(route));
                table.add_cells(area, intersection);
            }
        }
        table.cells.sort_unstable();
        table.cells.dedup();
        table.everywhere.dedup();
        table
    }

    /// The area of the junction that a message means, and whether that junction relays. Without a region, the number must be the only such.
    #[must_use]
    pub fn find(&self, reference: IntersectionReference) -> Option<(&AreaHandle, bool)> {
        let route = match reference.region {
            Some(region) => self.junctions.get(&(region, reference.id)),
            None => self.numbers.get(&reference.id)?.as_ref(),
        }?;
        Some((self.handle(route.area)?, route.relays))
    }

    /// The areas that a position may matter to, each once.
    pub fn near(&self, position: GeodeticPosition) -> impl Iterator<Item = &AreaHandle> {
        let here = cell(position);
        let first = self.cells.partition_point(|(cell, _)| *cell < here);
        let in_cell = self.cells[first..].iter().take_while(move |(cell, _)| *cell == here);
        let in_cell = in_cell.map(|(_, area)| *area).filter(|area| !self.everywhere.contains(area));
        in_cell.chain(self.everywhere.iter().copied()).filter_map(|area| self.handle(area))
    }

    /// All areas.
    #[must_use]
    pub fn areas(&self) -> &[AreaHandle] {
        &self.areas
    }

    fn handle(&self, area: u32) -> Option<&AreaHandle> {
        self.areas.get(usize::try_from(area).ok()?)
    }

    fn add_cells(&mut self, area: u32, intersection: &Intersection) {
        let reference = intersection.reference();
        let nodes = intersection.lanes().iter().flat_map(|lane| &lane.nodes).chain([&reference]);
        let (mut south, mut north, mut west, mut east) =
            (f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY);
        for node in nodes {
            south = south.min(node.latitude_degrees());
            north = north.max(node.latitude_degrees());
            west = west.min(node.longitude_degrees());
            east = east.max(node.longitude_degrees());
        }
        let north_reach = REACH.metres() / METRES_A_DEGREE;
        let east_reach = north_reach / reference.latitude_degrees().to_radians().cos().max(0.01);
        let (low_row, low_column) = cell_at(south - north_reach, west - east_reach);
        let (high_row, high_column) = cell_at(north + north_reach, east + east_reach);
        let rows = i64::from(high_row) - i64::from(low_row) + 1;
        let columns = i64::from(high_column) - i64::from(low_column) + 1;
        // Lanes on both sides of the date line fill a whole row.
        if rows * columns > MOST_CELLS {
            self.everywhere.push(area);
            return;
        }
        let cells =
            (low_row..=high_row).flat_map(|row| (low_column..=high_column).map(move |column| (row, column)));
        self.cells.extend(cells.map(|cell| (cell, area)));
    }
}

fn cell(position: GeodeticPosition) -> Cell {
    cell_at(position.latitude_degrees(), position.longitude_degrees())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "180 degrees are 30,000 cells, and a float beyond saturates"
)]
fn cell_at(latitude: f64, longitude: f64) -> Cell {
    ((latitude / DEGREES_NORTH).floor() as i32, (longitude / DEGREES_EAST).floor() as i32)
}

#[cfg(test)]
mod tests {
    use voorrang_messages::StationId;
    use voorrang_priority::{EngineConfig, StrategyConfig};
    use voorrang_units::{LocalPlane, LocalPosition};

    use super::*;
    use crate::area::AreaConfig;
    use crate::clock::Clock;
    use crate::engine_task::spawn;
    use crate::journal::{Commit, CommitSink, Untaken};
    use crate::lab::street;
    use crate::operations::metrics::Metrics;

    #[derive(Debug)]
    struct Nowhere;

    impl CommitSink for Nowhere {
        fn submit(&self, _commit: Commit) -> Result<(), Untaken> {
            Ok(())
        }
    }

    fn handle(place: usize) -> AreaHandle {
        let area = AreaConfig {
            name: Arc::from(format!("area {place}")),
            place,
            station: StationId(1),
            engine: EngineConfig::with_strategy(StrategyConfig::None),
            junctions: Vec::new(),
            vlog: false,
        };
        spawn(area, Clock::start(), Arc::new(Nowhere), Arc::new(Metrics::default())).0
    }

    /// Junctions of a street, two to an area.
    fn street(junctions: u16) -> (RoutingTable, Vec<Intersection>) {
        let origin = GeodeticPosition::from_degrees(52.05, 5.05).unwrap();
        let files = (0..junctions).map(|number| street::intersection_file(origin, number));
        let junctions: Vec<_> =
            files.map(|text| Intersection::from_toml(&text, "street.toml").unwrap()).collect();
        let pairs = junctions.chunks(2).enumerate();
        let table = RoutingTable::new(
            pairs.map(|(place, pair)| (handle(place), pair.iter().map(|one| (one, Role::Control)))),
        );
        (table, junctions)
    }

    fn reference(region: Option<u16>, id: u16) -> IntersectionReference {
        IntersectionReference { region, id }
    }

    #[tokio::test]
    async fn a_request_goes_to_the_area_of_its_intersection_and_to_none_where_that_is_unknown() {
        let (table, junctions) = street(6);
        for (place, junction) in junctions.iter().enumerate() {
            let id = junction.id();
            for region in [Some(id.region), None] {
                let (area, relays) = table.find(reference(region, id.id)).unwrap();
                assert_eq!((area.place(), relays), (place / 2, false));
            }
        }
        assert!(table.find(reference(Some(1), 1)).is_none());
        assert!(table.find(reference(None, 4711)).is_none());
    }

    #[tokio::test]
    async fn a_number_that_two_regions_have_needs_its_region() {
        let origin = GeodeticPosition::from_degrees(52.05, 5.05).unwrap();
        let text = street::intersection_file(origin, 0);
        let other = text.replace("region = 65000", "region = 65001");
        let [one, other] = [&text, &other].map(|text| Intersection::from_toml(text, "k.toml").unwrap());
        let table = RoutingTable::new([(handle(0), [(&one, Role::Relay), (&other, Role::Control)])]);
        assert!(table.find(reference(None, 1)).is_none());
        assert!(table.find(reference(Some(65_000), 1)).unwrap().1);
        assert!(!table.find(reference(Some(65_001), 1)).unwrap().1);
    }

    #[tokio::test]
    async fn a_position_goes_to_each_area_near_it_once_and_to_none_far_off() {
        let (table, junctions) = street(40);
        let near = |junction: usize, east: f64, north: f64| {
            let plane = LocalPlane::at(junctions[junction].reference());
            let position = plane.to_geodetic(LocalPosition::from_metres(east, north));
            table.near(position).map(AreaHandle::place).collect::<Vec<_>>()
        };
        for (place, junction) in junctions.iter().enumerate() {
            for lane in junction.lanes() {
                let found: Vec<_> = lane.nodes.iter().map(|node| table.near(*node).count()).collect();
                let own =
                    lane.nodes.iter().all(|node| table.near(*node).any(|area| area.place() == place / 2));
                assert!(own, "{place} {found:?}");
            }
            let mut here = near(place, 0.0, 0.0);
            here.sort_unstable();
            let count = here.len();
            here.dedup();
            assert_eq!(here.len(), count);
            assert!(count < 6, "{count}");
        }
        assert_eq!(near(0, -5_000.0, 0.0), Vec::<usize>::new());
    }
}
