// Package influx mirrors the sums by minute, hour and local day into InfluxDB,
// and answers from them: performance.Series on its HTTP API, /write with line
// protocol and /query with InfluxQL, which 1.x, 2.x and 3.x have in common.
//
// The mirror is a projection of the event log and no second write: a commit
// names its campaigns, the buckets it touched are read from the store as they
// stand now, and written as points. A point of the same series and time takes
// the place of the one before, so writing again is always safe.
//
// How far it has come is a point of its own, written after the data, in the
// same database: what happens to the data happens to it. A mirror that is
// empty, or was restored from a backup, says so itself and is filled again.
//
//	campaign_minute, campaign_hour   time is the bucket's start
//	campaign_day                     time is the local date at 00:00 UTC
//	  tags    partner, campaign, channel (no tag when empty)
//	  fields  events, the sums, the gauges with <gauge>_at, custom.<name>; all int64
//	campaign_mirror                  time is 0; tag partner; field seq
//
// Money is micros, and so are brand_lift, quality_score and custom values; times are microseconds
// since 1970 UTC.
package influx
