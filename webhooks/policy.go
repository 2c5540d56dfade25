package webhooks

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/fault"
)

// Policy is what addresses an operator lets partners name.
type Policy struct {
	// Private allows http and addresses of private networks: for development,
	// and where the receivers stand in the operator's own network.
	Private bool
}

const (
	maxURL         = 2000
	maxDescription = 200
	maxPatterns    = 50
)

// pattern is an event type, or the beginning of some, or all.
var pattern = regexp.MustCompile(`^(\*|[a-z_]+(\.[a-z_]+)*(\.\*)?)$`)

func (p Policy) check(address, description string, events []string) error {
	var wrong fault.Fields
	p.checkURL(&wrong, address)
	if utf8.RuneCountInString(description) > maxDescription || !utf8.ValidString(description) {
		wrong.Add("description", "too_long", "It is too long, or no text.", "at most 200 characters")
	}
	if len(events) == 0 || len(events) > maxPatterns {
		wrong.Add("events", "out_of_range", "Say which events the endpoint wants.", `1 to 50 types, such as "alert.raised", "alert.*" or "*"`)
	}
	for i, e := range events {
		if !pattern.MatchString(e) {
			wrong.Add(fmt.Sprintf("events[%d]", i), "invalid_event_type", "This is not an event type.", `a type such as "alert.raised", a beginning such as "alert.*", or "*"`)
		}
	}
	return wrong.Err()
}

func (p Policy) checkURL(wrong *fault.Fields, address string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || len(address) > maxURL || u.Opaque != "":
		wrong.Add("url", "invalid_url", "This is not an address that can be called.", "an https address of at most 2000 characters")
	case u.Scheme != "https" && (u.Scheme != "http" || !p.Private):
		wrong.Add("url", "https_required", "What is sent must not be read on its way.", "an address that begins with https://")
	case u.User != nil:
		wrong.Add("url", "credentials_in_url", "A password does not belong into an address.", "an address without user and password; the signature says who sends")
	case u.Fragment != "":
		wrong.Add("url", "invalid_url", "A fragment is never sent.", "an address without #")
	case !p.Private && !public(u.Hostname()):
		wrong.Add("url", "private_address", "This address lies in a private network.", "an address of the public internet")
	}
}

// numeric reports whether the last part of a host is a number: some resolvers
// read 2130706433, 0x7f.1 and 127.1 as addresses, and no public name ends so.
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || strings.Trim(last, "0123456789") == ""
}

// public refuses what is plainly private when it is entered. What a name
// resolves to is checked again at every connection, where it counts.
func public(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return Public(ip)
	}
	if numeric(host) {
		return false
	}
	for _, suffix := range []string{"localhost", ".local", ".internal", ".home.arpa"} {
		if host == strings.TrimPrefix(suffix, ".") || strings.HasSuffix(host, "."+strings.TrimPrefix(suffix, ".")) {
			return false
		}
	}
	return true
}

// special are the networks that are not of the public internet and that netip
// has no word for (IANA's special-purpose address registries).
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16")

// nat64 carries an IPv4 address in its last four bytes.
var nat64 = prefixes("64:ff9b::/96", "64:ff9b:1::/48")

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// Public reports whether an address belongs to the public internet, where a
// partner's receiver may stand: not to this machine, a private network, a link
// or a cloud's metadata service. An IPv4 address in IPv6's clothes is looked at
// without them.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	for _, p := range nat64 {
		if p.Contains(ip) {
			b := ip.As16()
			return Public(netip.AddrFrom4([4]byte(b[12:])))
		}
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate()
}

// Wants reports whether an endpoint is to be told of events of a type. The
// update that follows every ingest is sent only to those who name it.
func Wants(patterns []string, eventType string) bool {
	for _, p := range patterns {
		switch beginning, open := strings.CutSuffix(p, "*"); {
		case p == eventType:
			return true
		case open && eventType != frequent && strings.HasPrefix(eventType, beginning):
			return true
		}
	}
	return false
}

// frequent is the type of event that follows every commit of metric events.
const frequent = "performance.metrics_updated"
