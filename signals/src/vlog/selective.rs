//! Selective detection (type 1C): a vehicle that told the controller what it is, by short-range radio (KAR) or at a loop. The fields are
//! those of the controller's DSI buffer, in its order.

use voorrang_units::{Duration, GeodeticPosition, Instant, Length, Speed};

use crate::vlog::clock::{LogClock, TimeReference};

/// What a vehicle told. Numbers as the log has them, with the unit in the name; the methods say what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelectiveDetection {
    /// The loop; 0 for radio.
    pub loop_number: u8,
    /// What kind of vehicle.
    pub vehicle_category: VehicleCategory,
    /// The public transport line.
    pub line: u16,
    /// The duty (*wagendienst*).
    pub block: u16,
    /// Who operates the vehicle.
    pub operator: u8,
    /// The vehicle's number.
    pub vehicle_number: u16,
    /// The signal group by its number, or 201 to 203.
    pub direction: u8,
    /// 1 driving, 2 at a stop, 3 leaving it, 4 standing still.
    pub vehicle_status: u8,
    /// How urgent.
    pub priority_class: PriorityClass,
    /// 1 late, 2 on time, 3 early.
    pub punctuality_class: u8,
    /// Seconds beside the timetable; 3600 is unknown.
    pub punctuality_s: i16,
    /// The vehicle's length in metres.
    pub length_m: u8,
    /// Its speed in metres per second.
    pub speed_m_s: u8,
    /// To the stop line in metres, negative beyond it; 9999 is unknown.
    pub distance_m: i16,
    /// To the stop line in seconds; 255 is unknown.
    pub time_to_stop_line_s: u8,
    /// The trip.
    pub trip: u16,
    /// 10 to 13.
    pub trip_category: u8,
    /// The public transport route.
    pub route: u8,
    /// Check-in or check-out.
    pub message: SelectiveMessage,
    /// The report point.
    pub report_point: u16,
    /// North: degrees, minutes, seconds, hundredths of a second.
    pub latitude: [u8; 4],
    /// East: degrees, minutes, seconds, hundredths of a second.
    pub longitude: [u8; 4],
    /// The vehicle's date and time, local.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// Two reserved numbers.
    pub reserve: [u16; 2],
}

/// Nothing known: what the controller fills a field with that the vehicle did not tell.
impl Default for SelectiveDetection {
    fn default() -> Self {
        Self {
            loop_number: 0,
            vehicle_category: VehicleCategory::Unknown,
            line: 0,
            block: 0,
            operator: 0,
            vehicle_number: 0,
            direction: 0,
            vehicle_status: 0,
            priority_class: PriorityClass::Other(0),
            punctuality_class: 0,
            punctuality_s: 3600,
            length_m: 0,
            speed_m_s: 0,
            distance_m: 9999,
            time_to_stop_line_s: 255,
            trip: 0,
            trip_category: 0,
            route: 0,
            message: SelectiveMessage::Other(0),
            report_point: 0,
            latitude: [0; 4],
            longitude: [0; 4],
            year: 0,
            month: 0,
            day: 0,
            hour: 0,
            minute: 0,
            second: 0,
            reserve: [0; 2],
        }
    }
}

impl SelectiveDetection {
    /// How late; negative is early. `None` where unknown.
    #[must_use]
    pub fn punctuality(&self) -> Option<Duration> {
        (self.punctuality_s != 3600).then(|| Duration::from_seconds(self.punctuality_s.into()))
    }

    /// The vehicle's length.
    #[must_use]
    pub fn length(&self) -> Length {
        Length::from_metres(self.length_m.into())
    }

    /// The vehicle's speed.
    #[must_use]
    pub fn speed(&self) -> Speed {
        Speed::from_metres_per_second(self.speed_m_s.into())
    }

    /// How far to the stop line; negative beyond it. `None` where unknown.
    #[must_use]
    pub fn distance_to_stop_line(&self) -> Option<Length> {
        (self.distance_m != 9999).then(|| Length::from_metres(self.distance_m.into()))
    }

    /// How long to the stop line. `None` where unknown.
    #[must_use]
    pub fn time_to_stop_line(&self) -> Option<Duration> {
        (self.time_to_stop_line_s != 255).then(|| Duration::from_seconds(self.time_to_stop_line_s.into()))
    }

    /// Where the vehicle was. `None` where it did not tell, or no such place is.
    #[must_use]
    pub fn position(&self) -> Option<GeodeticPosition> {
        let degrees = |[degrees, minutes, seconds, hundredths]: [u8; 4]| {
            let seconds = f64::from(seconds) + f64::from(hundredths) / 100.0;
            f64::from(degrees) + f64::from(minutes) / 60.0 + seconds / 3600.0
        };
        let told = self.latitude != [0; 4] || self.longitude != [0; 4];
        told.then(|| GeodeticPosition::from_degrees(degrees(self.latitude), degrees(self.longitude)))?
    }

    /// The vehicle's own time, if its clock goes like the log's. `None` where there is no such time.
    #[must_use]
    pub fn moment(&self, clock: LogClock) -> Option<Instant> {
        let shown = TimeReference {
            year: self.year,
            month: self.month,
            day: self.day,
            hour: self.hour,
            minute: self.minute,
            second: self.second,
            tenths: 0,
        };
        clock.moment(shown, None)
    }
}

/// Makes an enum of the values of an octet.
macro_rules! octet {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value,)*
            /// A number that is not explained.
            Other(u8),
        }

        impl $name {
            /// From its number in a log.
            #[must_use]
            pub const fn from_code(code: u8) -> Self {
                match code {
                    $($code => Self::$value,)*
                    other => Self::Other(other),
                }
            }

            /// Its number in a log.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$value => $code,)*
                    Self::Other(code) => code,
                }
            }
        }
    };
}

octet!(
    /// The kind of a vehicle.
    VehicleCategory {
        /// 1.
        Bus = 1,
        /// 2.
        Tram = 2,
        /// 3.
        Police = 3,
        /// 4: fire brigade.
        Fire = 4,
        /// 5.
        Ambulance = 5,
        /// 6: collective transport on demand (CVV).
        Shared = 6,
        /// 7.
        Taxi = 7,
        /// 99.
        Unknown = 99,
    }
);

octet!(
    /// How urgent a vehicle is.
    PriorityClass {
        /// 1: not at all.
        None = 1,
        /// 2: if it is late.
        Conditional = 2,
        /// 3: always.
        Absolute = 3,
        /// 4: with siren and blue light.
        Emergency = 4,
    }
);

octet!(
    /// What a vehicle wants to say.
    SelectiveMessage {
        /// 1: check-in.
        Entry = 1,
        /// 2: check-out.
        Exit = 2,
        /// 3: it announces itself before the check-in.
        PreEntry = 3,
    }
);
