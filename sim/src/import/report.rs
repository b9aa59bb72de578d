//! What an import did, for people.

use std::fmt;
use std::path::PathBuf;

use voorrang_units::{Duration, Instant};

use crate::import::findings::{Findings, Note};

/// What was imported, what was not, and what was assumed.
#[derive(Debug)]
pub struct ImportReport {
    /// The scenario folder that was written.
    pub out: PathBuf,
    /// Edges of the network.
    pub edges: usize,
    /// Lanes of the network.
    pub lanes: usize,
    /// Ways over junctions.
    pub links: usize,
    /// The signalised intersections.
    pub intersections: Vec<ImportedIntersection>,
    /// Vehicle types and distributions of them.
    pub vehicle_types: usize,
    /// Different routes of the demand.
    pub routes: usize,
    /// Vehicles of the demand, without emergency vehicles.
    pub vehicles: usize,
    /// Emergency vehicles: id and departure after the start.
    pub emergency: Vec<(String, Duration)>,
    /// When a run starts.
    pub start: Instant,
    /// When measuring ends.
    pub end: Duration,
    /// When measuring begins.
    pub warm_up: Duration,
    /// What has no counterpart here, what became something similar, what was assumed.
    pub findings: Findings,
}

/// A signalised intersection, in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedIntersection {
    /// SUMO's name of the traffic light.
    pub name: String,
    /// Its id here.
    pub id: String,
    /// The program that was taken.
    pub program: String,
    /// Its cycle.
    pub cycle: Duration,
    /// Signal groups.
    pub groups: usize,
    /// Pairs of groups in full conflict.
    pub conflicts: usize,
    /// Pairs of groups of which one yields.
    pub permissive: usize,
}

impl ImportReport {
    /// Pieces of the source that have no counterpart, over all kinds.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.findings.all_skipped().iter().map(|note| note.count).sum()
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "network        {} edges, {} lanes, {} links", self.edges, self.lanes, self.links)?;
        writeln!(f, "intersections  {}", self.intersections.len())?;
        for found in self.intersections.iter().take(MOST_LISTED) {
            writeln!(
                f,
                "  {} ({}): program {}, cycle {} s, {} groups, {} conflicts, {} permissive",
                found.name,
                found.id,
                found.program,
                found.cycle.seconds(),
                found.groups,
                found.conflicts,
                found.permissive
            )?;
        }
        if self.intersections.len() > MOST_LISTED {
            writeln!(f, "  and {} more", self.intersections.len() - MOST_LISTED)?;
        }
        writeln!(
            f,
            "demand         {} vehicles on {} routes, {} vehicle types",
            self.vehicles, self.routes, self.vehicle_types
        )?;
        write!(f, "emergency      ")?;
        if self.emergency.is_empty() {
            write!(f, "none (add one with --emergency ID:DEPART:EDGE,EDGE,...)")?;
        }
        for (index, (id, depart)) in self.emergency.iter().enumerate() {
            write!(f, "{}{id} at {} s", if index > 0 { ", " } else { "" }, depart.seconds())?;
        }
        writeln!(
            f,
            "\nrun            from {}, {} s, measured after {} s",
            self.start,
            self.end.seconds(),
            self.warm_up.seconds()
        )?;
        section(f, "not carried over", self.findings.all_skipped())?;
        section(f, "carried over as something similar", self.findings.all_approximated())?;
        section(f, "assumed", self.findings.all_assumed())?;
        for remark in self.findings.remarks() {
            writeln!(f, "note: {remark}")?;
        }
        write!(f, "written to {}", self.out.display())
    }
}

/// Longer lists stay in the files.
const MOST_LISTED: usize = 20;

fn section(f: &mut fmt::Formatter<'_>, title: &str, notes: &[Note]) -> fmt::Result {
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}:")?;
    for note in notes {
        writeln!(f, "  {:>6} x {}", note.count, note.what)?;
    }
    Ok(())
}
