package payment

import "testing"

func TestTheLevelOfAPurse(t *testing.T) {
	for _, c := range []struct {
		why              string
		account          bool // spends on account
		available, daily int64
		delivering       int64
		was, want        Level
	}{
		{why: "a day and more", available: 10, daily: 10, delivering: 1, was: FundsLow, want: FundsEnough},
		{why: "a micro less", available: 9, daily: 10, delivering: 1, was: FundsEnough, want: FundsLow},
		{why: "nothing", daily: 10, delivering: 1, was: FundsEnough, want: FundsOut},
		{why: "nothing, on the first day", delivering: 1, was: FundsEnough, want: FundsOut},
		{why: "something, on the first day", available: 1, delivering: 1, was: FundsEnough, want: FundsEnough},
		{why: "owing", available: -5, daily: 10, delivering: 2, was: FundsLow, want: FundsOut},
		{why: "owing on account", account: true, available: -5, daily: 10, delivering: 2, was: FundsOut, want: FundsEnough},
		{why: "nothing that nobody needs", was: FundsEnough, daily: 10, want: FundsEnough},
		{why: "paused for want of it", available: -1, daily: 10, was: FundsOut, want: FundsOut},
		{why: "paused, and some was paid in", available: 9, daily: 10, was: FundsOut, want: FundsOut},
		{why: "paused, and a day was paid in", available: 10, daily: 10, was: FundsOut, want: FundsEnough},
		{why: "at the ends of what can be held", available: -1 << 63, daily: 1<<63 - 1, delivering: 1, was: FundsEnough, want: FundsOut},
	} {
		p := Purse{Balance: Balance{Paid: c.available}, Daily: c.daily, Delivering: c.delivering, Level: c.was}
		if got := p.now(!c.account); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
}
