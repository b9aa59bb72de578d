//! What equipped intersections tell everybody, where somebody listens: SPATEM of their lamps and MAPEM of their lanes. It writes nothing that
//! drivers or the engine read.

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use voorrang_messages::{RoadTopology, SequenceNumber, SignalState, StationId};
use voorrang_priority::area::ControlledIntersection;
use voorrang_priority::etsi::{
    self, Lamp, MapemError, Operation, Publication, SignalReport, SpatemError, intervention_reasons,
    prioritizations,
};
use voorrang_signals::{Controller, Forecast, Prediction};
use voorrang_units::Instant;

use crate::priority_plugin::{self, Priority, intersection_station};
use crate::radio::Air;
use crate::scenario::Scenario;
use crate::schedule::{Clock, ControlStep, NextControl};
use crate::signal_plugin::Signals;

/// Why an intersection can't tell what it should.
#[derive(Debug, thiserror::Error)]
#[error("no messages of intersection {intersection} can be written: {source}")]
pub struct PublicationFault {
    /// Its name.
    pub intersection: String,
    /// Why.
    #[source]
    pub source: PublicationError,
}

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// Of its lanes.
    #[error(transparent)]
    Mapem(#[from] MapemError),
    /// Of its lamps.
    #[error(transparent)]
    Spatem(#[from] SpatemError),
}

/// All equipped intersections.
#[derive(Resource, Debug)]
pub struct Publications {
    intersections: Vec<Published>,
    forecast: Forecast,
    /// The first; after it nothing is told any more.
    fault: Option<PublicationFault>,
}

#[derive(Debug)]
struct Published {
    /// Position in the scenario's intersections.
    place: usize,
    name: String,
    station: StationId,
    topology: RoadTopology,
    publication: Publication,
    /// What the last SPATEM said, without its moment.
    told: Option<SignalState>,
}

impl Publications {
    /// Nothing has been told.
    ///
    /// # Errors
    /// If an intersection has lanes that no MAPEM can tell.
    pub fn new(scenario: &Scenario, start: Instant) -> Result<Self, PublicationFault> {
        let equipped =
            scenario.intersections.iter().enumerate().filter(|(_, controlled)| controlled.equipped);
        let published = equipped.map(|(place, controlled)| {
            let name = controlled.intersection.name().to_owned();
            let topology = etsi::road_topology(&controlled.intersection)
                .map_err(|error| PublicationFault { intersection: name.clone(), source: error.into() })?;
            let publication = Publication::new(start);
            let station = intersection_station(place);
            Ok(Published { place, name, station, topology, publication, told: None })
        });
        Ok(Self {
            intersections: published.collect::<Result<_, _>>()?,
            forecast: Forecast::default(),
            fault: None,
        })
    }

    /// Ends the telling.
    ///
    /// # Errors
    /// If something could not be told.
    pub fn finish(self) -> Result<(), PublicationFault> {
        self.fault.map_or(Ok(()), Err)
    }
}

/// Intersections tell everybody.
#[derive(Debug)]
pub struct PublicationPlugin;

impl Plugin for PublicationPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(ControlStep, publish.after(priority_plugin::confirm));
    }
}

fn publish(
    clock: Res<Clock>,
    priority: Res<Priority>,
    signals: Res<Signals>,
    mut publications: ResMut<Publications>,
    mut air: ResMut<Air>,
    mut next: ResMut<NextControl>,
) {
    let Publications { intersections, forecast, fault } = &mut *publications;
    if fault.is_some() {
        return;
    }
    let now = clock.control;
    for published in intersections {
        let controller = signals.controller(published.place);
        let area = priority.area();
        let Some(at) = area.find(controller.intersection().id()) else { continue };
        match published.tell(now, area.intersection(at), controller, forecast) {
            Ok(messages) => messages.into_iter().for_each(|bytes| air.broadcast(now, bytes)),
            Err(source) => {
                *fault = Some(PublicationFault { intersection: published.name.clone(), source });
                return;
            }
        }
        next.no_later_than(published.publication.next_deadline());
    }
}

impl Published {
    /// The messages that are due.
    fn tell(
        &mut self,
        now: Instant,
        intersection: &ControlledIntersection,
        controller: &Controller,
        forecast: &mut Forecast,
    ) -> Result<Vec<Vec<u8>>, PublicationError> {
        let predictions: Vec<Option<Prediction>> =
            forecast.predict(now, controller).iter().copied().map(Some).collect();
        let state = self.state(now, intersection, controller, &predictions);
        let still = SignalState { moment: None, ..state.clone() };
        let due = self.publication.due(now, self.told.as_ref() != Some(&still));
        let mut messages = Vec::new();
        if due.mapem {
            let issue = SequenceNumber(self.topology.revision);
            let topologies = std::slice::from_ref(&self.topology);
            messages.push(etsi::mapem(topologies, self.station, issue, now)?);
        }
        if due.spatem {
            self.told = Some(still);
            messages.push(etsi::spatem(&[state], self.station, now)?);
        }
        Ok(messages)
    }

    fn state(
        &self,
        now: Instant,
        intersection: &ControlledIntersection,
        controller: &Controller,
        predictions: &[Option<Prediction>],
    ) -> SignalState {
        let layout = intersection.layout();
        let lamps: Vec<_> = intersection.signals().iter().map(|signal| Lamp::of(*signal)).collect();
        let fixed = layout.program().fixed_time(now).is_some();
        let report = SignalReport {
            intersection: layout,
            revision: self.topology.revision,
            lamps: &lamps,
            predictions,
            operation: if fixed { Operation::FixedTime } else { Operation::TrafficDependent },
            reasons: &intervention_reasons(intersection, controller.wishes()),
            prioritizations: &prioritizations(intersection),
        };
        etsi::signal_state(now, &report)
    }
}
