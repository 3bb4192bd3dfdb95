/* Loaded into an interpreter before anything else of it: makes the process
 * undumpable, so that neither it nor its children can open its memory, its
 * descriptors or its environment in /proc, and takes itself out of what children
 * inherit.
 */
#include <stdlib.h>
#include <sys/prctl.h>

__attribute__((constructor)) static void guard(void)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    unsetenv("LD_PRELOAD");
}
