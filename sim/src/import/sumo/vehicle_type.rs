//! How SUMO's vehicle types drive here: sizes and speeds from the file, car following calibrated by class.

use voorrang_units::{Acceleration, Duration, Length, Speed};

use crate::import::Findings;
use crate::import::sumo::definitions::VType;
use crate::network::VehicleClass;
use crate::scenario::{SpeedFactor, VehicleType};

/// How a class drives and what SUMO takes where its type gives no value (SUMO documentation, "Vehicle Type Parameter Defaults").
#[derive(Clone, Copy)]
struct ClassDefaults {
    length_m: f64,
    max_speed_mps: f64,
    time_gap_s: f64,
    acceleration: f64,
    deceleration: f64,
    speed_deviation: f64,
}

impl ClassDefaults {
    fn of(class: VehicleClass) -> Self {
        // Calibrated at the default traffic step (`sim/tests/saturation_flow.rs`): T = 0.85 s, a = 1.5, b = 2 m/s2 discharge a queue of
        // cars at 1,815 (gap 2.5 m) to 1,893 vehicles/h (2.0 m); the textbook's values are far too slow.
        let car = Self {
            length_m: 5.0,
            max_speed_mps: 55.55,
            time_gap_s: 0.85,
            acceleration: 1.5,
            deceleration: 2.0,
            speed_deviation: 0.1,
        };
        let heavy = |length_m, max_speed_mps| Self {
            length_m,
            max_speed_mps,
            time_gap_s: 1.05,
            acceleration: 1.0,
            speed_deviation: 0.05,
            ..car
        };
        match class {
            VehicleClass::Passenger | VehicleClass::Taxi | VehicleClass::Ignoring => car,
            VehicleClass::Delivery => Self { length_m: 6.5, acceleration: 1.3, speed_deviation: 0.05, ..car },
            VehicleClass::Truck => heavy(7.1, 36.11),
            VehicleClass::Bus => heavy(12.0, 23.61),
            VehicleClass::Motorcycle => Self { length_m: 2.2, acceleration: 2.0, ..car },
            VehicleClass::Bicycle => {
                Self { length_m: 1.6, max_speed_mps: 5.56, acceleration: 0.8, deceleration: 1.5, ..car }
            }
            VehicleClass::Tram => Self { deceleration: 1.2, ..heavy(22.0, 22.22) },
            // Emergency vehicles: 2.0 and 3.5 m/s2 (fire engines less).
            VehicleClass::Emergency => {
                Self { length_m: 6.5, acceleration: 2.0, deceleration: 3.5, speed_deviation: 0.0, ..car }
            }
        }
    }
}

/// Our type for one of SUMO's.
pub(super) fn vehicle_type(sumo: &VType, class: VehicleClass, findings: &mut Findings) -> VehicleType {
    let defaults = ClassDefaults::of(class);
    if sumo.speed_factor.is_none() && class == VehicleClass::Emergency {
        findings.assumed("speed of emergency vehicles: 1.4 x the limit");
    }
    let mean = if class == VehicleClass::Emergency { 1.4 } else { 1.0 };
    let speed_factor = speed_factor(sumo, mean, defaults.speed_deviation).unwrap_or_else(|| {
        let text = sumo.speed_factor.as_deref().unwrap_or_default();
        findings.approximated(format!("speedFactor=\"{text}\": taken as {mean}"));
        SpeedFactor { mean, deviation: 0.0, min: mean, max: mean }
    });
    VehicleType {
        id: sumo.id.clone(),
        class,
        length: Length::from_metres(sumo.length_m.unwrap_or(defaults.length_m)),
        min_gap: Length::from_metres(sumo.min_gap_m.unwrap_or(2.5)),
        time_gap: Duration::from_seconds_f64(defaults.time_gap_s),
        acceleration: Acceleration::from_metres_per_second_squared(defaults.acceleration),
        deceleration: Acceleration::from_metres_per_second_squared(defaults.deceleration),
        max_speed: Speed::from_metres_per_second(sumo.max_speed_mps.unwrap_or(defaults.max_speed_mps)),
        speed_factor,
        priority: false,
    }
}

/// `1.2`, `norm(mean,deviation)` or `normc(mean,deviation,min,max)`; SUMO cuts at 0.2 and 2 where nothing else is said.
fn speed_factor(sumo: &VType, mean: f64, deviation: f64) -> Option<SpeedFactor> {
    let deviation = sumo.speed_deviation.unwrap_or(deviation);
    let numbers: Vec<f64> = match sumo.speed_factor.as_deref().map(str::trim) {
        None => vec![mean, deviation],
        Some(text) => match text.split_once('(') {
            None => vec![text.parse().ok()?, sumo.speed_deviation.unwrap_or(0.0)],
            Some((kind, rest)) if matches!(kind.trim(), "norm" | "normc") => rest
                .trim_end_matches(')')
                .split(',')
                .map(|number| number.trim().parse().ok())
                .collect::<Option<_>>()?,
            Some(_) => return None,
        },
    };
    let mean = *numbers.first().filter(|mean| **mean > 0.0)?;
    let deviation = numbers.get(1).copied().unwrap_or(0.0).max(0.0);
    let (min, max) = (numbers.get(2).copied().unwrap_or(0.2), numbers.get(3).copied().unwrap_or(2.0));
    let (min, max) = if deviation > 0.0 { (min.min(mean), max.max(mean)) } else { (mean, mean) };
    (min > 0.0).then_some(SpeedFactor { mean, deviation, min, max })
}
