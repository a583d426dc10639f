package main

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"testing"
)

func backfeedAll(values ...any) []any { return values }

// The value as source: what `any` makes of it is of the same type. It panics where there is none.
func backfeedShow(v reflect.Value, bare bool) string {
	if !v.IsValid() {
		return "nil"
	}
	name := v.Type().String()
	if strings.Contains(name, "main.") {
		panic("a type of the answer's own")
	}
	text := ""
	switch v.Kind() {
	case reflect.Interface:
		return backfeedShow(v.Elem(), false)
	case reflect.Bool:
		text = strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if v.Int() == math.MinInt64 {
			panic("perhaps of a float that is no such number")
		}
		text = strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Uint() == 1<<63 {
			panic("perhaps of a float that is no such number")
		}
		text = strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		if math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			panic("no number")
		}
		text = strconv.FormatFloat(v.Float(), 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
	case reflect.String:
		text = strconv.Quote(v.String())
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.IsNil() {
			return name + "(nil)"
		}
		parts := []string{}
		for i := 0; i < v.Len(); i++ {
			parts = append(parts, backfeedShow(v.Index(i), true))
		}
		return name + "{" + strings.Join(parts, ", ") + "}"
	case reflect.Map:
		if v.IsNil() {
			return name + "(nil)"
		}
		parts := []string{}
		for _, key := range v.MapKeys() {
			parts = append(parts, backfeedShow(key, true)+": "+backfeedShow(v.MapIndex(key), true))
		}
		sort.Strings(parts)
		return name + "{" + strings.Join(parts, ", ") + "}"
	default:
		panic("no value")
	}
	switch name {
	case "bool", "int", "float64", "string":
		return text
	}
	if bare {
		return text
	}
	return name + "(" + text + ")"
}

func backfeedRecord(number int, call func() []any) {
	defer func() { _ = recover() }()
	parts := []string{}
	for _, value := range call() {
		if _, failed := value.(error); failed {
			parts = append(parts, "anError") // what it says is nobody's task
			continue
		}
		parts = append(parts, backfeedShow(reflect.ValueOf(value), false))
	}
	text := strings.Join(parts, ", ")
	if len(text) > 0 && len(text) <= 400 {
		fmt.Fprintf(os.Stdout, "\nbackfeed-record %d %s\n", number, text)
	}
}

func TestBackfeedRecord(t *testing.T) {
@CALLS@
}
