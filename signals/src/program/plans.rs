//! Several fixed-time plans, of which the time of day chooses one. A plan that is to begin does so at the end of the running plan's cycle.

use voorrang_units::{Duration, Instant};

use crate::program::fixed_time::FixedTime;
use crate::program::schedule::Schedule;

/// A fixed-time plan with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What people call it.
    pub name: String,
    /// What it shows.
    pub program: FixedTime,
}

/// Fixed-time plans and when they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans {
    plans: Vec<Plan>,
    schedule: Schedule,
}

impl Plans {
    /// Plans, of which the first holds where the schedule says nothing; `None` without any, or where the schedule names one that is not
    /// there.
    #[must_use]
    pub fn new(plans: Vec<Plan>, schedule: Schedule, switches_to: &[usize]) -> Option<Self> {
        let sound = !plans.is_empty() && switches_to.iter().all(|plan| *plan < plans.len());
        sound.then_some(Self { plans, schedule })
    }

    /// All plans.
    #[must_use]
    pub fn all(&self) -> &[Plan] {
        &self.plans
    }

    /// The plan that runs at a moment.
    #[must_use]
    pub fn running(&self, at: Instant) -> &Plan {
        let Some((switched, to)) = self.schedule.last_switch(at) else { return &self.plans[0] };
        // Until the end of its cycle the plan before goes on.
        let before = self.schedule.last_switch(switched - Duration::from_millis(1));
        let before = before.map_or(0, |(_, plan)| plan);
        if at < self.plans[before].program.next_cycle(switched) {
            return &self.plans[before];
        }
        &self.plans[to]
    }

    /// The first moment after `after` at which another plan may run, or its aspects change.
    #[must_use]
    pub fn next_change(&self, after: Instant) -> Instant {
        let running = self.running(after);
        let next = running.program.next_change(after);
        // A switch comes with the start of one of its cycles, which need not be a change of aspects.
        next.min(running.program.next_cycle(after + Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GroupIndex;
    use crate::program::fixed_time::Stage;
    use crate::program::schedule::{Days, Switch};

    fn plan(name: &str, seconds: i64) -> Plan {
        let stage = |length, green: &[u16]| Stage {
            name: String::new(),
            duration: Duration::from_seconds(length),
            green: green.iter().copied().map(GroupIndex).collect(),
        };
        let stages = vec![stage(seconds, &[0]), stage(10, &[])];
        let reference = Instant::from_unix_millis(0);
        let yellows = vec![Duration::from_seconds(3)];
        let program = FixedTime::new(stages, Duration::ZERO, reference, yellows).unwrap();
        Plan { name: name.to_owned(), program }
    }

    #[test]
    fn a_plan_begins_at_the_end_of_the_running_cycle() {
        let seven = Duration::from_seconds(7 * 3600);
        let switches = vec![Switch { from: seven, days: Days::ALL, plan: 1 }];
        let schedule = Schedule::new(Duration::ZERO, false, switches);
        let plans = Plans::new(vec![plan("day", 60), plan("peak", 30)], schedule, &[1]).unwrap();
        let midnight = Instant::parse_rfc3339("2026-01-12T00:00:00Z").unwrap();
        // The schedule holds since the days before; make the change visible from a fresh start of plans.
        assert_eq!(plans.running(midnight).name, "peak");
        let switches = vec![
            Switch { from: Duration::ZERO, days: Days::ALL, plan: 0 },
            Switch { from: seven, days: Days::ALL, plan: 1 },
        ];
        let schedule = Schedule::new(Duration::ZERO, false, switches);
        let plans = Plans::new(vec![plan("day", 60), plan("peak", 30)], schedule, &[0, 1]).unwrap();
        // Cycles of 70 s from 1970: seven o'clock lies within one.
        let at_seven = midnight + seven;
        let cycle_end = plans.all()[0].program.next_cycle(at_seven);
        assert!(cycle_end > at_seven);
        assert_eq!(plans.running(at_seven).name, "day");
        assert_eq!(plans.running(cycle_end - Duration::from_millis(1)).name, "day");
        assert_eq!(plans.running(cycle_end).name, "peak");
        let mut moment = at_seven;
        while plans.running(moment).name == "day" {
            moment = plans.next_change(moment);
        }
        assert_eq!(moment, cycle_end, "the switch is one of the changes");
    }
}
