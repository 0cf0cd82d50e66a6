using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Access;

/// <summary>Keeps what is logged, by whom, and of what it is.</summary>
internal sealed class LineLog : ILoggerProvider, ISupportExternalScope
{
    private IExternalScopeProvider? scopes;

    public ConcurrentQueue<string> Lines { get; } = [];

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Writer(LineLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!category.StartsWith("Federation.", StringComparison.Ordinal)) return;
            var about = new List<string>();
            log.scopes?.ForEachScope((scope, all) => all.Add($" => {scope}"), about);
            log.Lines.Enqueue($"{category}: {formatter(state, exception)}{string.Concat(about)}");
        }
    }
}
