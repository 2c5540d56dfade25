// Package targeting says whom a campaign is for: people of some age, in some
// places, with some interests.
//
// A Configuration is a value: it is validated as a whole, kept with its
// campaign and replaced, never changed in place. Inside one list the values are
// alternatives (Bogotá or Lima), lists narrow each other (in Bogotá and on a
// mobile device), an empty list does not narrow, and an exclusion always wins.
//
// Validate reports everything that is wrong at once, with the path of each
// field, because a person corrects a form once and not field by field. Fits
// holds a valid configuration against the campaign's type and special category.
package targeting
