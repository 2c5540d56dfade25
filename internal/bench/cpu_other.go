//go:build !unix

package bench

import "time"

var started = time.Now()

// ownCPU is the clock on the wall where the system does not tell the processor
// time of a process.
func ownCPU() time.Duration { return time.Since(started) }
