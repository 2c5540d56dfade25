package study

import "github.com/hexabuilders/campaignd/fault"

var (
	ErrNotFound = fault.New(fault.NotFound, "clusters_not_found", "There are no such clusters.",
		"Check the id; GET /api/v1/clusters lists those of the partner.")
	ErrSeedTooSmall = fault.New(fault.Invalid, "seed_too_small", "The seed audience has too few members to learn from.",
		"Upload more members, or start from a larger audience.")
	// ErrSeedGuessed keeps models from learning from what models have chosen, in
	// circles or not: each would know less of who the first seed was.
	ErrSeedGuessed = fault.New(fault.Invalid, "seed_is_lookalike", "The seed is a lookalike itself: it holds people whom a model took for alike, and nobody who is known to be.",
		"Start from the audience that it was made from, with a larger ratio.")
	ErrNobodyElse = fault.New(fault.Invalid, "nobody_to_compare", "There are too few people besides the seed to compare it with.",
		"Upload more of your people to another audience: the seed is told apart from them, and the new audience is chosen among them.")
	ErrNothingKnown = fault.New(fault.Invalid, "nothing_known", "Nothing is known of the people to tell them apart by.",
		"Upload members with attributes or with their visits and purchases.")
	ErrNotReady = fault.New(fault.Conflict, "study_not_ready", "It has not been computed yet.",
		"Read it again until it is ready.")
	// ErrLost tells a worker that somebody else has taken its work over.
	ErrLost      = fault.New(fault.Internal, "study_lost", "Another worker has the study.", "")
	errAbandoned = fault.New(fault.Internal, "study_abandoned", "Computing it has failed too often.", "Ask for it again, of fewer people.")
)
