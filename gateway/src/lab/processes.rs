//! The processes of a lab: each is this program with another command; what they say goes to one screen, each line with who said it.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use thiserror::Error;

/// A process is asked to end and given so long before it is ended: what the gateway needs to give control back.
const PATIENCE: Duration = Duration::from_secs(12);

/// Why the lab does not run.
#[derive(Debug, Error)]
pub enum LabError {
    /// A process can't be started.
    #[error("can't start the {who}: {source}")]
    Start {
        /// Which.
        who: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A process ended before it was asked to.
    #[error("the {who} ended by itself ({status}); what it said stands above")]
    Ended {
        /// Which.
        who: &'static str,
        /// How.
        status: ExitStatus,
    },
    /// The gateway doesn't come up.
    #[error("the gateway was not ready within {} s; what it said stands above", .0.as_secs())]
    NotReady(Duration),
}

/// One process of the lab. It is ended when this is dropped.
#[derive(Debug)]
pub struct Process {
    who: &'static str,
    child: Child,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts this program with a command and its arguments.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start<I>(who: &'static str, arguments: I) -> Result<Self, LabError>
    where
        I: IntoIterator,
        I::Item: AsRef<std::ffi::OsStr>,
    {
        let failed = |source| LabError::Start { who, source };
        let program = std::env::current_exe().map_err(failed)?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            readers.push(thread::spawn(move || repeat(who, stdout)));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.push(thread::spawn(move || repeat(who, stderr)));
        }
        Ok(Self { who, child, readers })
    }

    /// An error if it has ended.
    ///
    /// # Errors
    /// That it has.
    pub fn still_runs(&mut self) -> Result<(), LabError> {
        match self.child.try_wait() {
            Ok(Some(status)) => Err(LabError::Ended { who: self.who, status }),
            Ok(None) | Err(_) => Ok(()),
        }
    }

    /// Waits for it to end by itself; `None` while it has not.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end, and ends it if it doesn't.
    pub fn stop(&mut self) {
        if self.ended().is_some() {
            self.readers.drain(..).for_each(|reader| drop(reader.join()));
            return;
        }
        // The standard library can only kill; a gateway has to be asked, so that it gives control back.
        let asked = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let begun = Instant::now();
        while asked.is_ok() && begun.elapsed() < PATIENCE && self.ended().is_none() {
            thread::sleep(Duration::from_millis(50));
        }
        if self.ended().is_none() {
            // It may have ended just now.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        self.readers.drain(..).for_each(|reader| drop(reader.join()));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Repeats what a process says.
fn repeat(who: &'static str, source: impl Read) {
    for line in BufReader::new(source).lines().map_while(Result::ok) {
        say(who, &line);
    }
}

/// Says something to who watches.
pub fn say(who: &str, what: impl fmt::Display) {
    // Nobody is left to tell if the screen is gone.
    let _ = writeln!(io::stdout().lock(), "{who:<9} {what}");
}

/// Waits until the gateway's `/readyz` says yes.
///
/// # Errors
/// When it doesn't, or one of the processes ends.
pub fn wait_until_ready(
    http: SocketAddr,
    processes: &mut [&mut Process],
    longest: Duration,
) -> Result<(), LabError> {
    let begun = Instant::now();
    while begun.elapsed() < longest {
        for process in processes.iter_mut() {
            process.still_runs()?;
        }
        if is_ready(http).unwrap_or(false) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(200));
    }
    Err(LabError::NotReady(longest))
}

fn is_ready(http: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&http, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n")?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    Ok(status.split(' ').nth(1) == Some("200"))
}

/// The folder's file, for the arguments of a process.
pub(super) fn path(folder: &Path, file: &str) -> std::ffi::OsString {
    folder.join(file).into_os_string()
}
