//! `assay-sandbox -- COMMAND...`: runs a command in a sandbox, for people to try and for
//! the tests as a launcher.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use assay_sandbox::{Command, Sandbox, SandboxError, Spec};

fn main() -> ExitCode {
    assay_sandbox::enter_if_launched();
    let mut arguments = env::args().skip_while(|argument| argument != "--").skip(1);
    let Some(program) = arguments.next() else {
        return say("usage: assay-sandbox -- COMMAND [ARGUMENT...]");
    };
    match run(&Command::new(program).args(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => say(&format!("failed to {error}")),
    }
}

fn run(command: &Command) -> Result<(), SandboxError> {
    let execution = Sandbox::start(&Spec::default())?.execute(command)?;
    // A closed terminal is no reason to complain about it on that terminal.
    let _ = io::stdout().write_all(&execution.stdout.bytes);
    let _ = io::stderr().write_all(&execution.stderr.bytes);
    let _ = writeln!(
        io::stderr(),
        "{}; {:?}; {} left over",
        execution.exit,
        execution.usage,
        execution.leftover_processes
    );
    Ok(())
}

fn say(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::FAILURE
}
