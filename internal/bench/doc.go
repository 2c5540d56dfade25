// Package bench measures the program from outside, through its public HTTP API,
// and beside each figure its baseline in the same run: a number alone says more
// about the machine than about the program.
package bench
