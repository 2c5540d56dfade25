# Daily work. "make" lists what there is.
.DEFAULT_GOAL := help
FUZZTIME ?= 5s
BENCHTIME ?= 1s
PKG ?= ./...

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## the service, with its data in ./data
	go run ./cmd/campaignd serve

.PHONY: demo
demo: ## the product with a simulated market, in your browser
	go run ./cmd/campaignd demo

.PHONY: test
test: ## all tests, on every backend that is installed
	go test $(PKG)

.PHONY: race
race: ## all tests under the race detector, long ones shortened
	go test -race -short $(PKG)

.PHONY: lint
lint: ## gofmt, go vet and golangci-lint
	@.ci/run format vet lint

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (5s)
	@grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do \
		for target in $$(grep -oE '^func Fuzz[A-Za-z0-9_]+' $$file | cut -c6-); do \
			echo "== $$target in $$(dirname $$file)"; \
			go test -run='^$$' -fuzz="^$$target$$" -fuzztime=$(FUZZTIME) $$(dirname $$file) </dev/null || exit 1; \
		done; \
	done

.PHONY: bench
bench: ## all benchmarks, BENCHTIME (1s) each
	go test -run='^$$' -bench=. -benchmem -benchtime=$(BENCHTIME) $(PKG)

.PHONY: cover
cover: ## coverage by function, and as a page in coverage.html
	go test -short -coverprofile=coverage.out -coverpkg=./... $(PKG)
	go tool cover -func=coverage.out | tail -n 1
	go tool cover -html=coverage.out -o coverage.html

.PHONY: generate
generate: ## api/openapi.yaml from the code
	go generate ./...

.PHONY: ci
ci: ## what a change must pass; installs what is missing (Debian)
	.ci/run
