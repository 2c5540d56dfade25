// Package layout holds nothing but tests: who may import whom, and what every
// source file keeps to. The rules and their reasons stand in rules_test.go;
// docs/decisions explains the shape they protect.
package layout
