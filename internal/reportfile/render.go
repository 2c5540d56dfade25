package reportfile

import (
	"context"
	"fmt"
	"io"

	"github.com/hexabuilders/campaignd/performance/report"
)

// Renderer implements report.Renderer for every format.
type Renderer struct{}

// Render implements report.Renderer.
func (Renderer) Render(ctx context.Context, w io.Writer, d *report.Document) error {
	switch d.Format {
	case report.JSON:
		return writeJSON(ctx, w, d)
	case report.CSV:
		return writeCSV(ctx, w, d)
	case report.HTML:
		return writeHTML(w, d)
	case report.PDF:
		return writePDF(w, d)
	}
	return fmt.Errorf("reportfile: format %q", d.Format)
}
