//! The service order against plain brute force.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use proptest::prelude::RngExt as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use voorrang_priority::strategy::service_order::{Candidate, MOST, best};
use voorrang_units::{Duration, Instant};

const NOW: Instant = Instant::from_unix_millis(1_768_201_200_000);

/// Switching times between candidates; `None` where they are compatible.
type Switch = Vec<Vec<Option<Duration>>>;

fn seconds(seconds: u32) -> Duration {
    Duration::from_seconds(i64::from(seconds))
}

fn case(random: &mut TestRng, count: usize) -> (Vec<Candidate>, Switch) {
    let candidates = (0..count).map(|_| {
        let (eta, queue) = (random.random_range(0..60), random.random_range(0..20));
        Candidate {
            eta: NOW + seconds(eta),
            useful: NOW + seconds(eta) - seconds(queue) - seconds(random.random_range(0..8)),
            ready: NOW + seconds(random.random_range(0..20)),
            clearance: seconds(queue),
            pass: seconds(random.random_range(1..6)),
            weight: f64::from(random.random_range(1..=14_u8)) / 14.0,
            running: false,
        }
    });
    let candidates: Vec<Candidate> = candidates.collect();
    let mut switch = vec![vec![None; count]; count];
    for (one, other) in (0..count).flat_map(|one| (0..one).map(move |other| (one, other))) {
        if random.random_range(0..4) > 0 {
            switch[one][other] = Some(seconds(random.random_range(3..9)));
            switch[other][one] = Some(seconds(random.random_range(3..9)));
        }
    }
    (candidates, switch)
}

/// What an order costs: second by second each vehicle starts at the first that it may.
fn cost(candidates: &[Candidate], switch: &Switch, order: &[usize]) -> f64 {
    let mut passed: Vec<Option<Instant>> = vec![None; candidates.len()];
    let mut cost = 0.0;
    for (turn, place) in order.iter().enumerate() {
        let own = candidates[*place];
        let mut start = NOW - Duration::from_seconds(100);
        let may = |start: Instant| {
            start >= own.useful
                && start >= own.ready
                && order[..turn].iter().all(|ahead| {
                    switch[*ahead][*place].is_none_or(|gap| start >= passed[*ahead].unwrap() + gap)
                })
        };
        while !may(start) {
            start += Duration::from_seconds(1);
        }
        let there = (start + own.clearance).max(own.eta);
        passed[*place] = Some(there + own.pass);
        cost += own.weight * (there - own.eta).seconds() + 0.01 * (passed[*place].unwrap() - start).seconds();
    }
    cost
}

fn permutations(left: &[usize]) -> Vec<Vec<usize>> {
    if left.is_empty() {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for (index, first) in left.iter().enumerate() {
        let rest: Vec<usize> =
            left.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, place)| *place).collect();
        for mut tail in permutations(&rest) {
            tail.insert(0, *first);
            all.push(tail);
        }
    }
    all
}

#[test]
fn it_equals_brute_force_in_a_thousand_cases() {
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    let mut differ_from_first_come = 0;
    for number in 0..1000 {
        let count = 1 + number % MOST;
        let (candidates, switch) = case(&mut random, count);
        let found = best(&candidates, &|one, other| switch[one][other], false);
        let all = permutations(&(0..count).collect::<Vec<_>>());
        let least = all.iter().map(|order| cost(&candidates, &switch, order)).fold(f64::INFINITY, f64::min);
        assert!((found.cost - least).abs() < 1e-6, "case {number}: {} against {least}", found.cost);
        let chosen = cost(&candidates, &switch, &found.places[..found.len]);
        assert!((chosen - found.cost).abs() < 1e-6, "case {number}: its own order costs {chosen}");
        let mut by_eta: Vec<usize> = (0..count).collect();
        by_eta.sort_by_key(|place| candidates[*place].eta);
        differ_from_first_come += usize::from(cost(&candidates, &switch, &by_eta) > found.cost + 1.0);
    }
    assert!(differ_from_first_come > 100, "the order matters in {differ_from_first_come} cases only");
}

#[test]
fn a_shift_of_all_times_shifts_the_starts() {
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    for _ in 0..200 {
        let (candidates, switch) = case(&mut random, 4);
        let later: Vec<Candidate> = candidates
            .iter()
            .map(|own| Candidate {
                eta: own.eta + seconds(17),
                useful: own.useful + seconds(17),
                ready: own.ready + seconds(17),
                ..*own
            })
            .collect();
        let switch = |one: usize, other: usize| switch[one][other];
        let (before, after) = (best(&candidates, &switch, false), best(&later, &switch, false));
        assert_eq!(before.places, after.places);
        for place in 0..4 {
            assert_eq!(before.starts[place] + seconds(17), after.starts[place]);
        }
    }
}

#[test]
fn one_vehicle_starts_when_it_is_useful_and_possible() {
    let own = Candidate {
        eta: NOW + seconds(30),
        useful: NOW + seconds(12),
        ready: NOW + seconds(9),
        clearance: seconds(10),
        pass: seconds(3),
        weight: 1.0,
        running: false,
    };
    let alone = |own| best(&[own], &|_, _| None, false).starts[0];
    assert_eq!(alone(own), NOW + seconds(12));
    assert_eq!(alone(Candidate { ready: NOW + seconds(25), ..own }), NOW + seconds(25));
}

#[test]
fn what_runs_is_kept_where_that_is_asked() {
    let own = |eta: u32, running| Candidate {
        eta: NOW + seconds(eta),
        useful: NOW + seconds(eta) - seconds(2),
        ready: NOW,
        clearance: seconds(2),
        pass: seconds(4),
        weight: 1.0,
        running,
    };
    let candidates = [own(60, true), own(10, false)];
    let switch = |_, _| Some(seconds(5));
    assert_eq!(best(&candidates, &switch, false).places[0], 1, "who comes sooner goes first");
    assert_eq!(best(&candidates, &switch, true).places[0], 0, "unless the other runs");
}
