//go:build unix

package bench

import (
	"syscall"
	"time"
)

// ownCPU is the processor time of this process, to the microsecond.
func ownCPU() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
