// Package trial compares what runs at the same time or one after the other, in a
// way that may be looked at after every event.
//
// A fixed-size test that is looked at again and again finds a difference sooner
// or later, also where there is none. The tests here are mixture sequential
// probability ratio tests (Robbins 1970; Johari, Pekelis, Walsh 2017): the
// chance that they ever speak without reason is at most what was asked, however
// long and often they are watched, by Ville's inequality.
package trial
