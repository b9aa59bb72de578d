//! SUMO data for tests, and a second, simple reading of it to compare with.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail here, and says what it skips")]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use voorrang_sim::import::{ImportError, ImportOptions, ImportReport, import_sumo};
use voorrang_sim::scenario::Scenario;

/// The data that are part of the project.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sumo").join(name)
}

/// Bologna acosta lies outside the project; `None` where it is absent, which is said.
pub fn acosta() -> Option<ImportOptions> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/sumo/real/bologna_acosta");
    if !folder.is_dir() {
        println!("skipped: bologna_acosta absent");
        return None;
    }
    let file = |name: &str| folder.join(name);
    Some(ImportOptions {
        net: file("acosta.net.xml.gz"),
        routes: ["acosta.rou.xml.gz", "acosta_busses.rou.xml.gz"].map(file).into(),
        additional: ["acosta_vtypes.add.xml", "acosta_bus_stops.add.xml", "acosta_tls.add.xml"]
            .map(file)
            .into(),
        emergency: vec![
            "west:960:212,10,13,104,24,22,59,53cd,53[0],53[1][0],79,74,72[1],69,161,122,1b,1,204a[0],124,114"
                .to_owned(),
        ],
        out: PathBuf::new(),
    })
}

/// A network and its demand from the project's data.
pub fn options(net: &str, routes: &str) -> ImportOptions {
    ImportOptions { net: data(net), routes: vec![data(routes)], ..ImportOptions::default() }
}

/// Imports into a temporary folder and loads what was written.
pub fn imported(options: ImportOptions) -> (tempfile::TempDir, ImportReport, Scenario) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("scenario");
    let report = import_sumo(&ImportOptions { out: out.clone(), ..options }).unwrap();
    let scenario = Scenario::load(&out).unwrap_or_else(|problems| panic!("{problems}"));
    (folder, report, scenario)
}

/// The error of an import that fails, and proof that it left no scenario behind.
pub fn refused(options: ImportOptions) -> ImportError {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("scenario");
    let error = import_sumo(&ImportOptions { out: out.clone(), ..options }).unwrap_err();
    assert!(!out.join("scenario.toml").exists(), "nothing that looks complete may be left behind");
    error
}

/// A file's text, decompressed if need be.
pub fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    text
}

/// A signal program, read without the importer.
pub struct Oracle {
    offset_s: i64,
    phases: Vec<(i64, String)>,
}

impl Oracle {
    /// The programs of some files by traffic light; later ones win.
    pub fn read(files: &[PathBuf]) -> BTreeMap<String, Self> {
        let mut programs = BTreeMap::new();
        for file in files {
            let text = text(file);
            for block in text.split("<tlLogic ").skip(1) {
                let block = block.split("</tlLogic>").next().unwrap();
                let (head, phases) = block.split_once('>').unwrap();
                let phases = phases
                    .split("<phase ")
                    .skip(1)
                    .map(|phase| (whole(phase, "duration"), attribute(phase, "state").unwrap().to_owned()));
                let program = Self { offset_s: whole(head, "offset"), phases: phases.collect() };
                programs.insert(attribute(head, "id").unwrap().to_owned(), program);
            }
        }
        programs
    }

    pub fn cycle_s(&self) -> i64 {
        self.phases.iter().map(|(duration, _)| duration).sum()
    }

    /// What a link shows during SUMO's second `second`.
    pub fn state(&self, link: usize, second: i64) -> char {
        let mut left = (second - self.offset_s).rem_euclid(self.cycle_s());
        for (duration, state) in &self.phases {
            if left < *duration {
                return char::from(state.as_bytes()[link]);
            }
            left -= duration;
        }
        unreachable!("the phases fill the cycle")
    }
}

/// (from lane, to lane) as SUMO names them -> traffic light and link index.
pub fn guarded_links(net: &Path) -> BTreeMap<(String, String), (String, usize)> {
    let text = text(net);
    let connections = text.split("<connection ").skip(1).map(|rest| rest.split("/>").next().unwrap());
    connections
        .filter_map(|connection| {
            let value = |key| attribute(connection, key).map(str::to_owned);
            let from = format!("{}_{}", value("from")?, value("fromLane")?);
            let to = format!("{}_{}", value("to")?, value("toLane")?);
            Some(((from, to), (value("tl")?, value("linkIndex")?.parse().unwrap())))
        })
        .collect()
}

fn attribute<'a>(element: &'a str, key: &str) -> Option<&'a str> {
    let start = element
        .find(&format!(" {key}=\""))
        .map(|at| at + 1)
        .or_else(|| element.starts_with(key).then_some(0))?;
    element[start..].split('"').nth(1)
}

fn whole(element: &str, key: &str) -> i64 {
    attribute(element, key).unwrap().parse().unwrap()
}
