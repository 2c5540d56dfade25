package lookalike

import "github.com/hexabuilders/campaignd/fault"

var (
	ErrFormat = fault.New(fault.Malformed, "lookalike_format",
		"The file of people cannot be read.", "Give it a header line and one person in a row, with commas, semicolons, tabs or bars between the cells.")
	ErrLabel = fault.New(fault.Invalid, "lookalike_label",
		"There is no such label.", "Name a column of the header, and a value that stands in it.")
	ErrTooFew = fault.New(fault.Invalid, "too_few_people",
		"There are too few people to learn from.", "Give more people of the group and of the rest.")
	ErrFolds = fault.New(fault.Invalid, "lookalike_folds",
		"So many folds make no cross-validation.", "Give 2 to 20 folds.")
	ErrNothingToLearn = fault.New(fault.Invalid, "nothing_to_learn",
		"No column tells people apart.", "Give columns whose values differ between people and repeat among them.")
)
