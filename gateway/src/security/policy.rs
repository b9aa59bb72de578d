//! The list of who may ask, made ready for being looked up.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use voorrang_messages::StationId;
use voorrang_signals::Intersection;
use voorrang_units::{Angle, GeodeticPosition};

use super::config::SecurityConfig;
use super::entry::{Area, Authorised, StationSet};
use super::network::Network;
use super::refusal::Refusal;
use super::roads::Roads;
use super::station::Speaker;
use crate::messaging::Identity;

/// Who may ask, where the roads are, and how much is taken. Never changed: a new configuration makes a new one.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) config: SecurityConfig,
    pub(super) roads: Roads,
    subjects: BTreeMap<Arc<str>, Speaks>,
    keys: BTreeMap<Arc<str>, Speaks>,
    sessions: BTreeMap<Arc<str>, Speaks>,
    networks: Vec<(Network, Speaks)>,
    /// Every station that is named by number, in ranges.
    named: Ranges<()>,
    /// By entry, then by the intersection's place: whether it holds there. None where it holds everywhere.
    held: Vec<Option<Vec<bool>>>,
}

/// For which stations an identity speaks, by which entry.
#[derive(Debug, Default)]
struct Speaks {
    named: Ranges<usize>,
    /// For all that no entry names.
    rest: Option<usize>,
}

/// Ranges in order, without overlap.
#[derive(Debug)]
struct Ranges<T>(Vec<(u32, u32, T)>);

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Ranges<T> {
    fn find(&self, number: u32) -> Option<T> {
        let place = self.0.partition_point(|(first, _, _)| *first <= number).checked_sub(1)?;
        let (_, last, value) = self.0.get(place)?;
        (number <= *last).then_some(*value)
    }

    /// Adds a range; what of it is there already stays as it is.
    fn add(&mut self, first: u32, last: u32, value: T) {
        let (mut from, mut free) = (u64::from(first), Vec::new());
        for (known_first, known_last, _) in &self.0 {
            if u64::from(*known_last) < from || *known_first > last {
                continue;
            }
            if u64::from(*known_first) > from {
                free.push((from, u64::from(*known_first) - 1));
            }
            from = u64::from(*known_last) + 1;
        }
        if from <= u64::from(last) {
            free.push((from, u64::from(last)));
        }
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        self.0.extend(free.into_iter().map(|(first, last)| (number(first), number(last), value)));
        self.0.sort_unstable_by_key(|(first, _, _)| *first);
    }
}

impl Speaks {
    fn add(&mut self, stations: &StationSet, entry: usize) {
        match stations {
            StationSet::Any => {
                self.rest.get_or_insert(entry);
            }
            StationSet::Listed(ranges) => {
                for (first, last) in ranges {
                    self.named.add(*first, *last, entry);
                }
            }
        }
    }
}

impl Policy {
    pub(super) fn new(config: SecurityConfig, intersections: &[Arc<Intersection>]) -> Self {
        let roads = Roads::new(intersections);
        let mut policy = Self {
            held: config.authorised.iter().map(|entry| held(entry, &roads)).collect(),
            roads,
            subjects: BTreeMap::new(),
            keys: BTreeMap::new(),
            sessions: BTreeMap::new(),
            networks: Vec::new(),
            named: Ranges::default(),
            config,
        };
        for (place, entry) in policy.config.authorised.iter().enumerate() {
            for (names, map) in [
                (&entry.identities.subjects, &mut policy.subjects),
                (&entry.identities.keys, &mut policy.keys),
                (&entry.identities.sessions, &mut policy.sessions),
            ] {
                for name in names {
                    map.entry(Arc::clone(name)).or_default().add(&entry.stations, place);
                }
            }
            for network in &entry.identities.networks {
                let known = policy.networks.iter().position(|(other, _)| other == network);
                let known = known.unwrap_or_else(|| {
                    policy.networks.push((*network, Speaks::default()));
                    policy.networks.len() - 1
                });
                policy.networks[known].1.add(&entry.stations, place);
            }
            if let StationSet::Listed(ranges) = &entry.stations {
                for (first, last) in ranges {
                    policy.named.add(*first, *last, ());
                }
            }
        }
        policy
    }

    /// The entry by which a sender speaks for a station.
    pub(super) fn find(&self, identity: &Identity, station: StationId) -> Result<usize, Refusal> {
        let by_name = |map: &BTreeMap<Arc<str>, Speaks>, name: &Arc<str>| {
            self.among(map.get(name).ok_or(Refusal::UnknownSender)?, station)
        };
        match identity {
            Identity::Certificate(subject) => by_name(&self.subjects, subject),
            Identity::Key(key) => by_name(&self.keys, key),
            Identity::Session(session) => by_name(&self.sessions, session),
            Identity::Address(address) => self.by_address(*address, station),
        }
    }

    fn by_address(&self, address: IpAddr, station: StationId) -> Result<usize, Refusal> {
        let mut refusal = Refusal::UnknownSender;
        let mut rest = None;
        for (_, speaks) in self.networks.iter().filter(|(network, _)| network.contains(address)) {
            match self.among(speaks, station) {
                // A number in one network goes before the rest of another.
                Ok(entry) if speaks.named.find(station.0).is_some() => return Ok(entry),
                Ok(entry) => rest = rest.or(Some(entry)),
                Err(why) => refusal = why,
            }
        }
        rest.ok_or(refusal)
    }

    fn among(&self, speaks: &Speaks, station: StationId) -> Result<usize, Refusal> {
        let named = || self.named.find(station.0).is_some();
        let entry = speaks.named.find(station.0).or_else(|| speaks.rest.filter(|_| !named()));
        entry.ok_or(Refusal::StationOfAnother)
    }

    pub(super) fn entry(&self, place: usize) -> &Authorised {
        &self.config.authorised[place]
    }

    /// Whether an entry holds at an intersection.
    pub(super) fn holds(&self, entry: usize, junction: usize) -> bool {
        self.held[entry].as_ref().is_none_or(|held| held.get(junction).copied().unwrap_or(false))
    }

    /// Whether a position under blue light would become a request at an intersection where the entry doesn't hold.
    pub(super) fn leads_out(&self, entry: usize, position: GeodeticPosition, heading: Option<Angle>) -> bool {
        let Some(heading) = heading.filter(|_| self.held[entry].is_some()) else { return false };
        self.roads.ahead(position, heading).any(|junction| !self.holds(entry, junction))
    }
}

/// At which intersections an entry holds; none for all.
fn held(entry: &Authorised, roads: &Roads) -> Option<Vec<bool>> {
    let junctions = roads.junctions().iter();
    (entry.area != Area::Everywhere)
        .then(|| junctions.map(|junction| entry.area.holds(junction.id, junction.reference)).collect())
}

/// A sender as a number.
pub(super) fn speaker(identity: &Identity) -> Speaker {
    let mut hasher = DefaultHasher::new();
    let sure = match identity {
        Identity::Address(address) => {
            (0_u8, address).hash(&mut hasher);
            false
        }
        Identity::Certificate(name) => {
            (1_u8, name).hash(&mut hasher);
            true
        }
        Identity::Key(name) => {
            (2_u8, name).hash(&mut hasher);
            true
        }
        Identity::Session(name) => {
            (3_u8, name).hash(&mut hasher);
            true
        }
    };
    Speaker { sure, number: hasher.finish() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_its_range_and_nowhere_else() {
        let mut ranges = Ranges::default();
        ranges.add(10, 20, 'a');
        ranges.add(15, 30, 'b');
        ranges.add(0, u32::MAX, 'c');
        for (number, value) in
            [(9, 'c'), (10, 'a'), (20, 'a'), (21, 'b'), (30, 'b'), (31, 'c'), (u32::MAX, 'c')]
        {
            assert_eq!(ranges.find(number), Some(value), "{number}");
        }
        let mut one = Ranges::default();
        one.add(5, 5, ());
        assert_eq!((one.find(4), one.find(5), one.find(6)), (None, Some(()), None));
    }
}
