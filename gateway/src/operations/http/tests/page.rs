//! The page in a real browser. Where none is installed these tests say so and pass.

use std::path::PathBuf;
use std::process::Stdio;

use super::*;

/// A browser without a window, or none.
fn chromium() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name)));
    found.into_iter().find(|program| program.is_file())
}

/// Runs the browser on an address, by time of its own.
async fn browse(program: PathBuf, arguments: &[&str], url: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = tokio::process::Command::new(program)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"])
        .args(["--disable-background-networking", "--no-first-run", "--virtual-time-budget=3000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .arg(url)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Span::from_secs(60), output).await.expect("the browser ends").unwrap();
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn during_an_intervention_the_page_shows_the_lamp_and_the_request() {
    let Some(program) = chromium() else {
        eprintln!("skipped: no Chromium here, so the page is not loaded; install chromium to test it");
        return;
    };
    let rig = serve(HttpConfig::default()).await;
    rig.sources.metrics.received("udp", "SREM");
    rig.sources.metrics.answered(Span::from_micros(84));
    let dom = browse(program, &["--dump-dom"], &format!("http://{}/", rig.address)).await;
    let plate = "data-group=\"02\" aria-label=\"02 green\"";
    assert!(dom.contains(plate), "no lamp in the scheme: {dom}");
    assert!(dom.contains("02: green, green wanted"), "no lamp in the list");
    assert!(dom.contains("data-request=\"1041\""), "no vehicle in the scheme");
    assert!(dom.contains("<td class=\"status granted\">granted</td>"), "no request in the table");
    // Ten seconds before the stop line; the browser's own time goes on by up to three.
    assert!((7..=10).any(|seconds| dom.contains(&format!(">in {seconds} s</td>"))), "no countdown");
    for text in ["Kerkstraat", "Stationsplein", "detector 051 reports a fault", "in control", ">ready<"] {
        assert!(dom.contains(text), "no {text}");
    }
}

/// Draws the page into the file that `VOORRANG_SCREENSHOT` names: for people to look at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "makes a picture for people"]
async fn screenshot() {
    let file = std::env::var("VOORRANG_SCREENSHOT").expect("VOORRANG_SCREENSHOT names a file");
    let size = std::env::var("VOORRANG_SIZE").unwrap_or_else(|_| "1400,900".to_owned());
    let program = chromium().expect("Chromium is installed");
    let rig = serve(HttpConfig::default()).await;
    (0..400).for_each(|step| rig.sources.metrics.answered(Span::from_micros(60 + step / 8)));
    rig.sources.metrics.answered(Span::from_micros(700));
    rig.sources.metrics.refused("too_fast");
    if let Ok(count) = std::env::var("VOORRANG_JUNCTIONS") {
        let mut areas: Vec<Arc<dyn crate::operations::areas::AreaSource>> = vec![Arc::clone(&rig.area) as _];
        for id in 0..count.parse::<u16>().unwrap() {
            let name = format!("Junction {id:04}");
            let junction = intersection(1000 + id, &name);
            let mut shown = intervention(&junction, noon(), Duration::from_seconds_f64(20.0));
            if id % 7 > 0 {
                shown.requests.clear();
                shown.alarms.clear();
            }
            let view = AreaView { name: name.clone(), junctions: vec![shown] };
            areas.push(Arc::new(ShownArea::with(&name, vec![junction], view)));
        }
        rig.sources.areas.set(areas);
    }
    if std::env::var_os("VOORRANG_UNWELL").is_some() {
        rig.area.set_condition(Condition {
            junctions: 2,
            registered: 1,
            to_control: 2,
            in_control: 1,
            ended: false,
        });
    }
    let mut arguments = vec![format!("--screenshot={file}"), format!("--window-size={size}")];
    if std::env::var_os("VOORRANG_DARK").is_some() {
        arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    browse(program, &arguments, &format!("http://{}/", rig.address)).await;
}
