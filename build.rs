//! Writes the C header to `OUT_DIR` (the test `header` compares it with the committed one) and
//! names the shared library.

use std::env;
use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?).join("predictor_pool.h");
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=cbindgen.toml");
    println!("cargo::rerun-if-env-changed=CARGO_PKG_VERSION");

    let config = cbindgen::Config::from_file(root.join("cbindgen.toml"))
        .map_err(|error| anyhow::anyhow!("cbindgen.toml: {error}"))?;
    cbindgen::Builder::new().with_crate(&root).with_config(config).generate()?.write_to_file(&out);
    println!("cargo::rustc-env=PREDICTOR_POOL_GENERATED_HEADER={}", out.display());

    if env::var("CARGO_CFG_TARGET_OS")? == "linux" {
        let major = env::var("CARGO_PKG_VERSION_MAJOR")?;
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libpredictor_pool.so.{major}");
        // ONNX Runtime's threads and the fork handler may outlive a dlclose.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    Ok(())
}
