// Package analysis says what a campaign's numbers mean: whether a figure has a
// trend, whether two periods differ and by how much, where a change of a KPI
// comes from, what is worth telling, and what to expect of the next days.
//
// The arithmetic (trend.go, compare.go, decompose.go, mix.go, discovery.go) is
// pure. Service reads the local days it works on and puts the answers together.
//
// What holds, and the tests insist on:
//
//   - Contributions to a change add up to the change, to the micro.
//   - A finding says what it rests on, how it was tested and how sure it is; of
//     all that was tried at most a tenth of what is told is expected to be chance.
//   - Too little data is an answer. What is undefined says why and is not faked.
//   - The same figures in another unit give the same verdict.
//   - A day that is not over is not compared with one that is.
//   - The same question with the at and known_at of an answer gives that answer.
//
// Statistics are computed in floats and leave as micros; sums and differences
// of money never pass through a float.
package analysis
