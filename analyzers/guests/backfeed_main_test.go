// Runs the tests of a package, or its main, and records on descriptor 3 what they came to. A
// program that ends before that leaves no record.
package @PACKAGE@

import (
	backfeedFmt "fmt"
	backfeedOS "os"
	backfeedRuntime "runtime"
	backfeedStrings "strings"
	backfeedTesting "testing"
)

type backfeedError struct {
	Type, Message string
	Line          int
}

func TestMain(m *backfeedTesting.M) {
	failure := @RUN@
	executed := 0
	if failure == nil {
		executed = @GUARDS@
	}
	error := "null"
	if failure != nil {
		error = backfeedFmt.Sprintf(`{"type": %s, "message": %s, "line": %d}`,
			backfeedQuoted(failure.Type), backfeedQuoted(failure.Message), failure.Line)
	}
	backfeedFmt.Fprintf(backfeedOS.NewFile(3, "record"),
		`{"word": "@WORD@", "tests": [{"executed": %d, "phase": "test", "error": %s}]}`,
		executed, error)
	if failure != nil {
		backfeedOS.Exit(1)
	}
	backfeedOS.Exit(0)
}

// backfeedQuoted is a text in JSON; what JSON is read by elsewhere takes as long to link as the rest.
func backfeedQuoted(text string) string {
	var quoted backfeedStrings.Builder
	for _, one := range text {
		if one < ' ' || one == '"' || one == '\\' {
			backfeedFmt.Fprintf(&quoted, "\\u%04x", one)
		} else {
			quoted.WriteRune(one)
		}
	}
	return `"` + quoted.String() + `"`
}

func backfeedTests(status int) *backfeedError {
	if status == 0 {
		return nil
	}
	return &backfeedError{Type: "AssertionError"}
}

// backfeedProgram runs a main. What the test itself panics with says that something did not hold.
func backfeedProgram(main func()) (failure *backfeedError) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		message := backfeedFmt.Sprint(value)
		backfeedFmt.Fprintln(backfeedOS.Stderr, "panic:", message)
		failure = &backfeedError{Type: "panic", Message: message}
		file, line := backfeedPlace()
		if _, own := value.(backfeedRuntime.Error); !own && file == "test.go" {
			failure.Type, failure.Line = "AssertionError", line
		}
	}()
	main()
	return nil
}

// backfeedPlace is where the panic that is being recovered from began.
func backfeedPlace() (string, int) {
	places := make([]uintptr, 64)
	frames := backfeedRuntime.CallersFrames(places[:backfeedRuntime.Callers(3, places)])
	for {
		frame, more := frames.Next()
		if !backfeedStrings.HasPrefix(frame.Function, "runtime.") || !more {
			return frame.File[backfeedStrings.LastIndex(frame.File, "/")+1:], frame.Line
		}
	}
}
