use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use voorrang_tlcfi::objects::ApplicationType;
use voorrang_tlcfi::session::{Application, ApplicationConfig};

use super::*;
use crate::journal::ControllerLink;

/// What an area hears.
#[derive(Debug, PartialEq)]
enum Heard {
    Connected,
    Octets(Bytes),
    Disconnected(&'static str),
}

impl Hearer for mpsc::Sender<Heard> {
    async fn connected(&self) -> bool {
        self.send(Heard::Connected).await.is_ok()
    }

    async fn received(&self, octets: Bytes) -> bool {
        self.send(Heard::Octets(octets)).await.is_ok()
    }

    async fn disconnected(&self, why: &'static str) -> bool {
        self.send(Heard::Disconnected(why)).await.is_ok()
    }
}

fn crossing() -> Arc<Intersection> {
    let text = include_str!("../../../../signals/tests/intersections/crossing.toml");
    Arc::new(Intersection::from_toml(text, "crossing.toml").unwrap())
}

fn start(intersection: &Arc<Intersection>, clock: &Clock) -> (Link, mpsc::Receiver<Heard>) {
    let (sender, heard) = mpsc::channel(64);
    let link = start_for(Arc::clone(intersection), EmulatorConfig::default(), clock.clone(), sender).unwrap();
    (link, heard)
}

/// Runs an application against a link until it has control or time is up; then it idles for so long.
async fn drive(
    link: Link,
    mut heard: mpsc::Receiver<Heard>,
    clock: Clock,
    idle: Duration,
    in_control: &AtomicUsize,
) -> bool {
    let config = ApplicationConfig::new(ApplicationType::Control, "voorrang", "voorrang");
    let mut application = Application::new(config, clock.now());
    application.want_control(clock.now(), true);
    let mut connecting = false;
    let mut end = None;
    loop {
        let now = clock.now();
        if end.is_some_and(|end| end <= now) {
            return true;
        }
        if application.has_control() && end.is_none() {
            in_control.fetch_add(1, Ordering::Relaxed);
            end = Some(now + voorrang_units::Duration::from_millis(i64::try_from(idle.as_millis()).unwrap()));
        }
        let connect = application.connect_at().filter(|_| !connecting);
        if connect.is_some_and(|at| at <= now) {
            link.connect();
            connecting = true;
        }
        let due = [application.next_deadline(), application.connect_at().filter(|_| !connecting), end];
        let due = due.into_iter().flatten().min().unwrap_or(now + voorrang_units::Duration::from_seconds(1));
        match tokio::time::timeout(clock.until(due), heard.recv()).await {
            Ok(Some(Heard::Connected)) => application.connected(clock.now()),
            Ok(Some(Heard::Octets(octets))) => application.receive(clock.now(), &octets),
            Ok(Some(Heard::Disconnected(_))) => {
                connecting = false;
                application.disconnected(clock.now());
            }
            Ok(None) => return false,
            Err(_) => application.advance(clock.now()),
        }
        while application.next_event().is_some() {}
        let mut octets = Vec::new();
        application.take_octets(&mut octets);
        if !octets.is_empty() {
            link.send(octets);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_takes_control_of_an_emulated_controller() {
    let clock = Clock::manual(Instant::from_unix_millis(1_795_000_020_000));
    let (link, heard) = start(&crossing(), &clock);
    let in_control = AtomicUsize::new(0);
    let ticking = tokio::spawn({
        let clock = clock.clone();
        async move {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                clock.advance(voorrang_units::Duration::from_millis(10));
            }
        }
    });
    let taken = tokio::time::timeout(
        Duration::from_secs(60),
        drive(link, heard, clock, Duration::from_secs(30), &in_control),
    );
    assert!(taken.await.unwrap());
    ticking.abort();
}

#[tokio::test]
async fn a_closed_link_tells_so_and_can_be_opened_again() {
    let clock = Clock::start();
    let (link, mut heard) = start(&crossing(), &clock);
    for _ in 0..2 {
        link.send(b"{}".to_vec());
        link.connect();
        assert_eq!(heard.recv().await, Some(Heard::Connected));
        link.disconnect();
        assert_eq!(heard.recv().await, Some(Heard::Disconnected("closed by us")));
    }
    link.connect();
    assert_eq!(heard.recv().await, Some(Heard::Connected));
    link.send(b"{]".to_vec());
    assert_eq!(heard.recv().await, Some(Heard::Disconnected("closed by the controller")));
    drop(link);
    assert_eq!(heard.recv().await, None, "the controller ends with its link");
}

/// CPU time of this process, in seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |place: usize| after_name[place].parse::<f64>().unwrap();
    // User and system time in hundredths of a second, members 14 and 15 of proc(5).
    (ticks(11) + ticks(12)) / 100.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of nearly a minute: run it with --release and --nocapture"]
async fn a_thousand_idle_controllers_and_applications() {
    let clock = Clock::start();
    let crossing = crossing();
    let in_control = Arc::new(AtomicUsize::new(0));
    for _ in 0..1000 {
        let (link, heard) = start(&crossing, &clock);
        let (clock, in_control) = (clock.clone(), Arc::clone(&in_control));
        tokio::spawn(async move { drive(link, heard, clock, Duration::from_secs(3600), &in_control).await });
    }
    tokio::time::sleep(Duration::from_secs(30)).await;
    let before = cpu_seconds();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let share = (cpu_seconds() - before) / 20.0 * 100.0;
    println!("1000 emulated controllers and 1000 applications in control, idle: {share:.1} % of a core");
    assert_eq!(in_control.load(Ordering::Relaxed), 1000);
}
