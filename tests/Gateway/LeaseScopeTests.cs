using System.Collections.Concurrent;
using System.Net.Http.Json;
using Federation.Gateway.Wire;
using Microsoft.Extensions.Logging;

namespace Federation.Gateway.Tests;

/// <summary>What is logged while a request about a lease is answered is about that lease.</summary>
public sealed class LeaseScopeTests
{
    private static readonly string Lease = "0x" + new string('A', 64);

    [Fact]
    public async Task RequestAboutALease_HasItsIdOnEachLine_AndOthersHaveNone()
    {
        using var log = new ScopedLog();
        await using var gateway = await RunningGateway.StartAsync(
            new ScriptedQuoter(_ => throw new InvalidOperationException("The chain is away.")), amender: new ScriptedAmender(_ => throw new InvalidOperationException("The cluster is away.")), log: log);
        foreach (var path in new[] { $"v1/leases/{Lease}/amendments", "v1/quotes" })
            using (await gateway.Http.PostAsJsonAsync(path, new QuoteBody(Samples.Request, ""), GatewayJson.Options, TestContext.Current.CancellationToken)) { }
        var amending = Assert.Single(log.Lines, l => l.Message.StartsWith("/v1/leases/", StringComparison.Ordinal));
        Assert.Contains(new("Lease", Lease.ToLowerInvariant()), amending.Scopes);
        Assert.Contains(new("Namespace", "lease-" + new string('a', 16)), amending.Scopes);
        var quoting = Assert.Single(log.Lines, l => l.Message.StartsWith("/v1/quotes", StringComparison.Ordinal));
        Assert.DoesNotContain(quoting.Scopes, s => s.Key is "Lease" or "Namespace");
    }

    /// <summary>Each line, with what it is said to be about.</summary>
    private sealed class ScopedLog : ILoggerProvider, ISupportExternalScope, ILogger
    {
        private IExternalScopeProvider? scopes;

        public ConcurrentQueue<(string Message, IReadOnlyList<KeyValuePair<string, object?>> Scopes)> Lines { get; } = [];

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var about = new List<KeyValuePair<string, object?>>();
            scopes?.ForEachScope((scope, all) => all.AddRange(scope as IEnumerable<KeyValuePair<string, object?>> ?? []), about);
            Lines.Enqueue((formatter(state, exception), about));
        }

        public void Dispose()
        {
            // What was kept is read until the test is over.
        }
    }
}
