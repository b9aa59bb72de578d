//! Whether a new request may enter the table: who asks, and how far ahead.

use voorrang_messages::PriorityRequest;
use voorrang_units::Instant;

use super::class::Entitlement;
use super::{Rejection, RequestConfig};

/// Judges a message that opens a request. Where it enters is judged by [`Approaches`](crate::approach::Approaches).
pub(super) fn admit(
    now: Instant,
    message: &PriorityRequest,
    config: &RequestConfig,
) -> Result<Entitlement, Rejection> {
    let entitlement = Entitlement::of(message, config)?;
    match message.eta {
        Some(eta) if eta > now + config.horizon => Err(Rejection::TooFarAhead),
        _ => Ok(entitlement),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use voorrang_messages::VehicleRole;
    use voorrang_units::Duration;

    fn judged(change: impl Fn(&mut PriorityRequest)) -> Result<(), Rejection> {
        let mut message = crate::request::tests::ambulance();
        change(&mut message);
        admit(Instant::from_unix_millis(0), &message, &RequestConfig::default()).map(|_| ())
    }

    #[test]
    fn only_an_emergency_vehicle_under_blue_light_and_siren_may_ask() {
        assert_eq!(judged(|_| ()), Ok(()));
        assert_eq!(judged(|m| m.role = Some(VehicleRole::RoadRescue)), Err(Rejection::NotEntitled));
        assert_eq!(judged(|m| m.role = None), Err(Rejection::NotEntitled));
        assert_eq!(judged(|m| m.subrole = Some(6)), Err(Rejection::NotEntitled));
        assert_eq!(judged(|m| m.subrole = None), Err(Rejection::NotEntitled));
    }

    #[test]
    fn an_absent_subrole_passes_where_the_configuration_says_so() {
        let mut message = crate::request::tests::ambulance();
        message.subrole = None;
        let config = RequestConfig { subroles: vec![0, 5], ..RequestConfig::default() };
        assert!(admit(Instant::from_unix_millis(0), &message, &config).is_ok());
    }

    #[test]
    fn importance_below_absolute_or_reserved_is_refused() {
        for (importance, passes) in [
            (None, true),
            (Some(0), true),
            (Some(9), false),
            (Some(10), true),
            (Some(14), true),
            (Some(15), false),
        ] {
            assert_eq!(judged(|m| m.importance = importance).is_ok(), passes, "{importance:?}");
        }
    }

    #[test]
    fn three_hundred_seconds_ahead_is_the_limit() {
        let eta = |millis| Some(Instant::from_unix_millis(0) + Duration::from_millis(millis));
        assert_eq!(judged(|m| m.eta = eta(300_000)), Ok(()));
        assert_eq!(judged(|m| m.eta = eta(300_001)), Err(Rejection::TooFarAhead));
        assert_eq!(judged(|m| m.eta = None), Ok(()));
    }
}
