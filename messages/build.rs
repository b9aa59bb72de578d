//! Generates the message types from the ASN.1 profile: one Rust file a module, into `OUT_DIR`.

#[path = "generator/mod.rs"]
mod generator;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use generator::Source;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=generator");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // The constructs that tests/constructs.rs checks bit by bit are modules of their own.
    for folder in ["asn1", "tests/asn1"] {
        println!("cargo:rerun-if-changed={folder}");
        for generated in generator::generate(&sources(Path::new(folder))?)? {
            fs::write(out.join(generated.module).with_extension("rs"), generated.rust)?;
        }
    }
    Ok(())
}

/// The ASN.1 files of a folder by name.
fn sources(folder: &Path) -> Result<Vec<Source>, Box<dyn Error>> {
    let mut files =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "asn1"));
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Source { file: name, text })
    };
    files.into_iter().map(read).collect()
}
