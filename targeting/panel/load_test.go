package panel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/targeting"
)

// cut is a file whose sender goes away.
type cut struct {
	io.Reader
	err error
}

func (c cut) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = c.err
	}
	return n, err
}

// An upload that is cut leaves a panel that says so and no row, wherever it is
// cut; sent again under its id it is whole.
func TestAnUploadThatIsCut(t *testing.T) {
	text := "weight,country,age\n" + strings.Repeat("10,CO,30\n", 3*blockRows/2)
	for _, at := range []int{25, 1000, len(text) - 9} {
		for _, why := range []error{io.ErrUnexpectedEOF, context.Canceled} {
			d, id := newDesk(), uuid.New()
			_, err := d.Load(t.Context(), manager, New{ID: id, Name: "cut"}, CSV, cut{strings.NewReader(text[:at]), why})
			if codeIn(err) != "panel_upload_cut" {
				t.Fatalf("%v", err)
			}
			state, err := d.Service.Get(t.Context(), manager.Partner, id)
			if err != nil || state.Status != Failed || state.Error.Code != "panel_upload_cut" || len(d.blocks[id]) != 0 {
				t.Errorf("cut at %d: %+v %v", at, state, err)
			}
			if _, err := d.Service.Index(t.Context(), manager.Partner, id); !errors.Is(err, ErrNotReady) {
				t.Errorf("%v", err)
			}
			whole, err := d.Load(t.Context(), manager, New{ID: id, Name: "whole"}, CSV, strings.NewReader(text))
			if err != nil || whole.Status != Ready || whole.Progress.Rows != 3*blockRows/2 {
				t.Errorf("sent again: %+v %v", whole, err)
			}
		}
	}
}

func TestAStoreThatFails(t *testing.T) {
	d, id := newDesk(), uuid.New()
	d.broken = errors.New("no room")
	if _, err := d.Load(t.Context(), manager, New{ID: id, Name: "people"}, CSV, strings.NewReader("age\n30\n")); !errors.Is(err, d.broken) {
		t.Fatalf("%v", err)
	}
	if state, _ := d.Service.Get(t.Context(), manager.Partner, id); state.Status != Failed || strings.Contains(state.Error.Detail, "no room") {
		t.Errorf("%+v", state)
	}
}

// A panel that is not in memory is put together again from its blocks, once for
// all who ask at the same time.
func TestTheIndexIsMadeAgain(t *testing.T) {
	d := newDesk()
	state, _ := d.loaded(t, CSV, "weight,age\n1.5,30\n2.5,?\n"+strings.Repeat("1,40\n", blockRows))
	d.read = 0
	again := desk{NewService(d.Config), d.shelf}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			ix, err := again.Service.Index(context.Background(), manager.Partner, state.ID)
			if err != nil {
				t.Error(err)
				return
			}
			if c, err := ix.Count(Question{}); err != nil || c.Hit.Weight != 4+blockRows {
				t.Errorf("%+v %v", c, err)
			}
		})
	}
	wait.Wait()
	if d.read < 1 || d.read > 8 {
		t.Errorf("read %d times", d.read)
	}
	d.blocks[state.ID][0][20] ^= 1 // a flipped bit is never counted
	if _, err := (desk{NewService(d.Config), d.shelf}).Service.Index(t.Context(), manager.Partner, state.ID); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
	d.blocks[state.ID] = d.blocks[state.ID][1:]
	if _, err := (desk{NewService(d.Config), d.shelf}).Service.Index(t.Context(), manager.Partner, state.ID); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// The memory of indexes is bounded, and those used last stay.
func TestIndexesLeaveMemory(t *testing.T) {
	s := newShelf()
	d := desk{NewService(Config{Store: s, Blocks: s, Memory: 200_000, Now: newDesk().Now, NewID: uuid.New}), s}
	var first State
	for i := range 5 {
		state, _ := d.loaded(t, CSV, "weight,age\n"+strings.Repeat(fmt.Sprintf("%d,40\n%d,41\n", i+1, i+2), 5000))
		if i == 0 {
			first = state
		}
	}
	if bytes, n := d.Memory(); bytes > 200_000 || n == 0 || n > 3 {
		t.Errorf("%d indexes take %d bytes", n, bytes)
	}
	if ix, err := d.Service.Index(t.Context(), manager.Partner, first.ID); err != nil || ix.Covers("US") {
		t.Errorf("%v", err)
	}
	must(t, d.Service.Delete(t.Context(), manager, first.ID, 0))
	if _, err := d.Service.Index(t.Context(), manager.Partner, first.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestWhatIsLearnedOfAFile(t *testing.T) {
	state, ix := newDesk().loaded(t, CSV, "weight; native-country; age; sex; Job Title\n10; United-States; 30; Male; chef\n30; ?; 40; Female; ?\n20; Narnia; 50; ; cook|waiter\nx; US; 1; Male; y\n1; US; 200; Male; y\n1; US; 20; Male\n")
	if state.Progress.Rows != 3 || state.Progress.Rejected != 3 || state.Totals.Weight != 60 || len(state.Columns) != 4 || state.Columns[3].Name != "job_title" || state.Columns[3].Missing != 1 || *state.Columns[1].Max != 50 {
		t.Errorf("%+v", state)
	}
	for i, want := range []string{"5 weight invalid_weight", "6 age invalid_age", "7  wrong_columns"} {
		if r := state.Rejections[i]; fmt.Sprint(r.Line, " ", r.Column, " ", r.Code) != want {
			t.Errorf("%+v, want %s", r, want)
		}
	}
	if c, err := ix.Count(Question{Configuration: targeting.Configuration{JobTitles: []string{"waiter"}}}); err != nil || c.Hit.Weight != 20 {
		t.Errorf("%+v %v", c, err)
	}
	if ix.Covers("US") { // native-country is no country column
		t.Error("a country was made up")
	}
	own, err := newDesk().Load(t.Context(), manager, New{Name: "p", Country: "PE"}, CSV, strings.NewReader("country,age\n?,30\nSouth Korea,40\nCOL,3\n"))
	must(t, err)
	if fmt.Sprint(own.Countries) != "[{CO 1 1} {KR 1 1} {PE 1 1}]" {
		t.Errorf("%v", own.Countries)
	}
}

// Texts of which there are too many name people; so does an address.
func TestColumnsThatNamePeople(t *testing.T) {
	var text strings.Builder
	text.WriteString("age,customer\n")
	for i := range MaxValues + 1 {
		fmt.Fprintf(&text, "30,c-%d\n", i)
	}
	for _, file := range []string{text.String(), "age,contact\n30,ana@example.com\n"} {
		if _, err := newDesk().Load(t.Context(), manager, New{Name: "p"}, CSV, strings.NewReader(file)); !errors.Is(err, ErrIdentity) {
			t.Errorf("%v", err)
		}
	}
}

// A load holds a block at a time, whatever the size of the file.
func TestALoadHoldsOneBlock(t *testing.T) {
	in, err := newIntake(CSV, io.LimitReader(endless{}, 40<<20), "", 1<<40)
	must(t, err)
	blocks := 0
	for {
		b, err := in.next()
		must(t, err)
		if b == nil {
			break
		}
		if blocks++; len(b.weights) > blockRows || b.size > blockBytes+MaxRow {
			t.Fatalf("a block of %d rows and %d bytes", len(b.weights), b.size)
		}
	}
	if blocks < 20 {
		t.Errorf("%d blocks", blocks)
	}
}

// endless is a file without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	const line = "45,some words\n"
	n := 0
	for n < len(p) {
		n += copy(p[n:], line) // a line that is cut is refused, and the next one taken
	}
	return n, nil
}

func TestBlocksAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &block{}
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,5}`), 1, 5, rapid.ID).Draw(t, "names")
		for range rapid.IntRange(0, 50).Draw(t, "rows") {
			cells := rapid.SliceOfN(rapid.StringMatching(`[a-c]{0,2}`), 0, len(names)).Draw(t, "cells")
			b.add(names, cells, rapid.Float64Range(0, 9).Draw(t, "weight"))
		}
		got, err := decodeBlock(b.encode())
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got.weights) != fmt.Sprint(b.weights) || len(got.columns) != len(b.columns) {
			t.Fatalf("%+v became %+v", b, got)
		}
		for i, c := range got.columns {
			if c.name != b.columns[i].name || fmt.Sprint(c.cells, c.values) != fmt.Sprint(b.columns[i].cells, b.columns[i].values) {
				t.Fatalf("%+v became %+v", b.columns[i], c)
			}
		}
	})
}

func FuzzBlocks(f *testing.F) {
	b := &block{}
	b.add([]string{"age", "job"}, []string{"30", "chef"}, 1.5)
	b.add([]string{"age", "job"}, []string{"31", ""}, 2)
	f.Add(b.encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packed []byte) {
		got, err := decodeBlock(packed)
		if err != nil {
			return
		}
		for _, c := range got.columns {
			if len(c.cells) != len(got.weights) {
				t.Fatalf("%d cells of %d rows", len(c.cells), len(got.weights))
			}
		}
	})
}

// FuzzFiles feeds any file: it is taken or refused, and what is taken adds up.
func FuzzFiles(f *testing.F) {
	for _, text := range []string{"weight,age\n1,30\n", "{\"age\":3}\n", "a;b\n1;2\n", "\ufeffa\tb\n\"x\ny\"\t2\n", "a,b\n\"", "{\"a\":[1,\"x\",null],\"b\":{}}\n"} {
		f.Add([]byte(text), true)
		f.Add([]byte(text), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, csv bool) {
		format := NDJSON
		if csv {
			format = CSV
		}
		d := newDesk()
		state, err := d.Load(t.Context(), manager, New{Name: "f"}, format, bytes.NewReader(text))
		if err != nil {
			if codeIn(err) == fmt.Sprint(err) {
				t.Fatalf("%v", err)
			}
			return
		}
		ix, err := d.Service.Index(t.Context(), manager.Partner, state.ID)
		must(t, err)
		c, err := ix.Count(Question{})
		if err != nil || c.Hit.Rows != state.Progress.Rows || c.Hit.Weight > state.Totals.Weight*1.0001 {
			t.Fatalf("%+v of %+v: %v", c, state, err)
		}
	})
}
