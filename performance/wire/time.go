package wire

import "time"

// parseTime reads an RFC 3339 time into microseconds since 1970 UTC; finer
// digits are cut off. Times are from the year 1970 to 9999.
func parseTime(s string) (int64, bool) {
	if at, ok := parseUTC(s); ok {
		return at, true
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 || t.Unix() < 0 {
		return 0, false
	}
	return t.UnixMicro(), true
}

// parseUTC reads the one form that nearly every event has,
// 2006-01-02T15:04:05[.000000]Z, about five times faster than time.Parse. It
// refuses what it is not sure of.
func parseUTC(s string) (int64, bool) {
	const length = len("2006-01-02T15:04:05Z")
	n := len(s)
	if n < length || n > length+7 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[n-1] != 'Z' {
		return 0, false
	}
	year, month, day := digits(s[0:4]), digits(s[5:7]), digits(s[8:10])
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	micros, ok := fraction(s[19 : n-1])
	if !ok || year < 1970 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	seconds := int64(daysSince1970(year, month, day))*86400 + int64(hour*3600+minute*60+second)
	return seconds*1_000_000 + int64(micros), true
}

// digits is the number that s spells, or -1.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return -1
		}
		n = n*10 + int(d)
	}
	return n
}

// fraction reads nothing, or a point and 1 to 6 digits, into micros.
func fraction(s string) (int, bool) {
	if s == "" {
		return 0, true
	}
	n := digits(s[1:])
	if s[0] != '.' || len(s) < 2 || n < 0 {
		return 0, false
	}
	for range 7 - len(s) {
		n *= 10
	}
	return n, true
}

var monthDays = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysIn(year, month int) int {
	if month == 2 && (year%4 == 0 && year%100 != 0 || year%400 == 0) {
		return 29
	}
	return monthDays[month-1]
}

// daysSince1970 counts days of the Gregorian calendar; the year is counted
// from March, so that the leap day is its last.
func daysSince1970(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468
}
