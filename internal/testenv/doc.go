// Package testenv gives tests the real backends they need: PostgreSQL on a
// temporary cluster made from Debian's binaries, and Chromium. Only tests
// import it.
//
// A package that uses it ends its tests through Main, which stops what was
// started and says what was missing:
//
//	func TestMain(m *testing.M) { testenv.Main(m) }
//
//	func TestStore(t *testing.T) {
//		db := open(t, testenv.Postgres(t)) // a fresh, empty database
//		...
//	}
//
// A backend that is not installed never passes in silence. Its tests are
// skipped and Main says so aloud, also under a plain "go test ./..."; such a
// result is never cached, so that installing the backend is enough to run
// them. Where CAMPAIGND_TEST_REQUIRE names the backend ("postgres,chromium" or
// "all") its tests fail instead.
//
// Nothing outlives the test binary, not even when it is killed: servers run as
// direct children with a parent-death signal, and folders left behind by a
// killed binary are removed by the next one.
package testenv
