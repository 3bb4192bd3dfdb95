//! [`Interpreter`]: CPython as a library, initialised once and run in forked children.
//!
//! It is given the very arguments of the command, so that the interpreter itself reads
//! them; what is left to do in the child is what its `main` does after that. Only
//! functions of the documented API are called, and the one large structure is handed
//! around without looking into it.

use std::error::Error as _;
use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::{self, ManuallyDrop};
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::OnceLock;

use libloading::os::unix::{Library as Opened, RTLD_GLOBAL, RTLD_NOW};
use nix::errno::Errno;
use nix::unistd::{dup, pipe};

use super::{failed, syscall};
use crate::{Command, SandboxError, Seed};

/// Larger than `PyConfig` of any version, which has about 500 bytes.
type Config = [u64; 2048];

/// `PyStatus`, the same since 3.8.
#[repr(C)]
struct Status {
    kind: c_int,
    function: *const c_char,
    message: *const c_char,
    code: c_int,
}

/// The functions that are called after a fork, and what the child restores.
#[derive(Debug)]
pub(super) struct Interpreter {
    program: String,
    /// What the kernel calls a process that executes the program.
    name: CString,
    args: Vec<String>,
    env: Vec<(String, String)>,
    after_fork: unsafe extern "C" fn(),
    run_main: unsafe extern "C" fn() -> c_int,
    /// What the interpreter does about each signal, for launcher and init reset that.
    signals: Vec<(c_int, libc::sigaction)>,
}

static LOADED: OnceLock<Interpreter> = OnceLock::new();

impl Interpreter {
    /// The interpreter of this process, if it is the one of `command`.
    pub(super) fn of(command: &Command) -> Option<&'static Interpreter> {
        LOADED.get().filter(|interpreter| {
            interpreter.program == command.program
                && interpreter.args == command.args
                && interpreter.env == command.env
        })
    }

    /// Loads and initialises the interpreter and runs its preparation.
    pub(super) fn load(seed: &Seed) -> Result<(), SandboxError> {
        let library = Library::open(&seed.library)?;
        // SAFETY: these are the types that the documentation gives.
        let (initialize_config, set_arguments, initialize, clear_config, run, before_fork) = unsafe {
            (
                library.function::<unsafe extern "C" fn(*mut Config)>(c"PyConfig_InitPythonConfig")?,
                library.function::<unsafe extern "C" fn(*mut Config, isize, *const *const c_char) -> Status>(
                    c"PyConfig_SetBytesArgv",
                )?,
                library.function::<unsafe extern "C" fn(*const Config) -> Status>(c"Py_InitializeFromConfig")?,
                library.function::<unsafe extern "C" fn(*mut Config)>(c"PyConfig_Clear")?,
                library.function::<unsafe extern "C" fn(*const c_char) -> c_int>(c"PyRun_SimpleString")?,
                library.function::<unsafe extern "C" fn()>(c"PyOS_BeforeFork")?,
            )
        };
        // SAFETY: as before.
        let (after_fork, run_main) = unsafe {
            (
                library.function::<unsafe extern "C" fn()>(c"PyOS_AfterFork_Child")?,
                library.function::<unsafe extern "C" fn() -> c_int>(c"Py_RunMain")?,
            )
        };
        let arguments: Vec<CString> = std::iter::once(&seed.command.program)
            .chain(&seed.command.args)
            .map(|argument| c_string(argument))
            .collect::<Result<_, _>>()?;
        let preload = c_string(&seed.preload)?;
        let argument_pointers: Vec<*const c_char> =
            arguments.iter().map(|argument| argument.as_ptr()).collect();
        let count = isize::try_from(argument_pointers.len()).unwrap_or(0);

        // As an executed program would find them.
        syscall::reset_signals();
        let streams = Streams::pipes().map_err(failed("make pipes"))?;
        let mut config: Box<Config> = Box::new([0; 2048]);
        // SAFETY: the buffer is large enough and outlives the calls; the arguments are C
        // strings; the order is the documented one.
        unsafe {
            initialize_config(&raw mut *config);
            check(&set_arguments(&raw mut *config, count, argument_pointers.as_ptr()))?;
            check(&initialize(&raw const *config))?;
            clear_config(&raw mut *config);
        }
        streams.restore().map_err(failed("restore the streams"))?;
        // SAFETY: the interpreter is initialised, and this thread holds its lock.
        if unsafe { run(preload.as_ptr()) } != 0 {
            return Err(failed("prepare the interpreter")(Errno::ENOEXEC));
        }
        syscall::has_one_thread().map_err(failed("prepare an interpreter of one thread"))?;
        let signals = signals();
        // SAFETY: as before. What it locks is unlocked in the child that runs Python.
        unsafe { before_fork() };
        let Command { program, args, env, .. } = seed.command.clone();
        let name = c_string(program.rsplit('/').next().unwrap_or_default())?;
        let interpreter = Interpreter { program, name, args, env, after_fork, run_main, signals };
        LOADED.set(interpreter).map_err(|_| failed("load an interpreter once")(Errno::EEXIST))
    }

    /// Runs the command in this process, forked from the one that was prepared, and
    /// ends it as the interpreter's own program does.
    pub(super) fn run(&self) -> ! {
        for (number, action) in &self.signals {
            // SAFETY: the action was in force in the process that this was forked from,
            // and its handlers are at the same places here.
            unsafe { libc::sigaction(*number, action, ptr::null_mut()) };
        }
        // SAFETY: the interpreter was initialised by the thread that this is a copy of.
        unsafe {
            libc::prctl(libc::PR_SET_NAME, self.name.as_ptr());
            (self.after_fork)();
            let code = (self.run_main)();
            libc::exit(code)
        }
    }
}

/// The actions of all signals that have one.
fn signals() -> Vec<(c_int, libc::sigaction)> {
    let action = |number| {
        // SAFETY: an all-zero `sigaction` is valid, and is only written to.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        // SAFETY: a null pointer asks for the action in force without changing it.
        let result = unsafe { libc::sigaction(number, ptr::null(), &raw mut action) };
        let is_other = action.sa_sigaction != libc::SIG_DFL;
        (result == 0 && is_other).then_some((number, action))
    };
    (1..=64).filter_map(action).collect()
}

/// Standard output and standard error while the interpreter looks at what they are:
/// pipes, as they are for every command.
struct Streams {
    null: std::os::fd::OwnedFd,
    _read_end: std::os::fd::OwnedFd,
}

impl Streams {
    fn pipes() -> Result<Streams, Errno> {
        // SAFETY: descriptor 1 is the null device for the life of the process.
        let null = dup(unsafe { std::os::fd::BorrowedFd::borrow_raw(1) })?;
        let (read_end, write_end) = pipe()?;
        place(&write_end)?;
        Ok(Streams { null, _read_end: read_end })
    }

    fn restore(self) -> Result<(), Errno> {
        place(&self.null)
    }
}

fn place(stream: &std::os::fd::OwnedFd) -> Result<(), Errno> {
    for number in [1, 2] {
        // SAFETY: both are numbers, and nothing owns the standard descriptors.
        Errno::result(unsafe { libc::dup2(stream.as_raw_fd(), number) })?;
    }
    Ok(())
}

fn check(status: &Status) -> Result<(), SandboxError> {
    if status.kind == 0 {
        return Ok(());
    }
    // SAFETY: a message that is there is a C string that lives as long as the program.
    let message = (!status.message.is_null()).then(|| unsafe { CStr::from_ptr(status.message) });
    let message = message.map(CStr::to_string_lossy).unwrap_or_default();
    Err(failed(format!("initialise the interpreter: {message}"))(Errno::ENOEXEC))
}

fn c_string(text: &str) -> Result<CString, SandboxError> {
    CString::new(text).map_err(|_| failed("pass a text to the interpreter")(Errno::EINVAL))
}

/// The interpreter's library, open for the life of the process: its functions are called
/// in every child.
struct Library(ManuallyDrop<Opened>);

impl Library {
    fn open(name: &str) -> Result<Library, SandboxError> {
        // Extension modules look for the interpreter's functions among all symbols.
        // SAFETY: what the library does when it is loaded is its own.
        let library = unsafe { Opened::open(Some(name), RTLD_NOW | RTLD_GLOBAL) };
        let library = library.map_err(|error| {
            failed(format!("load the interpreter: {}", reason(&error)))(Errno::ENOENT)
        })?;
        Ok(Library(ManuallyDrop::new(library)))
    }

    /// # Safety
    ///
    /// `F` is the type of a pointer to the function of this name.
    unsafe fn function<F: Copy>(&self, name: &CStr) -> Result<F, SandboxError> {
        // SAFETY: the caller gives the right type.
        let found = unsafe { self.0.get::<F>(name) };
        found
            .map(|function| *function)
            .map_err(|error| failed(format!("find a function: {}", reason(&error)))(Errno::ENOENT))
    }
}

/// What the dynamic linker said.
fn reason(error: &libloading::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}
