//! What a sub cause means: each cause of an event has its own list (TS 102 894-2 DE_CauseCodeType).

use serde_json::{Map, Value};

use crate::its_container::*;
use crate::schema::{Described, Schema};

/// The type of `subCauseCode` beside the `causeCode` of a `CauseCode` in its JSON form.
pub(crate) fn schema(cause: &Map<String, Value>) -> &'static Schema {
    let code = cause.get("causeCode").and_then(Value::as_u64).and_then(|code| u8::try_from(code).ok());
    match code.map(CauseCodeType) {
        Some(CauseCodeType::TRAFFIC_CONDITION) => TrafficConditionSubCauseCode::SCHEMA,
        Some(CauseCodeType::ACCIDENT) => AccidentSubCauseCode::SCHEMA,
        Some(CauseCodeType::ROADWORKS) => RoadworksSubCauseCode::SCHEMA,
        Some(CauseCodeType::ADVERSE_WEATHER_CONDITION_ADHESION) => {
            AdverseWeatherConditionAdhesionSubCauseCode::SCHEMA
        }
        Some(CauseCodeType::HAZARDOUS_LOCATION_SURFACE_CONDITION) => {
            HazardousLocationSurfaceConditionSubCauseCode::SCHEMA
        }
        Some(CauseCodeType::HAZARDOUS_LOCATION_OBSTACLE_ON_THE_ROAD) => {
            HazardousLocationObstacleOnTheRoadSubCauseCode::SCHEMA
        }
        Some(CauseCodeType::HAZARDOUS_LOCATION_ANIMAL_ON_THE_ROAD) => {
            HazardousLocationAnimalOnTheRoadSubCauseCode::SCHEMA
        }
        Some(CauseCodeType::HUMAN_PRESENCE_ON_THE_ROAD) => HumanPresenceOnTheRoadSubCauseCode::SCHEMA,
        Some(CauseCodeType::WRONG_WAY_DRIVING) => WrongWayDrivingSubCauseCode::SCHEMA,
        Some(CauseCodeType::RESCUE_AND_RECOVERY_WORK_IN_PROGRESS) => {
            RescueAndRecoveryWorkInProgressSubCauseCode::SCHEMA
        }
        Some(CauseCodeType::ADVERSE_WEATHER_CONDITION_EXTREME_WEATHER_CONDITION) => {
            AdverseWeatherConditionExtremeWeatherConditionSubCauseCode::SCHEMA
        }
        Some(CauseCodeType::ADVERSE_WEATHER_CONDITION_VISIBILITY) => {
            AdverseWeatherConditionVisibilitySubCauseCode::SCHEMA
        }
        Some(CauseCodeType::ADVERSE_WEATHER_CONDITION_PRECIPITATION) => {
            AdverseWeatherConditionPrecipitationSubCauseCode::SCHEMA
        }
        Some(CauseCodeType::SLOW_VEHICLE) => SlowVehicleSubCauseCode::SCHEMA,
        Some(CauseCodeType::DANGEROUS_END_OF_QUEUE) => DangerousEndOfQueueSubCauseCode::SCHEMA,
        Some(CauseCodeType::VEHICLE_BREAKDOWN) => VehicleBreakdownSubCauseCode::SCHEMA,
        Some(CauseCodeType::POST_CRASH) => PostCrashSubCauseCode::SCHEMA,
        Some(CauseCodeType::HUMAN_PROBLEM) => HumanProblemSubCauseCode::SCHEMA,
        Some(CauseCodeType::STATIONARY_VEHICLE) => StationaryVehicleSubCauseCode::SCHEMA,
        Some(CauseCodeType::EMERGENCY_VEHICLE_APPROACHING) => EmergencyVehicleApproachingSubCauseCode::SCHEMA,
        Some(CauseCodeType::HAZARDOUS_LOCATION_DANGEROUS_CURVE) => {
            HazardousLocationDangerousCurveSubCauseCode::SCHEMA
        }
        Some(CauseCodeType::COLLISION_RISK) => CollisionRiskSubCauseCode::SCHEMA,
        Some(CauseCodeType::SIGNAL_VIOLATION) => SignalViolationSubCauseCode::SCHEMA,
        Some(CauseCodeType::DANGEROUS_SITUATION) => DangerousSituationSubCauseCode::SCHEMA,
        _ => SubCauseCodeType::SCHEMA,
    }
}
