package testenv

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// chromiumFlags keep the browser still: no start page, no update, no sync, no
// traffic of its own. The sandbox cannot start as root or in most containers,
// and only our own pages are opened.
var chromiumFlags = []string{
	"no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
	"disable-background-networking", "disable-component-update", "disable-sync",
}

// Chromium gives the path of the browser's program.
func Chromium(t testing.TB) string {
	t.Helper()
	return chromium.Need(t)
}

// Browser starts a headless browser with an empty profile and a window of
// 1280x900, stopped when the test ends. Use the context with chromedp.Do and
// chromedp.Run; derive others from it for a timeout, and with
// chromedp.NewContext for another tab.
func Browser(t testing.TB) context.Context {
	t.Helper()
	program := Chromium(t)
	needsMain(t)
	profile, err := folder("chromium")
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.WindowSize(1280, 900))
	for _, flag := range chromiumFlags {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		closeBrowser(ctx)
		stop()
		_ = os.RemoveAll(profile) // what a dying browser still writes is swept by a later run
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	return ctx
}

// closeBrowser asks the browser to end, and does not wait for ever.
func closeBrowser(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_ = chromedp.Cancel(limited) // the allocator kills what is left
}
