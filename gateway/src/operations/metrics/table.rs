//! Counters by label whose likely values are known beforehand: they are found by comparing a few short names, without hash or lock. Any other
//! value works too, by the family's way.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

/// Counters by one label.
#[derive(Debug)]
pub(super) struct Table {
    label: &'static str,
    known: Vec<(&'static str, Counter)>,
    family: Family<[(&'static str, &'static str); 1], Counter>,
}

impl Table {
    pub(super) fn new(label: &'static str, values: &[&'static str]) -> Self {
        let family = Family::<[(&'static str, &'static str); 1], Counter>::default();
        let known =
            values.iter().map(|value| (*value, family.get_or_create_owned(&[(label, *value)]))).collect();
        Self { label, known, family }
    }

    pub(super) fn family(&self) -> Family<[(&'static str, &'static str); 1], Counter> {
        self.family.clone()
    }

    pub(super) fn inc(&self, value: &'static str) {
        match self.known.iter().find(|(known, _)| *known == value) {
            Some((_, counter)) => counter.inc(),
            None => self.family.get_or_create(&[(self.label, value)]).inc(),
        };
    }
}

/// Counters by two labels.
#[derive(Debug)]
pub(super) struct Table2 {
    labels: [&'static str; 2],
    first: Vec<&'static str>,
    second: Vec<&'static str>,
    /// One for each pair, the second value running fastest.
    known: Vec<Counter>,
    family: Family<[(&'static str, &'static str); 2], Counter>,
}

impl Table2 {
    pub(super) fn new(labels: [&'static str; 2], first: &[&'static str], second: &[&'static str]) -> Self {
        let family = Family::<[(&'static str, &'static str); 2], Counter>::default();
        let known = first
            .iter()
            .flat_map(|a| second.iter().map(|b| [(labels[0], *a), (labels[1], *b)]))
            .map(|pair| family.get_or_create_owned(&pair))
            .collect();
        Self { labels, first: first.to_vec(), second: second.to_vec(), known, family }
    }

    pub(super) fn family(&self) -> Family<[(&'static str, &'static str); 2], Counter> {
        self.family.clone()
    }

    pub(super) fn inc(&self, a: &'static str, b: &'static str) {
        let row = self.first.iter().position(|known| *known == a);
        let column = self.second.iter().position(|known| *known == b);
        match (row, column) {
            (Some(row), Some(column)) => self.known[row * self.second.len() + column].inc(),
            _ => self.family.get_or_create(&[(self.labels[0], a), (self.labels[1], b)]).inc(),
        };
    }

    /// How much was counted, as far as the values were known beforehand.
    pub(super) fn sum(&self) -> u64 {
        self.known.iter().map(Counter::get).sum()
    }
}
