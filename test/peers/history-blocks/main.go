// Writes blocks of a Prometheus database: gauges with a daily wave, a sample a minute each, up to the last even hour.
//
//	history-blocks FOLDER SERIES DAYS
//
// Prints the end of the last block in milliseconds since the Unix epoch.
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

const (
	stepMs = 60_000
	dayMs  = 86_400_000
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: history-blocks FOLDER SERIES DAYS")
	}
	folder := os.Args[1]
	series, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatalf("SERIES: %v", err)
	}
	days, err := strconv.ParseInt(os.Args[3], 10, 64)
	if err != nil {
		log.Fatalf("DAYS: %v", err)
	}
	endMs := time.Now().Add(-time.Minute).Truncate(2 * time.Hour).UnixMilli()
	for startMs := endMs - days*dayMs; startMs < endMs; startMs += dayMs {
		if err := writeBlock(folder, series, startMs); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(endMs)
}

// Labels of the i-th series; bench/load/backfill.py writes the same.
func labelsOf(i int) labels.Labels {
	return labels.FromStrings("__name__", "node_load", "cpu", strconv.Itoa(i%10),
		"instance", fmt.Sprintf("host-%d.example:9100", i/10), "job", "node")
}

// Two decimals, as measurements have; scrapes of the series are spread over the minute.
func sampleOf(i int, atMs int64) (int64, float64) {
	wave := math.Sin(2 * math.Pi * float64(atMs%dayMs) / dayMs)
	noise := float64((atMs/stepMs*7919+int64(i)*31)%97) / 10
	return atMs + int64(i%1000)*50, math.Round((50+20*wave+float64(i%37)+noise)*100) / 100
}

func writeBlock(folder string, series int, startMs int64) error {
	writer, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), folder, 2*dayMs)
	if err != nil {
		return err
	}
	defer writer.Close()
	refs := make([]storage.SeriesRef, series)
	ctx := context.Background()
	for atMs := startMs; atMs < startMs+dayMs; atMs += stepMs {
		appender := writer.Appender(ctx)
		for i := range refs {
			timestampMs, value := sampleOf(i, atMs)
			if refs[i], err = appender.Append(refs[i], labelsOf(i), timestampMs, value); err != nil {
				return err
			}
		}
		if err := appender.Commit(); err != nil {
			return err
		}
	}
	_, err = writer.Flush(ctx)
	return err
}
