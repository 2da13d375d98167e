// Prometheus' own parsers and checks, for what we export.
module kubectl-diagnose.test/metrics-check

go 1.26.0

require (
	github.com/prometheus/client_golang v1.25.0
	github.com/prometheus/client_model v0.6.3
	github.com/prometheus/common v0.72.1
	github.com/prometheus/prometheus v0.316.0
)
