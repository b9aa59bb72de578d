//! A gateway's configuration for a served scenario: `voorrang-gateway run DIR/gateway.toml` controls it.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use voorrang_signals::intersection::file::IntersectionFile;

use super::Served;
use crate::scenario::file::file_name;

/// What a configuration is made of.
#[derive(Debug, Clone)]
pub struct GatewayFiles {
    /// `control` or `observe`.
    pub role: &'static str,
    /// Who decides.
    pub strategy: String,
    /// Where the controllers listen, in the order of junctions.
    pub controllers: Vec<SocketAddr>,
    /// Where the gateway is to hear vehicles.
    pub vehicles: SocketAddr,
}

impl GatewayFiles {
    /// Writes `gateway.toml`, the password and the intersection files into a folder; gives the configuration's path. The intersection files are
    /// verified: the controllers are made of them.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(&self, folder: &Path, served: &Served) -> io::Result<PathBuf> {
        let intersections = folder.join("intersections");
        std::fs::create_dir_all(&intersections)?;
        let mut text = self.head(&served.scenario().name);
        for (junction, address) in served.junctions().iter().zip(&self.controllers) {
            let layout = &served.scenario().intersections[junction.intersection].intersection;
            let name = format!("{}.toml", file_name(layout));
            let written = IntersectionFile::read(layout.text(), &name)
                .map(|file| IntersectionFile { verified: true, ..file }.to_toml())
                .map_err(|problems| io::Error::other(problems.to_string()))?;
            std::fs::write(intersections.join(&name), written)?;
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n[[intersections]]\nfile = \"intersections/{name}\"\nrole = \"{}\"\narea = \"scenario\"\nfallback = \"tlc_program\"\n\
                 controller = {{ tlcfi = {{ address = \"{address}\", username = \"gateway\", password_file = \"tlc.secret\" }} }}\n",
                self.role,
            );
        }
        std::fs::write(folder.join("tlc.secret"), "simulated\n")?;
        let path = folder.join("gateway.toml");
        std::fs::write(&path, text)?;
        Ok(path)
    }

    fn head(&self, scenario: &str) -> String {
        let name: String = scenario
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
            .collect();
        format!(
            "# Written by `voorrang-sim serve`: a gateway for the simulated junctions of {name}, on this machine alone.\nschema = 1\nname = \"{name}\"\n\
             station = 70000\ndata = \"data\"\n\n[priority]\nstrategy = \"{}\"\n\n[udp]\nlisten = \"{}\"\n\n# Both read the same clock.\n[clock]\n\
             source = \"assumed\"\n\n# The emergency vehicles of the simulation.\n[[authorised]]\nname = \"simulated ambulances\"\n\
             stations = [\"112000-119999\"]\nnetwork = \"127.0.0.0/8\"\nrole = \"emergency\"\n\
             importance_ceiling = 14\n",
            self.strategy, self.vehicles,
        )
    }
}
