package identity

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// The vectors are Meta's published examples.
func TestVectorsOfThePlatforms(t *testing.T) {
	for _, tt := range []struct {
		normal func(string) (string, error)
		raw    string
		want   string
	}{
		{email(Meta), "john_smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"},
		{email(Meta), "  John_Smith@Gmail.com\t", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"},
		{phone(Meta), "16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"},
		{phone(Meta), "+1 (650) 555-1212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"},
		{phone(Meta), "0016505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"},
		{name(Meta), "Mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"},
		{name(Meta), "mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"},
		{name(Meta), "Valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"},
		{name(Meta), norm.NFD.String("VALÉRY"), "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"},
		{name(Meta), "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"},
		{name(Meta), norm.NFD.String("정"), "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"},
	} {
		got, err := tt.normal(tt.raw)
		if err != nil || Of(got).String() != tt.want {
			t.Errorf("%q → %q, %v: hash %s, want %s", tt.raw, got, err, Of(got), tt.want)
		}
	}
}

func email(d Destination) func(string) (string, error) {
	return func(s string) (string, error) { return Email(d, s) }
}

func phone(d Destination) func(string) (string, error) {
	return func(s string) (string, error) { return Phone(d, s) }
}

func name(d Destination) func(string) (string, error) {
	return func(s string) (string, error) { return Name(d, s) }
}

func TestEachDestinationHasItsRules(t *testing.T) {
	for _, tt := range []struct {
		what      string
		normal    func(string) (string, error)
		raw, want string
	}{
		{"Meta keeps the dots of Gmail", email(Meta), "Jane.Doe@gmail.com", "jane.doe@gmail.com"},
		{"Google keeps them too", email(Google), "Jane.Doe@gmail.com", "jane.doe@gmail.com"},
		{"enhanced conversions drop them", email(GoogleEnhanced), "Jane.Doe@gmail.com", "janedoe@gmail.com"},
		{"also at googlemail.com", email(GoogleEnhanced), "j.a.n.e@GoogleMail.com", "jane@googlemail.com"},
		{"but nowhere else", email(GoogleEnhanced), "jane.doe@example.com", "jane.doe@example.com"},
		{"nor where gmail.com is only the end", email(GoogleEnhanced), "jane.doe@notgmail.com", "jane.doe@notgmail.com"},
		{"Google's telephone has a plus", phone(Google), "1 650 555 1212", "+16505551212"},
		{"Meta's has none", phone(Meta), "+57 301 555 0100", "573015550100"},
		{"leading zeros go", phone(Meta), "0057 301 555 0100", "573015550100"},
		{"Meta drops punctuation in names", name(Meta), "O'Brien-Smith ", "obriensmith"},
		{"Google keeps it", name(Google), "O'Brien-Smith ", "o'brien-smith"},
		{"a city is its letters", City, "São José dos Campos 2", "sãojosédoscampos"},
		{"a zip ends at the dash", Zip, "94035-1234", "94035"},
		{"a British one has no space", Zip, "M1 1AE", "m11ae"},
		{"a country is two letters", Country, " CO", "co"},
	} {
		if got, err := tt.normal(tt.raw); err != nil || got != tt.want {
			t.Errorf("%s: %q → %q, %v", tt.what, tt.raw, got, err)
		}
	}
}

func TestWhatNamesNobodyIsRefusedWithoutRepeatingIt(t *testing.T) {
	for _, tt := range []struct {
		normal func(string) (string, error)
		raw    string
		want   error
	}{
		{email(Meta), "secret", ErrEmail}, {email(Meta), "secret@", ErrEmail}, {email(Meta), "@secret.com", ErrEmail},
		{email(Meta), "secret@localhost", ErrEmail}, {email(Meta), "sec ret@example.com", ErrEmail},
		{email(Meta), "secret@@example.com", ErrEmail}, {email(Meta), "secret@example..com", ErrEmail},
		{email(Meta), strings.Repeat("secret", 50) + "@example.com", ErrEmail}, {email(GoogleEnhanced), "...@gmail.com", ErrEmail},
		{email(Meta), "secr\xe9t@example.com", ErrText}, {name(Meta), "secr\xe9t", ErrText}, {name(Meta), "...", ErrEmpty},
		{phone(Meta), "12345", ErrPhone}, {phone(Meta), "secret", ErrPhone}, {phone(Meta), "1234567890123456", ErrPhone},
		{phone(Meta), "12+345678901", ErrPhone}, {phone(Meta), "００１２３４５６７８", ErrPhone}, {phone(Meta), "00000000000", ErrPhone},
		{Country, "COL", ErrEmpty}, {Zip, "-1", ErrEmpty}, {City, "12", ErrEmpty},
	} {
		got, err := tt.normal(tt.raw)
		if !errors.Is(err, tt.want) {
			t.Errorf("%q → %q, %v", tt.raw, got, err)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "123") {
			t.Errorf("the error repeats the value: %v", err)
		}
	}
}

func ids(p Person) (found []ID, wrong []Problem) {
	found = p.Append(nil, func(w Problem) { wrong = append(wrong, w) })
	return found, wrong
}

func TestAHashIsTakenAsItIs(t *testing.T) {
	raw, _ := ids(Person{Email: "Mary@Example.com", Phone: "+16505551212", ExternalID: "C-17", DeviceID: "AEBE52E7-03EE-455A-B3C4-E57283966239"})
	hashed, wrong := ids(Person{
		Email: strings.ToUpper(Of("mary@example.com").String()), Phone: Of("16505551212").String(),
		ExternalID: Of("c-17").String(), DeviceID: Of("aebe52e7-03ee-455a-b3c4-e57283966239").String(),
	})
	if len(wrong) > 0 || len(raw) != 5 || len(hashed) != 5 {
		t.Fatalf("%v %v %v", raw, hashed, wrong)
	}
	for _, id := range raw {
		if id.Kind != PhoneGoogle && !slices.Contains(hashed, id) {
			t.Errorf("kind %d of the raw person is not in the hashed one", id.Kind)
		}
	}
	google, _ := ids(Person{Phone: Of("+16505551212").String()})
	if !slices.Contains(google, raw[3]) {
		t.Error("a telephone hashed by Google's rules is not found")
	}
}

func TestAnAddressNeedsAllItsParts(t *testing.T) {
	whole := Person{FirstName: "Mary", LastName: "O'Neill", Zip: "94035-1", Country: "us"}
	raw, _ := ids(whole)
	hashed, _ := ids(Person{FirstName: Of("mary").String(), LastName: Of("oneill").String(), Zip: "94035", Country: "US"})
	if len(raw) != 1 || !slices.Equal(raw, hashed) {
		t.Errorf("%v, hashed %v", raw, hashed)
	}
	for _, part := range []*string{&whole.FirstName, &whole.LastName, &whole.Zip, &whole.Country} {
		kept := *part
		*part = ""
		if got, wrong := ids(whole); len(got)+len(wrong) != 0 {
			t.Errorf("without %q: %v %v", kept, got, wrong)
		}
		*part = kept
	}
}

// Whatever is sent: normalising twice changes nothing, and one valid value is
// found beside any number of wrong ones.
func TestNormalisingIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z.ÉñÅ]{1,10}@[A-Za-z]{1,8}\.(com|co)`), rapid.StringMatching(`\+?[0-9 ()-]{5,20}`)).Draw(t, "raw")
		for _, normal := range []func(string) (string, error){
			email(Meta), email(GoogleEnhanced), phone(Meta), phone(Google), name(Meta), name(Google), City, Zip, Country,
		} {
			once, err := normal(raw)
			if err != nil {
				continue
			}
			if twice, err := normal(once); err != nil || twice != once {
				t.Fatalf("%q → %q → %q, %v", raw, once, twice, err)
			}
		}
		found, _ := ids(Person{Email: raw, Phone: raw, ExternalID: "c1"})
		if len(found) == 0 || found[0] != (ID{ExternalID, Of("c1")}) {
			t.Fatalf("%q hides the customer's number: %v", raw, found)
		}
	})
}
