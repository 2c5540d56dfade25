// Package sandbox speaks the parts of two ad platforms' APIs that campaignd
// uses: Meta's Marketing API (Graph) and the Google Ads API (REST and JSON). It
// is for development, demos and tests; nothing leaves the machine and nothing
// costs money.
//
// It is strict where the platforms are: an unknown parameter, a wrong enum value
// or a missing required field is refused, in the platform's own words and codes.
// Behind both stands the auction of package market, which delivers to what has
// been created: demand by hour and weekday, prices that answer bids, inventory
// that runs short, conversions that come late, more than the day's budget on a
// good day, and corrections of what was reported. Ads are reviewed, and some are
// rejected.
//
// Its clock follows the real one, Speed times as fast, and can be advanced. What
// goes wrong at real platforms can be ordered (Faults): answers that are lost
// after the work was done, expired tokens, HTML in place of JSON, impossible
// figures, throttling.
//
// World is the state, shared by the two dialects; meta*.go and google*.go speak.
// One lock holds it all: a sandbox has no need to be fast.
package sandbox
