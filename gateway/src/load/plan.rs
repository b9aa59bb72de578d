//! Which vehicles ask where: chosen from the gateway's own configuration.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use voorrang_messages::{
    IntersectionAccess, IntersectionReference, PriorityRequest, RequestId, RequestKind, StationId,
};
use voorrang_signals::Intersection;
use voorrang_signals::document::{Document, Problem, Problems};
use voorrang_signals::intersection::Direction;
use voorrang_units::{Angle, GeodeticPosition, LocalPlane, Speed};

use super::vehicle::Vehicle;
use super::{LoadError, LoadOptions};
use crate::clock::Clock;
use crate::config::Config;
use crate::messaging::mac::Key;
use crate::messaging::{Identity, Messaging, Reached};
use crate::security::SecurityConfig;
use crate::security::entry::{Authorised, Role, StationSet};

/// A vehicle says no more requests a second, so that its own limit (5 by default) doesn't stop it.
const PER_VEHICLE: u32 = 4;
/// So many vehicles ask at one approach: beyond, a table of requests is full, for those whose identity is an address alone.
const PER_INTERSECTION: usize = 16;
/// The pace at which they say to approach: none is due while the measurement lasts.
const PACE: Speed = Speed::from_metres_per_second(3.0);
/// Stations of an entry that names none: far from those that are in use.
const NAMELESS: (u32, u32) = (3_000_000_000, 3_000_999_999);

/// What is sent where.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) target: SocketAddr,
    pub(super) key: Option<Arc<Key>>,
    pub(super) vehicles: Vec<Vehicle>,
    pub(super) rate: u32,
    pub(super) duration: Duration,
}

impl Plan {
    pub(super) fn new(options: &LoadOptions) -> Result<Self, LoadError> {
        let config = Config::load(&options.config)?;
        let intersections: Vec<Arc<Intersection>> =
            config.junctions().map(|(_, junction)| Arc::clone(&junction.intersection)).collect();
        let (reached, security) = read(&options.config, &intersections)?;
        let Reached { address, key } = reached;
        if !address.ip().is_loopback() && !options.elsewhere {
            return Err(LoadError::Unfit {
                what: format!("{address} is another machine, or an address that others reach"),
                remedy: "measure on loopback, or say --elsewhere if the gateway there is yours to load",
            });
        }
        if address.port() == 0 {
            return Err(LoadError::Unfit {
                what: "the configuration leaves udp's port to the system".to_owned(),
                remedy: "give `listen` in [udp] a port",
            });
        }
        let identity = match &key {
            Some(key) => Identity::Key(Arc::clone(key.name())),
            None => Identity::Address(address.ip()),
        };
        let entry = security.authorised.iter().find(|entry| {
            entry.role == Role::Emergency && entry.hours.is_empty() && speaks_for(entry, &identity)
        });
        let Some(entry) = entry else {
            return Err(LoadError::Unfit {
                what: format!("no [[authorised]] entry lets emergency vehicles ask as {identity:?}"),
                remedy: "add one with role = \"emergency\", stations and network = \"127.0.0.0/8\" (or the key)",
            });
        };
        let vehicles = vehicles(options, entry, &intersections)?;
        Ok(Self { target: address, key, vehicles, rate: options.rate, duration: options.duration })
    }
}

/// Where the gateway listens for datagrams, and who may ask.
fn read(file: &Path, intersections: &[Arc<Intersection>]) -> Result<(Reached, SecurityConfig), LoadError> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Problems::one(Problem::with_file(&name, format!("can't be read: {error}"), "name a configuration"))
    })?;
    let document = Document::parse(&name, &text);
    let root = document.root();
    let messaging = Messaging::read(&root, file.parent().unwrap_or(Path::new("")));
    let security = SecurityConfig::read(&root, intersections).unwrap_or_default();
    let udp = messaging.transports.iter().filter(|transport| transport.name() == "udp");
    match udp.filter_map(|transport| transport.reached()).next() {
        Some(reached) => Ok((reached, security)),
        None => Err(LoadError::Unfit {
            what: "the configuration has no [udp]".to_owned(),
            remedy: "add it: the measurement is by UDP",
        }),
    }
}

fn speaks_for(entry: &Authorised, identity: &Identity) -> bool {
    match identity {
        Identity::Key(key) => entry.identities.keys.contains(key),
        Identity::Address(address) => {
            entry.identities.networks.iter().any(|network| network.contains(*address))
        }
        Identity::Certificate(_) | Identity::Session(_) => false,
    }
}

fn vehicles(
    options: &LoadOptions,
    entry: &Authorised,
    intersections: &[Arc<Intersection>],
) -> Result<Vec<Vehicle>, LoadError> {
    let held = intersections.iter().filter(|one| entry.area.holds(one.id(), one.reference()));
    // One place after the other at each intersection, so that few vehicles are spread over many.
    let mut places: Vec<Vec<Place>> =
        held.map(|one| places(one)).filter(|places| !places.is_empty()).collect();
    let most_places = places.len() * PER_INTERSECTION;
    if places.is_empty() {
        return Err(LoadError::Unfit {
            what: format!("\"{}\" may ask at no intersection that has ingress lanes", entry.name),
            remedy: "name intersections with lanes, or widen the entry's `area`",
        });
    }
    let by_rate = usize::try_from(options.rate.div_ceil(PER_VEHICLE)).unwrap_or(usize::MAX);
    let count = options.vehicles.unwrap_or_else(|| by_rate.max(places.len()).min(most_places)).max(1);
    let ranges = match &entry.stations {
        StationSet::Any => vec![NAMELESS],
        StationSet::Listed(ranges) => ranges.clone(),
    };
    let stations = ranges.iter().flat_map(|(first, last)| *first..=*last).map(StationId);
    let run = this_run();
    let mut vehicles = Vec::with_capacity(count);
    for (number, station) in (0..count).zip(stations) {
        let here = number % places.len();
        let place = number / places.len() % places[here].len();
        vehicles.push(Vehicle::new(places[here][place].request(station, run, entry)));
    }
    places.clear();
    if vehicles.len() < count {
        return Err(LoadError::Unfit {
            what: format!(
                "{count} vehicles are wanted, and \"{}\" names {} stations",
                entry.name,
                vehicles.len()
            ),
            remedy: "give fewer --vehicles, or widen `stations` of the entry",
        });
    }
    Ok(vehicles)
}

/// The number of this run's requests: another each second, for the gateway remembers those of the run before, which have ended.
fn this_run() -> RequestId {
    let seconds = Clock::start().now().unix_millis() / 1000;
    RequestId(u8::try_from(seconds.rem_euclid(255) + 1).unwrap_or(1))
}

/// Where a vehicle stands: as far out on an approach as its lanes reach.
#[derive(Debug, Clone, Copy)]
struct Place {
    intersection: IntersectionReference,
    approach: u8,
    position: GeodeticPosition,
    heading: Angle,
}

fn places(intersection: &Intersection) -> Vec<Place> {
    let plane = LocalPlane::at(intersection.reference());
    let id = intersection.id();
    let arms = intersection.approaches().iter().filter(|arm| !arm.groups.is_empty());
    arms.filter_map(|arm| {
        let lanes = arm.lanes.iter().map(|lane| &intersection.lanes()[lane.index()]);
        let lane =
            lanes.filter(|lane| lane.direction == Direction::Ingress).max_by_key(|lane| lane.nodes.len())?;
        let [.., inner, outer] = lane.nodes[..] else { return None };
        Some(Place {
            intersection: IntersectionReference { region: Some(id.region), id: id.id },
            approach: arm.id.number(),
            position: outer,
            heading: plane.to_local(outer).heading_to(plane.to_local(inner)),
        })
    })
    .collect()
}

impl Place {
    fn request(&self, station: StationId, run: RequestId, entry: &Authorised) -> PriorityRequest {
        PriorityRequest {
            station,
            intersection: self.intersection,
            request: run,
            sequence: None,
            kind: RequestKind::New,
            inbound: IntersectionAccess::Approach(self.approach),
            outbound: None,
            eta: None,
            service_window: None,
            role: entry.role.asks_as(),
            subrole: entry.subroles.first().copied(),
            importance: Some(entry.importance_ceiling.min(14)),
            position: Some(self.position),
            heading: Some(self.heading),
            speed: Some(PACE),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::lab::folder;

    fn plan(
        change: impl Fn(&str) -> String,
        options: impl Fn(LoadOptions) -> LoadOptions,
    ) -> Result<Plan, String> {
        let lab = tempfile::tempdir().unwrap();
        folder::write(lab.path(), 3).unwrap();
        let config = lab.path().join(folder::CONFIGURATION);
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, change(&text)).unwrap();
        let usual = LoadOptions {
            config,
            rate: 100,
            duration: Duration::from_secs(1),
            vehicles: None,
            elsewhere: false,
            echo: false,
        };
        Plan::new(&options(usual)).map_err(|error| error.to_string())
    }

    #[test]
    fn each_vehicle_is_a_station_that_may_ask_and_none_says_more_than_it_may() {
        let plan = plan(str::to_owned, |options| options).unwrap();
        assert_eq!(plan.target.to_string(), "127.0.0.1:4711");
        let stations: BTreeSet<u32> = plan.vehicles.iter().map(Vehicle::station).collect();
        assert_eq!(stations.len(), 25, "four requests a second each");
        assert!(stations.iter().all(|station| (112_000..=131_999).contains(station)), "{stations:?}");
    }

    #[test]
    fn what_cannot_be_measured_is_refused_with_a_remedy() {
        let usual = |options| options;
        let unlisted = plan(|text| text.replace("127.0.0.0/8", "192.0.2.0/24"), usual).unwrap_err();
        assert!(unlisted.contains("add one with role = \"emergency\""), "{unlisted}");
        let many =
            plan(str::to_owned, |usual| LoadOptions { vehicles: Some(1_000_000), ..usual }).unwrap_err();
        assert!(many.contains("give fewer --vehicles"), "{many}");
        let any_port = plan(|text| text.replace("127.0.0.1:4711", "127.0.0.1:0"), usual).unwrap_err();
        assert!(any_port.contains("give `listen` in [udp] a port"), "{any_port}");
        let hours = "[[authorised]]\nhours = { days = \"mon-fri\", from = \"06:00\", to = \"22:00\" }";
        let sometimes = plan(|text| text.replace("[[authorised]]", hours), usual).unwrap_err();
        assert!(sometimes.contains("no [[authorised]] entry lets"), "{sometimes}");
    }
}
