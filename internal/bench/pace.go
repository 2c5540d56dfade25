package bench

import (
	"fmt"
	"time"
)

// Pace is how fast something that is counted was done.
type Pace struct {
	Name      string  `json:"name"`
	Events    int     `json:"events"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"events_per_second"`
	CPU       float64 `json:"cpu_us_per_event"` // processor time of this process, in microseconds
}

func (p Pace) String() string {
	return fmt.Sprintf("%-30s %9.0f events/s   %6.1f µs of processor time an event, %.0f events/s on one core   (%d events)",
		p.Name, p.PerSecond, p.CPU, 1e6/p.CPU, p.Events)
}

// Measure times what does all of it.
func Measure(name string, events int, do func() error) (Pace, error) {
	return MeasureCounted(name, func() (int, error) { return events, do() })
}

// MeasureCounted times what says itself how many events it did.
func MeasureCounted(name string, do func() (events int, err error)) (Pace, error) {
	start, used := time.Now(), ownCPU()
	events, err := do()
	if err != nil {
		return Pace{}, err
	}
	took, spent := time.Since(start), ownCPU()-used
	return Pace{Name: name, Events: events, Seconds: took.Seconds(), PerSecond: float64(events) / took.Seconds(),
		CPU: float64(spent.Microseconds()) / float64(max(1, events))}, nil
}
