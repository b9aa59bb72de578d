//! Station ids in messages: replaced in whatever place a message has one, and what else names a vehicle or its crew taken out.

use voorrang_messages::add_grp_c::{ConnectionManeuverAssistAddGrpC, IntersectionStateAddGrpC};
use voorrang_messages::dsrc::{ManeuverAssistList, VehicleId};
use voorrang_messages::its_container;
use voorrang_messages::regional::AddGrpC;
use voorrang_messages::{ItsMessage, StationId};

/// Why a message can't be kept without its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unkeepable {
    /// It can't be read: nobody knows where ids are in it.
    #[error("unreadable")]
    Unreadable,
    /// It holds what can be read but not written.
    #[error("of a later version")]
    Unwritable,
    /// An id stands in it where this version doesn't look.
    #[error("an id in an unknown place")]
    Elsewhere,
}

/// The message with other ids, in UPER.
///
/// # Errors
/// Why it can't be kept.
pub fn with_other_ids(
    octets: &[u8],
    mut other: impl FnMut(StationId) -> StationId,
) -> Result<Vec<u8>, Unkeepable> {
    let mut message = ItsMessage::decode(octets).map_err(|_| Unkeepable::Unreadable)?;
    let mut gone = Vec::new();
    let mut replace = |station: StationId| {
        let new = other(station);
        if new != station {
            gone.push(station);
        }
        new
    };
    replace_in(&mut message, &mut replace).map_err(|()| Unkeepable::Unwritable)?;
    let mut written = Vec::new();
    message.encode(&mut written).map_err(|_| Unkeepable::Unwritable)?;
    // Small numbers are everywhere.
    let hidden = gone.iter().any(|station| station.0 > 0xffff && holds(&written, *station));
    if hidden { Err(Unkeepable::Elsewhere) } else { Ok(written) }
}

/// Whether an id stands in octets, at any bit.
#[must_use]
pub fn holds(octets: &[u8], station: StationId) -> bool {
    let mut window: u64 = 0;
    for (place, octet) in octets.iter().enumerate() {
        window = (window << 8 | u64::from(*octet)) & 0xff_ffff_ffff;
        // 32 bits end within this octet, at one of its eight bits; before the fifth octet not all of them are there yet.
        let shifts = match place {
            0..3 => 0..0,
            3 => 0..1,
            _ => 0..8,
        };
        for shift in shifts {
            if window >> shift & 0xffff_ffff == u64::from(station.0) {
                return true;
            }
        }
    }
    false
}

type Replace<'a> = &'a mut dyn FnMut(StationId) -> StationId;

fn replace_in(message: &mut ItsMessage, other: Replace<'_>) -> Result<(), ()> {
    match message {
        ItsMessage::Cam(cam) => wire(&mut cam.header.station_id, other),
        ItsMessage::Mapem(mapem) => wire(&mut mapem.header.station_id, other),
        ItsMessage::Denm(denm) => {
            wire(&mut denm.header.station_id, other);
            wire(&mut denm.denm.management.action_id.originating_station_id, other);
        }
        ItsMessage::Srem(srem) => {
            wire(&mut srem.header.station_id, other);
            let requestor = &mut srem.srm.requestor;
            vehicle(&mut requestor.id, other);
            requestor.name = None;
            requestor.route_name = None;
        }
        ItsMessage::Ssem(ssem) => {
            wire(&mut ssem.header.station_id, other);
            let packages = ssem.ssm.status.0.iter_mut().flat_map(|status| &mut status.sig_status.0);
            for requester in packages.filter_map(|package| package.requester.as_mut()) {
                vehicle(&mut requester.id, other);
            }
        }
        ItsMessage::Spatem(spatem) => {
            wire(&mut spatem.header.station_id, other);
            for state in &mut spatem.spat.intersections.0 {
                let content: Option<IntersectionStateAddGrpC> = state.add_grp_c().map_err(|_| ())?;
                if let Some(mut content) = content {
                    for response in content.active_prioritizations.iter_mut().flat_map(|list| &mut list.0) {
                        wire(&mut response.station_id, other);
                    }
                    state.set_add_grp_c(&content).map_err(|_| ())?;
                }
                positions(state.maneuver_assist_list.as_mut(), other)?;
                for movement in &mut state.states.0 {
                    positions(movement.maneuver_assist_list.as_mut(), other)?;
                }
            }
        }
    }
    Ok(())
}

/// Stations that are seen on the way of a connection.
fn positions(list: Option<&mut ManeuverAssistList>, other: Replace<'_>) -> Result<(), ()> {
    for assist in list.into_iter().flat_map(|list| &mut list.0) {
        let content: Option<ConnectionManeuverAssistAddGrpC> = assist.add_grp_c().map_err(|_| ())?;
        if let Some(mut content) = content {
            for seen in content.its_station_position.iter_mut().flat_map(|list| &mut list.0) {
                wire(&mut seen.station_id, other);
            }
            assist.set_add_grp_c(&content).map_err(|_| ())?;
        }
    }
    Ok(())
}

fn wire(station: &mut its_container::StationId, other: Replace<'_>) {
    station.0 = other(StationId(station.0)).0;
}

/// A temporary identity is as good as a station id for as long as it lasts.
fn vehicle(id: &mut VehicleId, other: Replace<'_>) {
    match id {
        VehicleId::StationId(station) => wire(station, other),
        VehicleId::EntityId(entity) => {
            entity.0.0 = other(StationId(u32::from_be_bytes(entity.0.0))).0.to_be_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_at_any_bit() {
        let station = StationId(0xdead_beef);
        for shift in 0..64 {
            let octets = (u128::from(station.0) << (80 - shift)).to_be_bytes();
            assert!(holds(&octets, station), "{shift}");
            assert!(!holds(&octets, StationId(0xdead_beee)), "{shift}");
        }
        assert!(holds(&[0xde, 0xad, 0xbe, 0xef], station));
        assert!(!holds(&[0xde, 0xad, 0xbe], station));
        assert!(!holds(&[], StationId(0)));
        assert!(!holds(&[0, 0, 0], StationId(0)), "there are not 32 bits");
    }

    #[test]
    fn what_cannot_be_read_is_not_kept() {
        let same = |station| station;
        assert_eq!(with_other_ids(&[2, 9, 1, 2, 3], same), Err(Unkeepable::Unreadable));
        assert_eq!(with_other_ids(b"", same), Err(Unkeepable::Unreadable));
    }
}
