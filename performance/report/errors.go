package report

import "github.com/hexabuilders/campaignd/fault"

// Errors of reports.
var (
	ErrNotFound = fault.New(fault.NotFound, "report_not_found", "There is no such report.",
		"Check the id; GET /reports lists those that the key sees.")
	ErrScheduleNotFound = fault.New(fault.NotFound, "report_schedule_not_found", "There is no such report schedule.",
		"Check the id; GET /report-schedules lists those that the key sees.")
	ErrNotReady = fault.New(fault.Conflict, "report_not_ready", "The report has no file.",
		"Read the report: wait while its state is queued or running; when it failed its problem says why.")
	ErrExpired = fault.New(fault.Conflict, "report_expired", "The report's file was kept for 30 days and is gone.",
		"Ask for it again with the same definition and its known_at: the bytes will be the same.")
	ErrOver = fault.New(fault.Conflict, "report_over", "The report is over and cannot be cancelled.",
		"Delete it if it is not wanted.")
	ErrTooLong = fault.New(fault.Invalid, "report_too_long", "The report would have too many rows.",
		"Ask for a shorter period or a coarser granularity.")
	ErrAbandoned = fault.New(fault.Internal, "report_abandoned", "The service stopped several times while it made the report.",
		"Ask for it again; if that fails too, ask for a shorter period and tell the operators.")
	// ErrLost tells a worker that its report has been cancelled, deleted or
	// taken over by another node.
	ErrLost = fault.New(fault.Conflict, "report_lost", "The report is no longer this worker's.", "Stop working on it.")
)
