using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Access;

/// <summary>Keeps what is logged, by whom, and of what it is; of several programs, each of which has scopes of its own.</summary>
internal sealed class LineLog
{
    public ConcurrentQueue<string> Lines { get; } = [];

    /// <summary>For one more program.</summary>
    public ILoggerProvider NewProvider() => new Provider(Lines);

    private sealed class Provider(ConcurrentQueue<string> lines) : ILoggerProvider, ISupportExternalScope
    {
        private IExternalScopeProvider? scopes;

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

        public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

        public void Dispose()
        {
        }

        private void Write(string category, string text)
        {
            var about = new List<string>();
            scopes?.ForEachScope((scope, all) => all.Add($" => {scope}"), about);
            lines.Enqueue($"{category}: {text}{string.Concat(about)}");
        }

        private sealed class Writer(Provider provider, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (category.StartsWith("Federation.", StringComparison.Ordinal)) provider.Write(category, formatter(state, exception));
            }
        }
    }
}
