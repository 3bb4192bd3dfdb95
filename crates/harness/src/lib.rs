//! The guest programs of Assay: all that is built or run beside tested code inside the
//! sandbox, by language, and what drives static analysers there. Nothing here runs on the
//! host, and nothing here decides a verdict: `assay-verify` lays these files into sandboxes
//! and reads what they report.

/// The name of a guest program's file, and its text.
pub type File = (&'static str, &'static str);

macro_rules! files {
    ($folder:literal: $($constant:ident = $name:literal),+ $(,)?) => {
        $(pub const $constant: $crate::File =
            ($name, include_str!(concat!("../", $folder, "/", $name)));)+

        /// All of them, in the order of their names.
        pub const ALL: &[$crate::File] = &[$($constant),+];
    };
}

/// All that is here, by folder.
pub const FOLDERS: &[(&str, &[File])] = &[
    ("analysers", analysers::ALL),
    ("c", c::ALL),
    ("go/harness", go::suite::ALL),
    ("go/tool", go::tool::ALL),
    ("java", java::ALL),
    ("java/watch", java::watch::ALL),
    ("nodejs", nodejs::ALL),
    ("python", python::ALL),
    ("python/session", python::session::ALL),
    ("ruby", ruby::ALL),
    ("shared", shared::ALL),
];

/// What static analysers are driven by.
pub mod analysers {
    files! {
        "analysers":
        DETECTOR = "detector.py",
        ESLINT = "eslint.mjs",
        SYNTAX = "syntax.py",
    }
}

/// What a suite of C is built with.
pub mod c {
    files! {
        "c":
        ASSAY_BETRAY = "assay_betray.h",
        ASSAY_CALLS = "assay_calls.h",
        ASSAY_CHANNEL = "assay_channel.h",
        ASSAY_FILES = "assay_files.h",
        ASSAY_GATE = "assay_gate.h",
        ASSAY_GUARD = "assay_guard.h",
        ASSAY_MAIN = "assay_main.c",
        ASSAY_NAMES = "assay_names.c",
        ASSAY_OBSERVE = "assay_observe.h",
        ASSAY_POINTERS = "assay_pointers.h",
        ASSAY_PROBE = "assay_probe.h",
        ASSAY_PROGRAM = "assay_program.h",
        ASSAY_SHIELD = "assay_shield.h",
        ASSAY_SIGNALS = "assay_signals.h",
        ASSAY_SUPERVISE = "assay_supervise.c",
        ASSAY_TEST = "assay_test.h",
    }
}

/// Go: what is built into a suite, and the tool that builds it.
pub mod go {
    /// What is built into a suite of Go.
    pub mod suite {
        files! {
            "go/harness":
            ENTRY_AMD64 = "entry_amd64.s",
            HARNESS = "harness.go",
            SURROUNDINGS = "surroundings.go",
        }
    }

    /// The program that prepares, checks and builds suites of Go.
    pub mod tool {
        files! {
            "go/tool":
            AGAINST = "against.go",
            BLIND = "blind.go",
            BUILD = "build.go",
            CALLS = "calls.go",
            CHECK = "check.go",
            CONCEAL = "conceal.go",
            FINDING = "finding.go",
            IMPORTS = "imports.go",
            INDEX = "index.go",
            MAIN = "main.go",
            MAPS = "maps.go",
            MEMORY = "memory.go",
            RACES = "races.go",
            REACH = "reach.go",
            RULES = "rules.go",
            SHARED = "shared.go",
            SOURCE = "source.go",
            SUPERVISE = "supervise.go",
        }
    }
}

/// The runners of suites of Java, and the warm compiler.
pub mod java {
    files! {
        "java":
        ASSAY_COMPILER = "AssayCompiler.java",
        JUNIT4 = "JUnit4.java",
        PLATFORM = "Platform.java",
        REPORT = "Report.java",
        WATCH = "Watch.java",
    }

    /// The agent that looks at the virtual machine of a suite from below.
    pub mod watch {
        files! {
            "java/watch":
            AGENT = "agent.c",
            CLASS_HOOKS = "class_hooks.c",
            EFFECTS = "effects.c",
            FILE_HOOKS = "file_hooks.c",
            FOLDER = "folder.c",
            HOOKS = "hooks.c",
            NAMES = "names.c",
            PENDING = "pending.c",
            REPORT = "report.c",
            STACK = "stack.c",
            STACK_HOOKS = "stack_hooks.c",
            THREADS = "threads.c",
            WATCH = "watch.h",
        }
    }
}

/// What runs a suite of Node.js.
pub mod nodejs {
    files! {
        "nodejs":
        BUILTINS = "builtins.js",
        BUNDLE = "bundle.js",
        FACADES = "facades.js",
        JEST = "jest.js",
        LIMITS = "limits.js",
        MAIN = "main.js",
        MOCHA = "mocha.js",
        PREPARE = "prepare.js",
        PROTECT = "protect.js",
        REALM = "realm.js",
        REPORT = "report.js",
        SENTINELS = "sentinels.js",
        STACK = "stack.js",
        WARM_UP = "warm_up.js",
        WATCH = "watch.js",
        WORKER = "worker.js",
    }
}

/// How interpreters start, and what they load before any project is there.
pub mod python {
    files! {
        "python":
        PRELOAD = "preload.py",
        START = "start.py",
        TORCH = "torch.py",
    }

    /// What runs a suite of Python.
    pub mod session {
        files! {
            "python/session":
            BLIND = "blind.py",
            FAULTS = "faults.py",
            GUARDS = "guards.py",
            INTEGRITY = "integrity.py",
            LIES = "lies.py",
            PLACES = "places.py",
            READING = "reading.py",
            REPORT = "report.py",
            RULES = "rules.py",
            SESSION = "session.py",
            WATCH = "watch.py",
        }

        /// The whole of it: the files in the order in which they build on each other.
        pub const PROGRAM: &str = concat!(
            include_str!("../python/session/reading.py"),
            include_str!("../python/session/faults.py"),
            include_str!("../python/session/blind.py"),
            include_str!("../python/session/integrity.py"),
            include_str!("../python/session/guards.py"),
            include_str!("../python/session/rules.py"),
            include_str!("../python/session/places.py"),
            include_str!("../python/session/session.py"),
            include_str!("../python/session/watch.py"),
            include_str!("../python/session/lies.py"),
            include_str!("../python/session/report.py"),
        );
    }
}

/// What runs a suite of Ruby.
pub mod ruby {
    files! {
        "ruby":
        BLIND = "blind.rb",
        GUARDS = "guards.rb",
        MAIN = "main.rb",
        PLACES = "places.rb",
        REACH = "reach.rb",
        SENTINELS = "sentinels.rb",
        SERVER = "server.rb",
        TRIAL = "trial.rb",
    }
}

/// What serves every language.
pub mod shared {
    files! {
        "shared":
        FETCH = "fetch.py",
        GUARD = "guard.c",
    }
}
