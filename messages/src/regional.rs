//! Regional extensions: the content that region addGrpC (3) gives some types, read and written as a type of `add_grp_c`.
//!
//! A message keeps each extension as its region and its octets. So an extension of an unknown region, or one of addGrpC with
//! additions of a later version, is written back as it was read; what it holds is looked at only when somebody asks.

use serde::Serialize;
use serde_json::Value;

use crate::add_grp_c::{
    ConnectionManeuverAssistAddGrpC, ConnectionTrajectoryAddGrpC, IntersectionStateAddGrpC,
    LaneAttributesAddGrpC, MapDataAddGrpC, MovementEventAddGrpC, NodeAttributeSetAddGrpC, Position3DAddGrpC,
    RequestorDescriptionAddGrpC, RestrictionUserTypeAddGrpC, SignalStatusPackageAddGrpC,
};
use crate::dsrc::{
    ConnectionManeuverAssist, GenericLane, IntersectionState, LaneAttributes, MapData, MovementEvent,
    NodeAttributeSetXy, Position3D, RegionId, RegionalExtension, RequestorDescription, RestrictionUserType,
    SignalStatusPackage,
};
use crate::json::FromJson;
use crate::schema::{Described, Schema};
use crate::uper::{DecodeError, EncodeError, OpenType, Uper};

/// A type that addGrpC extends (ISO TS 19091 annex G).
pub trait AddGrpC {
    /// What addGrpC adds to it.
    type Content: Uper;

    /// Its regional extensions.
    fn extensions(&self) -> &[RegionalExtension];

    /// Puts an extension in the place of the one of its region, or behind those of others. Where the type holds one only, in its place.
    fn put_extension(&mut self, extension: RegionalExtension);

    /// The content of its addGrpC extension; `Ok(None)` where it has none.
    ///
    /// # Errors
    /// When the octets are not that content. Bit offsets are within the extension.
    fn add_grp_c(&self) -> Result<Option<Self::Content>, DecodeError> {
        let ours = self.extensions().iter().find(|extension| extension.region_id == RegionId::ADD_GRP_C);
        ours.map(|extension| extension.reg_ext_value.as_value())
            .transpose()
            .map_err(|error| error.in_field("regExtValue"))
    }

    /// Sets the content of its addGrpC extension.
    ///
    /// # Errors
    /// When the content has no encoding; nothing is changed then.
    fn set_add_grp_c(&mut self, content: &Self::Content) -> Result<(), EncodeError> {
        let reg_ext_value = OpenType::holding(content).map_err(|error| error.in_field("regExtValue"))?;
        self.put_extension(RegionalExtension { region_id: RegionId::ADD_GRP_C, reg_ext_value });
        Ok(())
    }
}

/// Puts an extension in the place of the one of its region, or behind those of others.
fn put(extensions: &mut Vec<RegionalExtension>, extension: RegionalExtension) {
    match extensions.iter_mut().find(|other| other.region_id == extension.region_id) {
        Some(other) => *other = extension,
        None => extensions.push(extension),
    }
}

/// Types with a member `regional` that is a list, and what addGrpC adds to them.
macro_rules! extended_by_add_grp_c {
    ($($extended:ty => $content:ty),* $(,)?) => {$(
        impl AddGrpC for $extended {
            type Content = $content;

            fn extensions(&self) -> &[RegionalExtension] {
                self.regional.as_deref().unwrap_or_default()
            }

            fn put_extension(&mut self, extension: RegionalExtension) {
                put(self.regional.get_or_insert_default(), extension);
            }
        }
    )*};
}

extended_by_add_grp_c! {
    ConnectionManeuverAssist => ConnectionManeuverAssistAddGrpC,
    GenericLane => ConnectionTrajectoryAddGrpC,
    IntersectionState => IntersectionStateAddGrpC,
    MapData => MapDataAddGrpC,
    MovementEvent => MovementEventAddGrpC,
    NodeAttributeSetXy => NodeAttributeSetAddGrpC,
    Position3D => Position3DAddGrpC,
    RequestorDescription => RequestorDescriptionAddGrpC,
    SignalStatusPackage => SignalStatusPackageAddGrpC,
}

/// It holds one extension at most.
impl AddGrpC for LaneAttributes {
    type Content = LaneAttributesAddGrpC;

    fn extensions(&self) -> &[RegionalExtension] {
        self.regional.as_slice()
    }

    fn put_extension(&mut self, extension: RegionalExtension) {
        self.regional = Some(extension);
    }
}

/// Extensions are one of its alternatives.
impl AddGrpC for RestrictionUserType {
    type Content = RestrictionUserTypeAddGrpC;

    fn extensions(&self) -> &[RegionalExtension] {
        match self {
            Self::Regional(extensions) => extensions,
            _ => &[],
        }
    }

    fn put_extension(&mut self, extension: RegionalExtension) {
        match self {
            Self::Regional(extensions) => put(extensions, extension),
            other => *other = Self::Regional(vec![extension]),
        }
    }
}

/// The content that addGrpC gives a type of this ASN.1 name, in its JSON form.
fn content_of(extended: &str, octets: &OpenType) -> Option<(Value, &'static Schema)> {
    fn read<T: AddGrpC<Content: Serialize + Described> + Described>(
        extended: &str,
        octets: &OpenType,
    ) -> Option<(Value, &'static Schema)> {
        let content = (T::SCHEMA.name == extended).then(|| octets.as_value::<T::Content>().ok()).flatten()?;
        Some((serde_json::to_value(content).ok()?, T::Content::SCHEMA))
    }
    let readers = [
        read::<ConnectionManeuverAssist>,
        read::<GenericLane>,
        read::<IntersectionState>,
        read::<LaneAttributes>,
        read::<MapData>,
        read::<MovementEvent>,
        read::<NodeAttributeSetXy>,
        read::<Position3D>,
        read::<RequestorDescription>,
        read::<RestrictionUserType>,
        read::<SignalStatusPackage>,
    ];
    readers.iter().find_map(|read| read(extended, octets))
}

/// What an extension of a type holds, both in JSON form: its content and the content's schema. `None` where the region, or what it
/// adds to the type, is not known, or the octets are not that.
pub(crate) fn described_content(extended: &str, extension: &Value) -> Option<(Value, &'static Schema)> {
    let RegionalExtension { region_id, reg_ext_value } = RegionalExtension::from_json(extension).ok()?;
    let ours = region_id == RegionId::ADD_GRP_C;
    ours.then(|| content_of(extended, &reg_ext_value)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::add_grp_c::{BatteryStatus, RejectedReason};
    use crate::dsrc::{DeltaTime, Elevation, FuelType};
    use crate::its_container::{Altitude, AltitudeConfidence, AltitudeValue, Latitude, Longitude};
    use crate::{Srem, Ssem, hex};

    #[test]
    fn the_vector_with_fuel_and_battery_is_read() {
        let srem = "02090012d6877324603b920503940840308c1c803022c9180ee481f40ff80096b43bc30f0a89aa962a3f0dcae9160201e708109c499cd\
                    1bb041132eccdd05a14a4cf5ac411b700604cd800";
        let srem = Srem::decode(&hex::octets(srem).unwrap()).unwrap();
        let mut requestor = srem.srm.requestor;
        let content = requestor.add_grp_c().unwrap().unwrap();
        assert_eq!(content.fuel, Some(FuelType::DIESEL));
        assert_eq!(content.battery_status, Some(BatteryStatus::Good));
        let before = requestor.clone();
        requestor.set_add_grp_c(&content).unwrap();
        assert_eq!(requestor, before);
    }

    #[test]
    fn the_vector_with_a_reason_of_rejection_is_read() {
        let ssem = "020a000111716648c077240a002c0840308c0fdc004b5a1c1c28cc0c5c00c08b24603b9207d0280604db88";
        let ssem = Ssem::decode(&hex::octets(ssem).unwrap()).unwrap();
        let content = ssem.ssm.status.0[0].sig_status.0[0].add_grp_c().unwrap().unwrap();
        assert_eq!(content.rejected_reason, Some(RejectedReason::MaxWaitingTimeExceeded));
        assert_eq!(content.synch_to_schedule, Some(DeltaTime(-12)));
    }

    #[test]
    fn an_altitude_joins_the_extensions_of_others() {
        let local = RegionalExtension { region_id: RegionId(128), reg_ext_value: OpenType(vec![0x7f]) };
        let mut position = Position3D {
            lat: Latitude(520_907_000),
            long: Longitude(51_214_000),
            elevation: Some(Elevation(15)),
            regional: Some(vec![local.clone()]),
        };
        assert_eq!(position.add_grp_c(), Ok(None));
        let altitude = Altitude {
            altitude_value: AltitudeValue(150),
            altitude_confidence: AltitudeConfidence::Alt001_00,
        };
        let content = Position3DAddGrpC { altitude };
        position.set_add_grp_c(&content).unwrap();
        assert_eq!(position.add_grp_c(), Ok(Some(content)));
        assert_eq!(position.regional.unwrap()[0], local);
    }

    #[test]
    fn octets_that_are_no_content_are_an_error_only_when_asked_for() {
        let extension = RegionalExtension { region_id: RegionId::ADD_GRP_C, reg_ext_value: OpenType(vec![]) };
        let position = Position3D {
            lat: Latitude(0),
            long: Longitude(0),
            elevation: None,
            regional: Some(vec![extension]),
        };
        let error = position.add_grp_c().unwrap_err();
        assert_eq!(error.to_string(), "regExtValue at octet 0, bit 0: expected 1 more bits, found 0");
    }

    #[test]
    fn a_type_that_holds_one_extension_or_is_one_takes_content_too() {
        let content = RestrictionUserTypeAddGrpC { emission: None, fuel: None };
        let mut user = RestrictionUserType::BasicType(crate::dsrc::RestrictionAppliesTo::None);
        assert_eq!(user.add_grp_c(), Ok(None));
        user.set_add_grp_c(&content).unwrap();
        assert_eq!(user.add_grp_c(), Ok(Some(content)));
    }
}
