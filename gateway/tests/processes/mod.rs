//! A lab's folder on ports of its own, and the program's processes in it.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use voorrang_signals::Intersection;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_voorrang-gateway");

/// A lab. Its processes end with it.
pub(crate) struct Lab {
    folder: tempfile::TempDir,
    pub(crate) udp_port: u16,
    pub(crate) http_port: u16,
    emulator_port: u16,
    said: Arc<Mutex<String>>,
    emulators: Vec<Child>,
    /// Of the gateways, which their tests have.
    pids: Vec<u32>,
}

impl Lab {
    pub(crate) fn new(junctions: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new(PROGRAM)
            .args(["lab", "new"])
            .arg(folder.path())
            .args(["--junctions", &junctions.to_string()])
            .status()
            .unwrap();
        assert!(made.success());
        let (udp_port, http_port, emulator_port) = (free_udp(), free_tcp(), free_tcp());
        for file in ["gateway.toml", "with_emulator.toml"] {
            let path = folder.path().join(file);
            let text = fs::read_to_string(&path).unwrap();
            let text = text
                .replace("127.0.0.1:4711", &format!("127.0.0.1:{udp_port}"))
                .replace("127.0.0.1:8080", &format!("127.0.0.1:{http_port}"))
                .replace("127.0.0.1:11501", &format!("127.0.0.1:{emulator_port}"));
            fs::write(path, text).unwrap();
        }
        Self {
            folder,
            udp_port,
            http_port,
            emulator_port,
            said: Arc::default(),
            emulators: Vec::new(),
            pids: Vec::new(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn junction(&self) -> std::path::PathBuf {
        self.folder().join("intersections/L0001.toml")
    }

    pub(crate) fn intersection(&self) -> Intersection {
        let text = fs::read_to_string(self.junction()).unwrap();
        Intersection::from_toml(&text, "L0001.toml").unwrap()
    }

    /// The emulated controller; what happens there comes as JSON lines.
    pub(crate) fn start_emulator(&mut self, seed: u64) -> BufReader<ChildStdout> {
        let mut child = Command::new(PROGRAM)
            .arg("emulate")
            .arg(self.junction())
            .args(["--listen", &format!("127.0.0.1:{}", self.emulator_port)])
            .args(["--seed", &seed.to_string(), "--format", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        self.watch(child.stderr.take().unwrap());
        self.emulators.push(child);
        BufReader::new(stdout)
    }

    /// The gateway, in control of the emulated controller.
    pub(crate) fn start_gateway(&mut self) -> Child {
        self.start_gateway_with("with_emulator.toml")
    }

    /// The gateway by one of the folder's configurations.
    pub(crate) fn start_gateway_with(&mut self, configuration: &str) -> Child {
        let mut child = Command::new(PROGRAM)
            .arg("run")
            .arg(self.folder().join(configuration))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        self.watch(child.stderr.take().unwrap());
        self.pids.push(child.id());
        child
    }

    /// What the processes have said, for whoever has to find out why a test failed.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    fn watch(&self, source: impl Read + Send + 'static) {
        let said = Arc::clone(&self.said);
        std::thread::spawn(move || {
            for line in BufReader::new(source).lines().map_while(Result::ok) {
                let mut said = said.lock().unwrap();
                said.push_str(&line);
                said.push('\n');
            }
        });
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for emulator in &mut self.emulators {
            let _ = emulator.kill();
            let _ = emulator.wait();
        }
        for pid in &self.pids {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).stderr(Stdio::null()).status();
        }
    }
}

/// Asks a process to end, and waits for it.
pub(crate) fn terminate(child: &mut Child) {
    signal(child, "-TERM");
}

/// Ctrl-C, and waits for the end.
pub(crate) fn interrupt(child: &mut Child) {
    signal(child, "-INT");
}

fn signal(child: &mut Child, which: &str) {
    let asked = Command::new("kill").args([which, &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    child.wait().unwrap();
}

pub(crate) fn free_tcp() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn free_udp() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
