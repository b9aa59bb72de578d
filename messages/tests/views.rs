//! Laws for the views of every value that SPATEM and MAPEM may have: a view is never a panic, and what it says comes back from the
//! wire. Values are made up from the types' own constraints.

mod sample;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use voorrang_messages::json::FromJson;
use voorrang_messages::schema::Described;
use voorrang_messages::{Mapem, RoadTopology, SequenceNumber, SignalState, Spatem, StationId, ViewError};
use voorrang_units::{GeodeticPosition, Instant, Length, LocalPosition};

const CASES: u32 = 10_000;

/// 2026-12-31T23:59:30Z.
const RECEIVED: Instant = Instant::from_unix_millis(1_798_761_570_000);

#[test]
fn signal_states_of_any_message_come_back() {
    let mut runner = TestRunner::new(sample::config(CASES));
    let law = runner.run(&sample::values(Spatem::SCHEMA), |value| {
        let spatem = Spatem::from_json(&value).expect("the schema allows it");
        let mut states = SignalState::all_from_spatem(&spatem, RECEIVED);
        states.iter_mut().for_each(|state| state.unreadable.clear());
        match SignalState::to_spatem(&states, StationId(1), RECEIVED) {
            Ok(again) => prop_assert_eq!(SignalState::all_from_spatem(&again, RECEIVED), states),
            // Octets of an extension that happen to be an addition of a later version.
            Err(error) => prop_assert!(matches!(error, ViewError::UnknownValue(_)), "{}", error),
        }
        Ok(())
    });
    law.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn road_topologies_of_any_message_come_back() {
    let mut runner = TestRunner::new(sample::config(CASES));
    let law = runner.run(&sample::values(Mapem::SCHEMA), |value| {
        let mapem = Mapem::from_json(&value).expect("the schema allows it");
        let topologies = match RoadTopology::all_from_mapem(&mapem) {
            Ok(topologies) => topologies,
            Err(error) => {
                prop_assert!(matches!(error, ViewError::NoReferencePoint(_)), "{}", error);
                return Ok(());
            }
        };
        for topology in topologies {
            let one = std::slice::from_ref(&topology);
            match RoadTopology::to_mapem(one, StationId(1), SequenceNumber(0), RECEIVED) {
                Ok(again) => {
                    same_lanes(&RoadTopology::all_from_mapem(&again).expect("a place")[0], &topology)?
                }
                Err(error) => prop_assert!(may_be_unsayable(&topology, &error), "{}", error),
            }
        }
        Ok(())
    });
    law.unwrap_or_else(|failure| panic!("{failure}"));
}

/// All that can be read and not be written.
fn may_be_unsayable(topology: &RoadTopology, error: &ViewError) -> bool {
    match error {
        ViewError::None("lane") => !topology.unreadable.is_empty(),
        // An altitude reaches further than an elevation.
        ViewError::OutOfRange { what, .. } => what.contains("elevation"),
        // Several lists of limits at one node are one in the view.
        ViewError::TooMany { what, .. } => what.contains("speed limits"),
        ViewError::NodeBeyond { .. } => leaves_the_plane(topology),
        _ => false,
    }
}

/// Around the poles a plane has no longitudes, beyond them no latitudes; and half-way round the world it ends.
fn leaves_the_plane(topology: &RoadTopology) -> bool {
    let near_a_pole = |place: GeodeticPosition| place.latitude_degrees().abs() > 89.0;
    let nodes = topology.lanes.iter().flat_map(|lane| &lane.nodes).map(|node| node.position);
    near_a_pole(topology.reference_point)
        || nodes.into_iter().any(|position| {
            let far = position.distance_to(LocalPosition::default()) > Length::from_kilometres(1000.0);
            far || near_a_pole(topology.plane().to_geodetic(position))
        })
}

fn same_lanes(back: &RoadTopology, topology: &RoadTopology) -> Result<(), TestCaseError> {
    prop_assert_eq!(back.lanes.len(), topology.lanes.len());
    for (back, lane) in back.lanes.iter().zip(&topology.lanes) {
        prop_assert_eq!(back.nodes.len(), lane.nodes.len());
        let mut moved = lane.clone();
        for (node, back) in moved.nodes.iter_mut().zip(&back.nodes) {
            let off = node.position.distance_to(back.position).metres();
            prop_assert!(off < 0.01, "{} m", off);
            node.position = back.position;
        }
        prop_assert_eq!(back, &moved);
    }
    Ok(())
}
