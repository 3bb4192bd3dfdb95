package main

import (
	"regexp"
	"strings"
)

// packages that give a program power over its own process, or knowledge of it, that
// nothing an artifact is asked for needs.
var packageRules = map[string]string{
	"testing":                      "uses the package that runs its tests",
	"plugin":                       "loads code into its process",
	"runtime/pprof":                "looks into its process",
	"runtime/trace":                "looks into its process",
	"runtime/coverage":             "looks into its process",
	"net/http/pprof":               "looks into its process",
	"debug/buildinfo":              "reads programs",
	"debug/dwarf":                  "reads programs",
	"debug/elf":                    "reads programs",
	"debug/gosym":                  "reads programs",
	"modernc.org/libc":             "works on bare memory",
	"modernc.org/memory":           "works on bare memory",
	"github.com/ebitengine/purego": "loads code into its process",
}

// packageRule is the rule for a package.
func packageRule(path string) string {
	if rule, found := packageRules[path]; found {
		return rule
	}
	for _, parent := range []string{"testing", "modernc.org/libc"} {
		if strings.HasPrefix(path, parent+"/") {
			return packageRules[parent]
		}
	}
	return ""
}

// objectRules are for single functions, methods, variables and fields.
var objectRules = map[string]string{
	"os.Args":       "reads the arguments of the program that tests it",
	"os.Executable": "asks for the program that tests it",
	"os.Getppid":    "looks for the process that tests it",

	"runtime.Callers":               "walks the stack of its callers",
	"runtime.CallersFrames":         "walks the stack of its callers",
	"runtime.Caller":                "walks the stack of its callers",
	"runtime.Stack":                 "reads the stack of its callers",
	"runtime.GoroutineProfile":      "reads the stacks of other goroutines",
	"runtime.MemProfile":            "reads the stacks of other goroutines",
	"runtime.BlockProfile":          "reads the stacks of other goroutines",
	"runtime.MutexProfile":          "reads the stacks of other goroutines",
	"runtime.Breakpoint":            "stops its process",
	"runtime/debug.Stack":           "reads the stack of its callers",
	"runtime/debug.WriteHeapDump":   "writes its process's memory to a file",
	"runtime/debug.SetPanicOnFault": "feels its way through memory",
	"runtime/debug.SetCrashOutput":  "writes its process's stacks to a file",
	"log.Output":                    "has its callers named",
	"log.Logger.Output":             "has its callers named",

	"flag.Lookup":      "reads the settings of the tests",
	"flag.Visit":       "reads the settings of the tests",
	"flag.VisitAll":    "reads the settings of the tests",
	"flag.CommandLine": "reads the settings of the tests",

	"reflect.NewAt":               "works on bare memory",
	"reflect.SliceAt":             "works on bare memory",
	"reflect.Value.UnsafeAddr":    "works on bare memory",
	"reflect.Value.UnsafePointer": "works on bare memory",
	"reflect.Value.SetPointer":    "works on bare memory",

	"github.com/pkg/errors.StackTrace": "walks the stack of its callers",
	"github.com/pkg/errors.Frame":      "walks the stack of its callers",

	"github.com/mattn/go-sqlite3.SQLiteConn.LoadExtension": "loads code into its process",
	"github.com/mattn/go-sqlite3.SQLiteDriver.Extensions":  "loads code into its process",
}

// hiddenMethods are methods with a rule, by which an interface of the artifact's own
// would name them without their package.
var hiddenMethods = map[string]string{"LoadExtension": "loads code into its process", "UnsafePointer": "works on bare memory", "UnsafeAddr": "works on bare memory"}

// systemCalls are functions of syscall and golang.org/x/sys/unix.
var systemCalls = map[string]string{
	"Syscall": "makes bare system calls", "Syscall6": "makes bare system calls",
	"RawSyscall": "makes bare system calls", "RawSyscall6": "makes bare system calls",
	"SyscallNoError": "makes bare system calls", "RawSyscallNoError": "makes bare system calls",
	"AllThreadsSyscall": "makes bare system calls", "AllThreadsSyscall6": "makes bare system calls",

	"Mmap": "works on bare memory", "MmapPtr": "works on bare memory",
	"Munmap": "works on bare memory", "Mprotect": "works on bare memory",
	"Mremap": "works on bare memory", "Madvise": "works on bare memory",
	"ProcessVMReadv": "works on bare memory", "ProcessVMWritev": "works on bare memory",

	"Dup": "takes over descriptors of its process", "Dup2": "takes over descriptors of its process",
	"Dup3": "takes over descriptors of its process", "PidfdGetfd": "takes over descriptors of its process",
	"Sendto": "writes to a bare descriptor", "Sendmsg": "writes to a bare descriptor",
	"SendmsgN": "writes to a bare descriptor", "SendmsgBuffers": "writes to a bare descriptor",
	"Recvfrom": "reads from a bare descriptor", "Recvmsg": "reads from a bare descriptor",
	"RecvmsgBuffers": "reads from a bare descriptor", "Shutdown": "closes a bare descriptor",
	"CloseRange": "closes a bare descriptor",

	"Exec": "replaces its own process", "ForkExec": "starts a process by hand",
	"Getppid": "looks for the process that tests it",
	"Prctl":   "changes its own process", "PrctlRetInt": "changes its own process",
	"Setrlimit": "changes its own process", "Prlimit": "changes its own process",

	"Mount": "tries to leave its sandbox", "Unmount": "tries to leave its sandbox",
	"PivotRoot": "tries to leave its sandbox", "Chroot": "tries to leave its sandbox",
	"Unshare": "tries to leave its sandbox", "Setns": "tries to leave its sandbox",
}

// systemCall is the rule for a function of syscall or golang.org/x/sys/unix.
func systemCall(name string) string {
	if strings.HasPrefix(name, "Ptrace") {
		return "looks into other processes"
	}
	return systemCalls[name]
}

// pathCalls are system calls that take a path and never write into memory. Code that
// opens files below a folder safely may have to make them itself: openat2 has no
// function in the standard library.
var pathCalls = map[string]bool{"SYS_OPENAT": true, "SYS_OPENAT2": true, "SYS_MKDIRAT": true, "SYS_UNLINKAT": true, "SYS_RENAMEAT": true, "SYS_RENAMEAT2": true, "SYS_LINKAT": true, "SYS_SYMLINKAT": true, "SYS_FCHMODAT": true}

// openat2 by its number, the same on every architecture.
const openat2 = "437"

// descriptorCalls take the number of a descriptor first.
var descriptorCalls = map[string]bool{
	"os.NewFile":    true,
	"syscall.Write": true, "syscall.Pwrite": true, "syscall.Read": true, "syscall.Pread": true,
	"syscall.Close": true, "syscall.Fstat": true, "syscall.SetNonblock": true,
	"syscall.CloseOnExec": true, "syscall.Getpeername": true, "syscall.Getsockname": true,
	"syscall.Seek": true, "syscall.Ftruncate": true, "syscall.FcntlFlock": true,
}

// ownProcess are places in /proc, and beside it, that show the process that reads
// them or one that is named by its number.
var ownProcess = regexp.MustCompile(`/proc/(self|thread-self|[0-9]+|%[dvs]|\$|\*)(/|$)|^/proc/?$|^/dev/fd(/|$)`)

// ownDescriptor is such a place that safe file handling goes through.
var ownDescriptor = regexp.MustCompile(`^/proc/self/fd/(%[dvs])?$`)

// settingsOfTests are flags that only a program of tests has.
var settingsOfTests = regexp.MustCompile(`(^|-)test\.(v|run|timeout|paniconexit0|short|skip|failfast|count|parallel|list|testlogfile|coverprofile)\b|_test\.go\b|^/Test$`)

// pathReaders are packages whose functions take paths of files and programs.
var pathReaders = map[string]bool{"os": true, "os/exec": true, "io/ioutil": true, "syscall": true, "golang.org/x/sys/unix": true}

// replaceable is what an artifact may not set of the default client and transport: it
// would stand between the tests and what they talk to. The empty name is the whole.
var replaceable = map[string]bool{"": true, "Transport": true}
