//go:build !linux

package testenv

import "os"

// goCommandStderr is known only where /proc shows a parent's descriptors.
// Elsewhere the note is seen with -v and when a test fails.
func goCommandStderr() *os.File { return nil }
