# One verb per job; each first makes what it needs. Bare `make` prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help harness tools kubernetes build image cli generate vulnerabilities test test-contracts test-dotnet test-e2e stories alerts benchmarks up status down demo clean

CONFIGURATION ?= Release
DATACENTERS ?= 3
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/federation
TOOLS := $(or $(FEDERATION_TOOLS),$(CACHE)/tools/bin)
HARNESS := dotnet e2e/Harness/bin/$(CONFIGURATION)/net10.0/Federation.Harness.dll
HAS_CONTRACTS := $(wildcard contracts/foundry.toml)

export CONFIGURATION
export FOUNDRY_SOLC := $(TOOLS)/solc
export PATH := $(TOOLS):$(PATH)
export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools: ## Install Debian packages, forge, anvil, cast, solc, kubectl and helm (cached)
	@$(if $(FEDERATION_TOOLS),echo 'tools are taken from FEDERATION_TOOLS',e2e/Harness/provision/tools.sh)
	@$(if $(HAS_CONTRACTS),e2e/Harness/provision/contracts.sh)

kubernetes: ## Build the Kubernetes programs from Debian's sources (once, about 12 min; cached)
	@$(if $(FEDERATION_KUBECONFIGS),echo 'clusters are taken from FEDERATION_KUBECONFIGS',e2e/Harness/provision/kubernetes.sh)

build: tools ## Build contracts and solution
	@$(if $(HAS_CONTRACTS),forge build --root contracts --quiet)
	@dotnet build Federation.sln -c $(CONFIGURATION) -v quiet -clp:NoSummary
	@dotnet publish operator/Host -c $(CONFIGURATION) -r linux-x64 --self-contained -o artifacts/operator -v quiet -clp:NoSummary
	@$(MAKE) --no-print-directory cli

image: build ## Make the operator's image as an OCI archive in artifacts/image, without a container engine
	@operator/image/build

cli: ## Make kubectl-compute as one file in artifacts/cli, with its krew archive and manifest
	@dotnet publish operator/Cli -c $(CONFIGURATION) -r linux-x64 --self-contained -o artifacts/cli -v quiet -clp:NoSummary
	@operator/Cli/krew/pack

generate: build ## Write again what is generated from sources and checked in: manifests, bindings, the chart
	@FEDERATION_WRITE_BINDINGS=1 dotnet test tests/Chain/Federation.Chain.Tests.csproj --no-build -c $(CONFIGURATION) --nologo -v quiet --filter FullyQualifiedName~BindingFiles
	@UPDATE_GOLDEN=1 dotnet test tests/Cluster/Federation.Cluster.Tests.csproj --no-build -c $(CONFIGURATION) --nologo -v quiet --filter FullyQualifiedName~CrdFiles
	@UPDATE_GOLDEN=1 dotnet test tests/Cluster/Federation.Cluster.Tests.csproj --no-build -c $(CONFIGURATION) --nologo -v quiet --filter FullyQualifiedName~KindsPageTests
	@UPDATE_GOLDEN=1 dotnet test tests/Architecture/Federation.Architecture.Tests.csproj --no-build -c $(CONFIGURATION) --nologo -v quiet --filter FullyQualifiedName~GeneratedFiles
	@UPDATE_GOLDEN=1 dotnet test tests/Host/Federation.Host.Tests.csproj --no-build -c $(CONFIGURATION) --nologo -v quiet --filter "FullyQualifiedName~ChartOptionsTests|FullyQualifiedName~OptionsPageTests|FullyQualifiedName~MetricsPageTests"
	@UPDATE_GOLDEN=1 dotnet test tests/Cluster/Federation.Cluster.Tests.csproj --no-build -c $(CONFIGURATION) --nologo -v quiet --filter FullyQualifiedName~Chart.RenderTests.Objects
	@UPDATE_GOLDEN=1 dotnet test tests/Cli/Federation.Cli.Tests.csproj --no-build -c $(CONFIGURATION) --nologo -v quiet --filter FullyQualifiedName~ReferenceTests
	@.ci/licences --write

vulnerabilities: tools ## Ask the registries of NuGet and npm for known vulnerabilities of what is used, or say that they do not offer it
	@.ci/vulnerabilities

test: kubernetes build ## Run every test but stories and alerts; the last line says how many passed, failed and were skipped
	@.ci/test contracts dotnet e2e

test-contracts: tools ## Run the contracts' tests
	@.ci/test contracts

test-dotnet: build ## Run the .NET tests that need no federation of datacenters
	@.ci/test dotnet

test-e2e: kubernetes build ## Run the tests on real datacenters (root)
	@.ci/test e2e

stories: kubernetes build ## Run the long stories on real datacenters: what takes its time to be lost, disputed or retained (root, about an hour)
	@.ci/test stories

harness: tools
	@dotnet build e2e/Harness -c $(CONFIGURATION) -v quiet -clp:NoSummary

alerts: kubernetes build ## Have each alert of the operators fire by its cause in a live Prometheus, and cure it (six stories, three at a time)
	@dotnet test tests/Host/Federation.Host.Tests.csproj --no-build -c $(CONFIGURATION) --nologo --filter Target=alerts -- xUnit.MaxParallelThreads=3

benchmarks: kubernetes build ## Print figures, this machine's ceilings and their ratio (ONLY=part of a name; GATE=1 fails on a missed target)
	@dotnet build tests/Benchmarks -c $(CONFIGURATION) -v quiet -clp:NoSummary
	@dotnet tests/Benchmarks/bin/$(CONFIGURATION)/net10.0/Federation.Benchmarks.dll $(ONLY) $(if $(GATE),--gate)

up: kubernetes harness ## Start a local federation of DATACENTERS=3 and wait until it is ready (root)
	@$(HARNESS) up --datacenters $(DATACENTERS)

status: harness ## Show whether each part of the local federation is well
	@$(HARNESS) status

down: harness ## End the local federation and remove everything of it
	@$(HARNESS) down

demo: kubernetes build ## Run the main job on three datacenters and check the sums (KEEP=1 leaves all up; HOST=1 runs the operators as processes, for debuggers)
	@$(HARNESS) demo $(if $(filter 1,$(HOST)),--operators host)

clean: ## Remove what was built in this folder; caches stay
	@dotnet clean Federation.sln -c $(CONFIGURATION) -v quiet -clp:NoSummary
	@rm -rf artifacts contracts/out contracts/cache
