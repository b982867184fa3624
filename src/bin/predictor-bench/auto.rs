use crate::args::AutoArguments;
use crate::failure::Result;
pub fn run(_: &AutoArguments) -> Result<()> {
    Ok(())
}
