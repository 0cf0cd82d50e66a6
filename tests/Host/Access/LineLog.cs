using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Access;

/// <summary>Keeps what is logged, by whom.</summary>
internal sealed class LineLog : ILoggerProvider
{
    public ConcurrentQueue<string> Lines { get; } = [];

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
            if (category.StartsWith("Federation.", StringComparison.Ordinal)) log.Lines.Enqueue($"{category}: {formatter(state, exception)}");
        }
    }
}
