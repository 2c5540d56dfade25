package campaigns

import (
	"slices"
	"strings"
)

// Type is the kind of advertising.
type Type string

const (
	Search      Type = "SEARCH"
	Display     Type = "DISPLAY"
	Social      Type = "SOCIAL"
	Video       Type = "VIDEO"
	Email       Type = "EMAIL"
	Affiliate   Type = "AFFILIATE"
	Retargeting Type = "RETARGETING"
)

// Types are all of them, in the order in which they are shown.
var Types = []Type{Search, Display, Social, Video, Email, Affiliate, Retargeting}

// Channels are what a campaign of the type uses when it names none.
func (t Type) Channels() []string {
	if t == Retargeting {
		return []string{"display", "social"}
	}
	return []string{strings.ToLower(string(t))}
}

// Objective is what a campaign is for.
type Objective string

const (
	Awareness   Objective = "AWARENESS"
	Traffic     Objective = "TRAFFIC"
	Engagement  Objective = "ENGAGEMENT"
	Leads       Objective = "LEADS"
	Conversions Objective = "CONVERSIONS"
	Sales       Objective = "SALES"
)

// Objectives are all of them, in the order in which they are shown.
var Objectives = []Objective{Awareness, Traffic, Engagement, Leads, Conversions, Sales}

// Category is a special category of advertising, in which the law forbids
// choosing people by who they are.
type Category string

const (
	Ordinary   Category = ""
	Housing    Category = "housing"
	Employment Category = "employment"
	Credit     Category = "credit"
)

// Categories are the special ones.
var Categories = []Category{Housing, Employment, Credit}

// normal is the category in the letters of Categories; "none" is Ordinary.
func (c Category) normal() Category {
	if c = Category(strings.ToLower(string(c))); c == "none" {
		return Ordinary
	}
	return c
}

func oneOf[T ~string](allowed []T) string {
	names := make([]string, len(allowed))
	for i, v := range allowed {
		names[i] = string(v)
	}
	return strings.Join(names, ", ")
}

func known[T ~string](v T, allowed []T) bool { return slices.Contains(allowed, v) }
