//! A scenario as the street for a gateway: each equipped junction is a TLC-FI controller, each emergency vehicle sends its SREMs and CAMs as
//! datagrams and hears SSEMs. Who controls the lamps is another process; where nobody does, junctions run their own programs.
//!
//! | file | what |
//! |---|---|
//! | here | the run with its controllers, sans-I/O: a step of 0.1 s at a time |
//! | `outbox.rs` | what vehicles send leaves the simulation |
//! | `kar.rs` | check-ins and check-outs of the emergency vehicles, where wanted |
//! | `host.rs` | sockets and the clock around it |
//! | `gateway_files.rs` | the configuration of a gateway for it |
//!
//! # Time
//! Simulated time is the clock's: requests, ETAs, SPATEM and the gateway's own deadlines are in the same seconds. So a served run goes in real
//! time, and no faster: a gateway reads its own clock, and would see vehicles that arrive sooner than they said. What comes before `from` goes as
//! fast as it can, with the junctions' own programs, to fill the roads. The scenario's own start is not kept, so programs by the clock are
//! in another phase than in `voorrang-sim run`.
//!
//! The traffic step is 0.1 s, whatever the scenario says: commands have to find their lamps within a tenth of a second.

mod gateway_files;
mod host;
mod kar;
mod outbox;

use std::sync::atomic::AtomicU64;

use bevy_app::App;
use voorrang_messages::Ssem;
use voorrang_priority::StrategyConfig;
use voorrang_signals::{Aspect, LampCommand};
use voorrang_tlcfi::emulator::{Emulator, EmulatorConfig, Happening, Lamp};
use voorrang_tlcfi::session::controller::EquipmentError;
use voorrang_units::{Duration, Instant};

pub use gateway_files::GatewayFiles;
pub use host::{HostError, Hosting, host, wall_clock};

use crate::measures::record::RunRecord;
use crate::radio::Air;
use crate::random::{Purpose, Stream};
use crate::run_options::RunOptions;
use crate::scenario::Scenario;
use crate::schedule::{CONTROL_STEP, Clock, NextControl};
use crate::signal_plugin::Signals;
use crate::simulation::{Model, RunError};
use kar::KarRadio;
use outbox::{Outbox, OutboxPlugin};

/// The name of the one who decides, where results have a strategy's.
pub const SERVED: &str = "served";

/// Why a scenario can't be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No intersection takes requests.
    #[error("no intersection of the scenario is equipped: there is nothing to control")]
    NothingToControl,
    /// A name that TLC-FI does not take.
    #[error("{intersection}: {source}")]
    Equipment {
        /// Of which intersection.
        intersection: String,
        /// Which.
        #[source]
        source: EquipmentError,
    },
    /// The run can't be made.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// A scenario made ready to be served: real time, steps of 0.1 s.
#[must_use]
pub fn prepare(scenario: Scenario, start: Instant) -> Scenario {
    Scenario { start, step: CONTROL_STEP, ..scenario }
}

/// A run whose junctions are controlled from outside.
pub struct Served {
    model: Model,
    app: App,
    junctions: Vec<Junction>,
    replication: u32,
    end: Duration,
    downlink: Stream,
    kar: Option<KarRadio>,
    /// How many lamps changed while an application was in control.
    commanded: u64,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Served").field("junctions", &self.junctions).finish_non_exhaustive()
    }
}

/// A junction and its controller.
#[derive(Debug)]
pub struct Junction {
    /// Position in the scenario's intersections.
    pub intersection: usize,
    /// Its controller.
    pub emulator: Emulator,
}

impl Served {
    /// A run before its first step; see [`prepare`]. `kar` has emergency vehicles tell of themselves by KAR too.
    ///
    /// # Errors
    /// Nothing to control, names that TLC-FI does not take, or a demand that can't be read.
    pub fn new(model: Model, options: &RunOptions, replication: u32, kar: bool) -> Result<Self, ServeError> {
        let scenario = model.scenario();
        let start = scenario.start;
        let equipped =
            scenario.intersections.iter().enumerate().filter(|(_, controlled)| controlled.equipped);
        let junctions = equipped.map(|(intersection, controlled)| {
            let layout = &controlled.intersection;
            let config = EmulatorConfig {
                seed: options.seed.wrapping_add(u64::from(replication)).wrapping_add(intersection as u64),
                ..EmulatorConfig::default()
            };
            Emulator::new(layout.clone(), config, start)
                .map(|emulator| Junction { intersection, emulator })
                .map_err(|source| ServeError::Equipment { intersection: layout.name().to_owned(), source })
        });
        let junctions = junctions.collect::<Result<Vec<_>, _>>()?;
        if junctions.is_empty() {
            return Err(ServeError::NothingToControl);
        }
        let mut app = model.app(options, &StrategyConfig::None, replication)?;
        app.insert_resource(Outbox::default()).add_plugins(OutboxPlugin);
        let outside: Vec<usize> = junctions.iter().map(|junction| junction.intersection).collect();
        app.world_mut().resource_mut::<Signals>().leave_to_others(&outside);
        let kar = kar.then(|| KarRadio::new(scenario.emergency.len()));
        let mut served = Self {
            app,
            junctions,
            replication,
            end: options.end,
            downlink: Stream::new(options.seed, replication, Purpose::Downlink, 0),
            kar,
            commanded: 0,
            model,
        };
        // What lamps show at the beginning is the emulators' word.
        for place in 0..served.junctions.len() {
            let Junction { intersection, emulator } = &served.junctions[place];
            let shown: Vec<_> = emulator.lamps().collect();
            for (group, lamp) in shown {
                let command = LampCommand { group, aspect: aspect(lamp) };
                served.app.world_mut().resource_mut::<Signals>().show_from_outside(*intersection, command);
            }
        }
        Ok(served)
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        self.model.scenario()
    }

    /// The moment of the next step.
    #[must_use]
    pub fn next_step(&self) -> Instant {
        self.app.world().resource::<Clock>().now
    }

    /// The junctions with their controllers.
    #[must_use]
    pub fn junctions(&self) -> &[Junction] {
        &self.junctions
    }

    /// One of the controllers.
    pub fn emulator(&mut self, junction: usize) -> &mut Emulator {
        &mut self.junctions[junction].emulator
    }

    /// How many lamps changed while an application was in control.
    #[must_use]
    pub const fn commanded(&self) -> u64 {
        self.commanded
    }

    /// When the first of the controllers has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.junctions.iter().filter_map(|junction| junction.emulator.next_deadline()).min()
    }

    /// Has the controllers do what is due.
    pub fn advance(&mut self, now: Instant) {
        for junction in &mut self.junctions {
            while let Some(due) = junction.emulator.next_deadline().filter(|due| *due <= now) {
                junction.emulator.advance(due);
            }
        }
    }

    /// One step of traffic; what vehicles sent in it goes to `datagrams`. Lamps are as the controllers have them by now.
    ///
    /// # Errors
    /// A demand file that turns out wrong.
    pub fn step(&mut self, datagrams: &mut Vec<Vec<u8>>) -> Result<(), ServeError> {
        let now = self.next_step();
        self.advance(now);
        self.take_lamps();
        // Every step has something to do: lamps, loops or messages.
        self.app.world_mut().resource_mut::<NextControl>().no_later_than(now);
        Model::step(&mut self.app, &AtomicU64::new(0))?;
        let world = self.app.world_mut();
        let seen = world.resource_mut::<Signals>().take_detections();
        for (intersection, detector, occupied) in seen {
            if let Some(junction) = self.junctions.iter_mut().find(|one| one.intersection == intersection) {
                junction.emulator.detect(now, detector, occupied);
            }
        }
        datagrams.append(&mut world.resource_mut::<Outbox>().0);
        if let Some(kar) = &mut self.kar {
            kar.tell(now, self.model.scenario(), world, &mut self.junctions);
        }
        Ok(())
    }

    /// A datagram from the gateway: an SSEM goes on to the vehicles over the radio channel; anything else is nobody's here.
    pub fn hear(&mut self, datagram: &[u8]) {
        if Ssem::decode(datagram).is_err() {
            return;
        }
        let now = self.next_step();
        let world = self.app.world_mut();
        let arrives = world.resource_mut::<Air>().downlink.send(now, datagram.to_vec(), &mut self.downlink);
        if let Some(arrives) = arrives {
            world.resource_mut::<NextControl>().no_later_than(arrives);
        }
    }

    /// Whether measuring has ended and every emergency vehicle has arrived.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.model.is_over(&self.app, self.end)
    }

    /// What came of it, as of any run.
    ///
    /// # Errors
    /// None of its own: nothing is written.
    pub fn finish(self) -> Result<RunRecord, ServeError> {
        let record = self.model.record(self.app, &StrategyConfig::None, self.replication)?;
        Ok(RunRecord { strategy: SERVED.to_owned(), ..record })
    }

    fn take_lamps(&mut self) {
        let mut signals = self.app.world_mut().resource_mut::<Signals>();
        for Junction { intersection, emulator } in &mut self.junctions {
            while let Some(event) = emulator.next_event() {
                if let Happening::Lamp { group, lamp, by, .. } = event.what {
                    self.commanded += u64::from(by == voorrang_tlcfi::emulator::Driver::Application);
                    signals.show_from_outside(*intersection, LampCommand { group, aspect: aspect(lamp) });
                }
            }
        }
    }
}

/// What drivers make of a lamp. Right of way without signals isn't modelled: where lamps are dark or flash amber, nobody drives.
const fn aspect(lamp: Lamp) -> Aspect {
    match lamp {
        Lamp::Green => Aspect::Green,
        Lamp::Yellow => Aspect::Yellow,
        Lamp::Red | Lamp::FlashingAmber | Lamp::Dark => Aspect::Red,
    }
}
