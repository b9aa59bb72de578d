//! What a controller says of itself.

use crate::elements::flag_set;

flag_set! {
    /// `IntersectionStatusObject` (ISO TS 19091): how the controller works at the moment. Bits 14 and 15 have no meaning yet.
    ControllerStatus {
        /// Somebody controls it by hand.
        MANUAL_CONTROL = 0,
        /// The timing stands still: the states remain as they are.
        STOP_TIME = 1,
        /// It flashes because of a failure or a conflict.
        FAILURE_FLASH = 2,
        /// A pre-emption is active: a train, an emergency vehicle.
        PREEMPT_ACTIVE = 3,
        /// Some vehicle is given priority.
        SIGNAL_PRIORITY_ACTIVE = 4,
        /// It follows fixed times.
        FIXED_TIME = 5,
        /// It follows the traffic.
        TRAFFIC_DEPENDENT = 6,
        /// It stands by: dark or flashing, as at night.
        STANDBY = 7,
        /// It has a failure.
        FAILURE_MODE = 8,
        /// It is off.
        OFF = 9,
        /// The MAPEM changed lately.
        RECENT_MAP_UPDATE = 10,
        /// The MAPEM gave lanes other numbers lately.
        RECENT_LANE_ID_CHANGE = 11,
        /// There is no valid MAPEM now.
        NO_VALID_MAP = 12,
        /// There is no valid SPATEM now: the states are not to be used.
        NO_VALID_SPAT = 13,
    }
}
