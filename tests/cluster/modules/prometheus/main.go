// Reads what an exporter serves and the alerts that go with it as Prometheus does, and says what is wrong with either:
// the scraper's own parser, the checks of `promtool check metrics` and `promtool check rules`, and each alert asked of the numbers.
//
//	check METRICS RULES
//
// prints a line for each problem ("problem ...") and for each alert that these numbers would raise ("alert NAME {...}").
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"sort"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb"
)

const openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Println("problem", err)
		os.Exit(1)
	}
}

func run(metrics, rules string) error {
	text, err := os.ReadFile(metrics)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "metrics")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	store, err := tsdb.Open(folder, slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		return err
	}
	defer store.Close()
	now := time.Now()
	families, err := scrape(text, store, now)
	if err != nil {
		return err
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		return err
	}
	for _, problem := range problems {
		fmt.Println("problem", problem.Metric, problem.Text)
	}
	return alerts(rules, store, now)
}

// scrape takes the samples in, and gives the families for the linter.
func scrape(text []byte, store *tsdb.DB, now time.Time) ([]*dto.MetricFamily, error) {
	samples, err := textparse.New(text, openMetrics, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return nil, err
	}
	appender := store.Appender(context.Background())
	var families []*dto.MetricFamily
	family := func(name []byte) *dto.MetricFamily {
		if len(families) > 0 && families[len(families)-1].GetName() == string(name) {
			return families[len(families)-1]
		}
		text := string(name)
		families = append(families, &dto.MetricFamily{Name: &text})
		return families[len(families)-1]
	}
	for {
		entry, err := samples.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		switch entry {
		case textparse.EntryHelp:
			name, help := samples.Help()
			text := string(help)
			family(name).Help = &text
		case textparse.EntryType:
			name, kind := samples.Type()
			of := dto.MetricType_GAUGE
			if kind == model.MetricTypeCounter {
				of = dto.MetricType_COUNTER
				// the linter knows counters by the names of their samples
				text := string(name) + "_total"
				family(name).Name = &text
				name = []byte(text)
			}
			family(name).Type = &of
		case textparse.EntrySeries:
			_, _, value := samples.Series()
			var of labels.Labels
			samples.Labels(&of)
			if math.IsNaN(value) {
				return nil, fmt.Errorf("%v is no number", of)
			}
			if _, err := appender.Append(0, of, now.UnixMilli(), value); err != nil {
				return nil, err
			}
			add(families[len(families)-1], of, value)
		}
	}
	return families, appender.Commit()
}

func add(family *dto.MetricFamily, of labels.Labels, value float64) {
	metric := &dto.Metric{}
	of.Range(func(label labels.Label) {
		if label.Name != labels.MetricName {
			metric.Label = append(metric.Label, &dto.LabelPair{Name: &label.Name, Value: &label.Value})
		}
	})
	if family.GetType() == dto.MetricType_COUNTER {
		metric.Counter = &dto.Counter{Value: &value}
	} else {
		metric.Gauge = &dto.Gauge{Value: &value}
	}
	family.Metric = append(family.Metric, metric)
}

// alerts says which would be raised by these numbers, if they stayed as they are.
func alerts(rules string, store *tsdb.DB, now time.Time) error {
	text, err := os.ReadFile(rules)
	if err != nil {
		return err
	}
	expressions := parser.NewParser(parser.Options{})
	groups, problems := rulefmt.Parse(text, false, model.UTF8Validation, expressions, slog.New(slog.DiscardHandler))
	for _, problem := range problems {
		fmt.Println("problem", problem)
	}
	if groups == nil {
		return errors.New("there are no rules")
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: expressions})
	defer engine.Close()
	var raised []string
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			query, err := engine.NewInstantQuery(context.Background(), store, nil, rule.Expr, now)
			if err != nil {
				return fmt.Errorf("%s: %w", rule.Alert, err)
			}
			found, err := query.Exec(context.Background()).Vector()
			if err != nil {
				return fmt.Errorf("%s: %w", rule.Alert, err)
			}
			for _, one := range found {
				raised = append(raised, fmt.Sprintf("alert %s %v", rule.Alert, one.Metric))
			}
		}
	}
	sort.Strings(raised)
	for _, one := range raised {
		fmt.Println(one)
	}
	return nil
}
