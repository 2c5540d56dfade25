package testenv

import "testing"

// MetaSDK gives the path of a program that runs a script of Node with Meta's
// official Business SDK installed.
func MetaSDK(t testing.TB) string {
	t.Helper()
	return metaSDK.Need(t)
}

// AsyncAPIParser gives the path of a program that runs a script of Node with the
// AsyncAPI initiative's own parser installed.
func AsyncAPIParser(t testing.TB) string {
	t.Helper()
	return asyncAPIParser.Need(t)
}
