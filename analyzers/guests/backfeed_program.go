// The program that the tests of one package are run by, as the go command would write it, but for
// what nobody asks for here: fuzzing, coverage, profiles. To link those takes as long as the rest.
package main

import (
	"io"
	"os"
	"reflect"
	"testing"
	"time"

	tested "backfeed/tested"
)

type backfeedDeps struct{}

type backfeedEntry = struct {
	Parent     string
	Path       string
	Data       []byte
	Values     []any
	Generation int
	IsSeed     bool
}

func (backfeedDeps) ImportPath() string                                         { return "" }
func (backfeedDeps) ModulePath() string                                         { return "" }
func (backfeedDeps) MatchString(string, string) (bool, error)                   { return true, nil }
func (backfeedDeps) SetPanicOnExit0(bool)                                       {}
func (backfeedDeps) StartCPUProfile(io.Writer) error                            { return nil }
func (backfeedDeps) StopCPUProfile()                                            {}
func (backfeedDeps) StartTestLog(io.Writer)                                     {}
func (backfeedDeps) StopTestLog() error                                         { return nil }
func (backfeedDeps) WriteProfileTo(string, io.Writer, int) error                { return nil }
func (backfeedDeps) RunFuzzWorker(func(backfeedEntry) error) error              { return nil }
func (backfeedDeps) CheckCorpus([]any, []reflect.Type) error                    { return nil }
func (backfeedDeps) ResetCoverage()                                             {}
func (backfeedDeps) SnapshotCoverage()                                          {}
func (backfeedDeps) ReadCorpus(string, []reflect.Type) ([]backfeedEntry, error) { return nil, nil }

func (backfeedDeps) CoordinateFuzzing(
	time.Duration, int64, time.Duration, int64, int, []backfeedEntry, []reflect.Type, string, string,
) error {
	return nil
}

func (backfeedDeps) InitRuntimeCoverage() (
	string, func(string, string) (string, error), func() float64,
) {
	return "", nil, nil
}

func main() {
	tests := []testing.InternalTest{@TESTS@}
	examples := []testing.InternalExample{@EXAMPLES@}
	tested.TestMain(testing.MainStart(backfeedDeps{}, tests, nil, nil, examples))
	os.Exit(1)
}
