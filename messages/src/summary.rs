//! A message in one sentence, for lists of many: who says what.

use std::fmt;

use crate::cam::{Cam, HighFrequencyContainer, LowFrequencyContainer, SpecialVehicleContainer};
use crate::denm::{Denm, Termination};
use crate::dsrc::{
    DSecond, IntersectionAccessPoint, IntersectionReferenceId, IntersectionState, MapData, MinuteOfTheYear,
    MovementPhaseState, RequestSubRole, RequestorType, SignalRequestMessage, SignalStatusMessage, Spat,
    VehicleId,
};
use crate::elements::IntersectionReference;
use crate::its_container::{CauseCode, CauseCodeType, Latitude, LightBarSirenInUse, Longitude, SpeedValue};
use crate::j2735::MessageFrame;
use crate::message::ItsMessage;

/// A message in one sentence, as `emergency, blue light and siren: asks 528/3107, approach 3, request 7, ETA in 18.0 s`.
#[derive(Debug, Clone, Copy)]
pub struct Summary<'a>(Subject<'a>);

#[derive(Debug, Clone, Copy)]
enum Subject<'a> {
    Request(&'a SignalRequestMessage),
    Status(&'a SignalStatusMessage),
    Signals(&'a Spat),
    Roads(&'a MapData),
    Vehicle(&'a Cam),
    Event(&'a Denm),
}

impl<'a> From<&'a ItsMessage> for Summary<'a> {
    fn from(message: &'a ItsMessage) -> Self {
        Self(match message {
            ItsMessage::Srem(srem) => Subject::Request(&srem.srm),
            ItsMessage::Ssem(ssem) => Subject::Status(&ssem.ssm),
            ItsMessage::Spatem(spatem) => Subject::Signals(&spatem.spat),
            ItsMessage::Mapem(mapem) => Subject::Roads(&mapem.map),
            ItsMessage::Cam(cam) => Subject::Vehicle(cam),
            ItsMessage::Denm(denm) => Subject::Event(denm),
        })
    }
}

impl<'a> From<&'a MessageFrame> for Summary<'a> {
    fn from(frame: &'a MessageFrame) -> Self {
        Self(match frame {
            MessageFrame::Srm(srm) => Subject::Request(srm),
            MessageFrame::Ssm(ssm) => Subject::Status(ssm),
            MessageFrame::Spat(spat) => Subject::Signals(spat),
            MessageFrame::Map(map) => Subject::Roads(map),
        })
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Subject::Request(srm) => write_request(out, srm),
            Subject::Status(ssm) => write_status(out, ssm),
            Subject::Signals(spat) => separated(out, "; ", &spat.intersections.0, write_signals),
            Subject::Roads(map) => write_roads(out, map),
            Subject::Vehicle(cam) => write_vehicle(out, cam),
            Subject::Event(denm) => write_event(out, denm),
        }
    }
}

fn write_request(out: &mut fmt::Formatter<'_>, srm: &SignalRequestMessage) -> fmt::Result {
    if let Some(role) = &srm.requestor.r#type {
        write_role(out, role)?;
        out.write_str(": ")?;
    }
    let Some(requests) = &srm.requests else { return out.write_str("asks nothing") };
    separated(out, "; ", &requests.0, |out, package| {
        let request = &package.request;
        let verb = match request.request_type.number() {
            Some(1) => "asks",
            Some(2) => "updates its request at",
            Some(3) => "cancels its request at",
            _ => "has a request of another type at",
        };
        write!(out, "{verb} {}, ", intersection(&request.id))?;
        write_access(out, &request.in_bound_lane)?;
        write!(out, ", request {}", request.request_id.0)?;
        match seconds_between((srm.time_stamp, Some(srm.second)), (package.minute, package.second)) {
            Some(seconds) => write!(out, ", ETA in {seconds:.1} s"),
            None => Ok(()),
        }
    })
}

fn write_status(out: &mut fmt::Formatter<'_>, ssm: &SignalStatusMessage) -> fmt::Result {
    separated(out, "; ", &ssm.status.0, |out, status| {
        write!(out, "{}: ", intersection(&status.id))?;
        separated(out, ", ", &status.sig_status.0, |out, package| {
            if let Some(requester) = &package.requester {
                write!(out, "request {}", requester.request.0)?;
                if let VehicleId::StationId(station) = &requester.id {
                    write!(out, " of {}", station.0)?;
                }
                out.write_str(" ")?;
            }
            out.write_str(package.status.name().unwrap_or("in a state of a later version"))
        })
    })
}

fn write_signals(out: &mut fmt::Formatter<'_>, state: &IntersectionState) -> fmt::Result {
    use MovementPhaseState as Phase;
    let count = state.states.0.len();
    let groups = if count == 1 { "signal group" } else { "signal groups" };
    write!(out, "{}: {count} {groups}", intersection(&state.id))?;
    let aspects: [(&str, &[Phase]); 2] = [
        ("green", &[Phase::PermissiveMovementAllowed, Phase::ProtectedMovementAllowed]),
        ("yellow", &[Phase::PermissiveClearance, Phase::ProtectedClearance]),
    ];
    for (name, phases) in aspects {
        let shows = |phase: &Phase| phases.contains(phase);
        let groups = state.states.0.iter().filter_map(|movement| {
            let now = movement.state_time_speed.0.first()?;
            shows(&now.event_state).then_some(movement.signal_group.0)
        });
        let groups: Vec<_> = groups.collect();
        if !groups.is_empty() {
            write!(out, ", {name} ")?;
            separated(out, " ", &groups, |out, group| write!(out, "{group}"))?;
        }
    }
    Ok(())
}

fn write_roads(out: &mut fmt::Formatter<'_>, map: &MapData) -> fmt::Result {
    let Some(intersections) = &map.intersections else { return out.write_str("no intersections") };
    separated(out, "; ", &intersections.0, |out, geometry| {
        let lanes = geometry.lane_set.0.len();
        write!(out, "{} revision {}: {lanes} lanes", intersection(&geometry.id), geometry.revision.0)
    })
}

fn write_vehicle(out: &mut fmt::Formatter<'_>, cam: &Cam) -> fmt::Result {
    let parameters = &cam.cam.cam_parameters;
    let role = match &parameters.low_frequency_container {
        Some(LowFrequencyContainer::BasicVehicleContainerLowFrequency(low)) => low.vehicle_role.name(),
        _ => None,
    };
    if let Some(role) = role {
        write!(out, "{role}, ")?;
    }
    let lights = match &parameters.special_vehicle_container {
        Some(SpecialVehicleContainer::EmergencyContainer(container)) => {
            Some(container.light_bar_siren_in_use)
        }
        Some(SpecialVehicleContainer::RescueContainer(container)) => Some(container.light_bar_siren_in_use),
        Some(SpecialVehicleContainer::SafetyCarContainer(container)) => {
            Some(container.light_bar_siren_in_use)
        }
        _ => None,
    };
    match lights.map(|lights| {
        (
            lights.0.contains(LightBarSirenInUse::LIGHT_BAR_ACTIVATED),
            lights.0.contains(LightBarSirenInUse::SIREN_ACTIVATED),
        )
    }) {
        Some((true, true)) => out.write_str("blue light and siren on, ")?,
        Some((true, false)) => out.write_str("blue light on, ")?,
        Some((false, true)) => out.write_str("siren on, ")?,
        Some((false, false)) => out.write_str("blue light and siren off, ")?,
        None => {}
    }
    let position = &parameters.basic_container.reference_position;
    write_position(out, position.latitude, position.longitude)?;
    match &parameters.high_frequency_container {
        HighFrequencyContainer::BasicVehicleContainerHighFrequency(high) => {
            write_motion(out, high.speed.speed_value, high.heading.heading_value.0)
        }
        HighFrequencyContainer::RsuContainerHighFrequency(_) => out.write_str(", at the roadside"),
        HighFrequencyContainer::Unknown(_) => Ok(()),
    }
}

fn write_motion(out: &mut fmt::Formatter<'_>, speed: SpeedValue, heading: u16) -> fmt::Result {
    if speed != SpeedValue::UNAVAILABLE {
        write!(out, ", {:.1} m/s", f64::from(speed.0) / 100.0)?;
    }
    // 3601 is unavailable.
    if heading <= 3600 {
        write!(out, ", heading {:.1} degrees", f64::from(heading) / 10.0)?;
    }
    Ok(())
}

fn write_event(out: &mut fmt::Formatter<'_>, denm: &Denm) -> fmt::Result {
    let management = &denm.denm.management;
    let action = &management.action_id;
    let event = format!("event {}/{}", action.originating_station_id.0, action.sequence_number.0);
    match (management.termination, &denm.denm.situation) {
        (Some(Termination::IsCancellation), _) => return write!(out, "{event} cancelled"),
        (Some(Termination::IsNegation), _) => return write!(out, "{event} negated"),
        (None, Some(situation)) => write!(out, "{event}: {} ", cause(&situation.event_type))?,
        (None, None) => write!(out, "{event} ")?,
    }
    out.write_str("at ")?;
    write_position(out, management.event_position.latitude, management.event_position.longitude)?;
    write!(out, ", valid for {} s", management.validity_duration.0)
}

fn write_role(out: &mut fmt::Formatter<'_>, role: &RequestorType) -> fmt::Result {
    out.write_str(role.role.name().unwrap_or("a role of a later version"))?;
    // What subrole 5 of an emergency vehicle means in the Netherlands.
    let blue = role.role.name() == Some("emergency") && role.subrole == Some(RequestSubRole::RequestSubRole5);
    out.write_str(if blue { ", blue light and siren" } else { "" })
}

fn write_access(out: &mut fmt::Formatter<'_>, access: &IntersectionAccessPoint) -> fmt::Result {
    match access {
        IntersectionAccessPoint::Lane(lane) => write!(out, "lane {}", lane.0),
        IntersectionAccessPoint::Approach(approach) => write!(out, "approach {}", approach.0),
        IntersectionAccessPoint::Connection(connection) => write!(out, "connection {}", connection.0),
        IntersectionAccessPoint::Unknown(_) => out.write_str("a place of a later version"),
    }
}

fn write_position(out: &mut fmt::Formatter<'_>, latitude: Latitude, longitude: Longitude) -> fmt::Result {
    if latitude == Latitude::UNAVAILABLE || longitude == Longitude::UNAVAILABLE {
        return out.write_str("position unavailable");
    }
    write!(out, "{:.7} {:.7}", f64::from(latitude.0) / 1e7, f64::from(longitude.0) / 1e7)
}

fn cause(cause: &CauseCode) -> String {
    let code = cause.cause_code.0;
    let name = crate::schema::named::<CauseCodeType>(i64::from(code));
    let sub = cause.sub_cause_code.0;
    name.map_or_else(|| format!("cause {code}/{sub}"), |name| format!("{name} ({code}/{sub})"))
}

fn intersection(id: &IntersectionReferenceId) -> IntersectionReference {
    IntersectionReference::from_wire(id)
}

/// From one minute of the year and milliseconds in it to another, over the turn of the year too.
fn seconds_between(
    from: (Option<MinuteOfTheYear>, Option<DSecond>),
    to: (Option<MinuteOfTheYear>, Option<DSecond>),
) -> Option<f64> {
    const MINUTES_A_YEAR: i64 = 525_600;
    let minute =
        |minute: Option<MinuteOfTheYear>| minute.filter(|minute| *minute != MinuteOfTheYear::INVALID);
    let millis = |second: Option<DSecond>| second.filter(|second| second.0 < 61_000);
    let (from, to) = ((minute(from.0)?, millis(from.1)?), (minute(to.0)?, millis(to.1)?));
    let mut minutes = i64::from(to.0.0) - i64::from(from.0.0);
    if minutes < -MINUTES_A_YEAR / 2 {
        minutes += MINUTES_A_YEAR;
    }
    let millis = minutes * 60_000 + i64::from(to.1.0) - i64::from(from.1.0);
    #[expect(clippy::cast_precision_loss, reason = "less than a year of milliseconds")]
    Some(millis as f64 / 1000.0)
}

fn separated<T>(
    out: &mut fmt::Formatter<'_>,
    separator: &str,
    elements: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, element) in elements.iter().enumerate() {
        out.write_str(if index == 0 { "" } else { separator })?;
        write(out, element)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    fn check(vectors: &str, id: &str, expected: &str) {
        let mut records =
            vectors.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let record = records.find(|record| record["id"] == id).unwrap();
        let message = ItsMessage::decode(&hex::octets(record["uper"].as_str().unwrap()).unwrap()).unwrap();
        assert_eq!(Summary::from(&message).to_string(), expected);
    }

    #[test]
    fn each_message_says_what_it_is_there_for() {
        check(
            include_str!("../tests/vectors/srem.jsonl"),
            "dev-srem-000",
            "emergency: asks 528/3107, lane 3, request 7, ETA in 0.0 s",
        );
        check(
            include_str!("../tests/vectors/ssem.jsonl"),
            "dev-ssem-007",
            "528/3107: request 7 of 1234567 granted",
        );
        check(
            include_str!("../tests/vectors/spatem.jsonl"),
            "dev-spatem-011",
            "528/3107: 4 signal groups, green 2, yellow 4",
        );
        check(include_str!("../tests/vectors/mapem.jsonl"), "dev-mapem-014", "528/3107 revision 9: 3 lanes");
        check(
            include_str!("../tests/vectors/cam.jsonl"),
            "dev-cam-016",
            "emergency, blue light and siren on, 52.0907000 5.1214000, 13.9 m/s, heading 45.0 degrees",
        );
        check(
            include_str!("../tests/vectors/denm.jsonl"),
            "dev-denm-020",
            "event 1234567/500: emergencyVehicleApproaching (95/1) at 52.0907000 5.1214000, valid for 60 s",
        );
        check(include_str!("../tests/vectors/denm.jsonl"), "dev-denm-022", "event 1234567/500 cancelled");
    }

    #[test]
    fn an_arrival_in_the_next_year_lies_ahead() {
        let at = |minute, second| (Some(MinuteOfTheYear(minute)), Some(DSecond(second)));
        assert_eq!(seconds_between(at(525_599, 59_000), at(0, 4_500)), Some(5.5));
        assert_eq!(seconds_between(at(10, 0), at(9, 59_000)), Some(-1.0));
        assert_eq!(seconds_between(at(527_040, 0), at(0, 0)), None);
        assert_eq!(seconds_between(at(0, 65_535), at(0, 0)), None);
    }
}
