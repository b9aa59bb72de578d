//! SUMO's vehicle classes (vClass) as ours, and who may use a lane by its `allow` and `disallow`.

use crate::network::{ClassSet, VehicleClass};

/// SUMO's classes on the road, each with ours. Classes that are not here (rail, ships, aircraft, pedestrians, wheelchairs,
/// containers) have no vehicles in this simulator.
const ROAD_CLASSES: [(&str, VehicleClass); 22] = [
    ("passenger", VehicleClass::Passenger),
    ("private", VehicleClass::Passenger),
    ("hov", VehicleClass::Passenger),
    ("evehicle", VehicleClass::Passenger),
    ("custom1", VehicleClass::Passenger),
    ("custom2", VehicleClass::Passenger),
    ("delivery", VehicleClass::Delivery),
    ("truck", VehicleClass::Truck),
    ("trailer", VehicleClass::Truck),
    ("bus", VehicleClass::Bus),
    ("coach", VehicleClass::Bus),
    ("taxi", VehicleClass::Taxi),
    ("motorcycle", VehicleClass::Motorcycle),
    ("moped", VehicleClass::Motorcycle),
    ("bicycle", VehicleClass::Bicycle),
    ("scooter", VehicleClass::Bicycle),
    ("tram", VehicleClass::Tram),
    ("emergency", VehicleClass::Emergency),
    ("ignoring", VehicleClass::Ignoring),
    ("authority", VehicleClass::Ignoring),
    ("army", VehicleClass::Ignoring),
    ("vip", VehicleClass::Ignoring),
];

/// The SUMO class that decides whether a lane is open to one of ours.
const DECIDING: [(VehicleClass, &str); 8] = [
    (VehicleClass::Passenger, "passenger"),
    (VehicleClass::Delivery, "delivery"),
    (VehicleClass::Truck, "truck"),
    (VehicleClass::Bus, "bus"),
    (VehicleClass::Taxi, "taxi"),
    (VehicleClass::Motorcycle, "motorcycle"),
    (VehicleClass::Bicycle, "bicycle"),
    (VehicleClass::Tram, "tram"),
];

/// Our class for a vClass of a vehicle type; `None` for what does not drive on roads.
pub(super) fn vehicle_class(sumo: &str) -> Option<VehicleClass> {
    // No vClass, and SUMO's `unknown_class`, count as passenger cars there too.
    if sumo.is_empty() || sumo == "unknown_class" {
        return Some(VehicleClass::Passenger);
    }
    ROAD_CLASSES.iter().find(|(name, _)| *name == sumo).map(|(_, class)| *class)
}

/// Who may use a lane (SUMO wiki, "Vehicle and lane permissions": at most one of the two is given; none means everybody).
pub(super) fn permitted(allow: Option<&str>, disallow: Option<&str>) -> ClassSet {
    let listed = |list: &str, class: &str| list.split_whitespace().any(|name| name == class || name == "all");
    let open = |class: &str| match (allow, disallow) {
        (Some(allow), _) => listed(allow, class),
        (None, Some(disallow)) => !listed(disallow, class),
        (None, None) => true,
    };
    let mut classes: ClassSet =
        DECIDING.iter().filter(|(_, sumo)| open(sumo)).map(|(class, _)| *class).collect();
    let motor = classes.iter().any(|class| !matches!(class, VehicleClass::Bicycle | VehicleClass::Tram));
    let closed = allow.is_none() && classes.is_empty();
    if motor || !closed && open("emergency") {
        classes = classes.with(VehicleClass::Emergency);
    }
    if motor || !closed && ["ignoring", "authority", "army", "vip"].into_iter().any(open) {
        classes = classes.with(VehicleClass::Ignoring);
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_lane_is_open_to_buses_emergency_and_ignoring() {
        let classes = permitted(Some("bus"), None);
        assert!(classes.contains(VehicleClass::Bus));
        assert!(classes.contains(VehicleClass::Emergency));
        assert!(classes.contains(VehicleClass::Ignoring));
        assert!(!classes.contains(VehicleClass::Passenger));
    }

    #[test]
    fn a_pavement_is_open_to_nobody_here() {
        assert!(permitted(Some("pedestrian"), None).is_empty());
        assert!(permitted(Some("rail rail_urban"), None).is_empty());
    }

    #[test]
    fn disallowing_leaves_the_rest() {
        let classes = permitted(None, Some("pedestrian truck"));
        assert!(!classes.contains(VehicleClass::Truck));
        assert!(classes.contains(VehicleClass::Passenger));
        assert_eq!(permitted(None, None), ClassSet::ALL);
        assert!(permitted(None, Some("all")).is_empty());
    }

    #[test]
    fn classes_off_the_road_have_no_class_here() {
        assert_eq!(vehicle_class("rail_fast"), None);
        assert_eq!(vehicle_class("trailer"), Some(VehicleClass::Truck));
        assert_eq!(vehicle_class(""), Some(VehicleClass::Passenger));
    }
}
