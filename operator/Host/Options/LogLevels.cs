using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Federation.Host.Options;

/// <summary>
/// From which level on the program's own lines are logged. Those of the libraries are not touched: some of them would tell what tenants
/// send, and are given.
/// </summary>
internal sealed class LogLevels(LogSection first) : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>
{
    private const string Own = "Federation";

    private volatile Reading reading = new(first.Least);

    public string Name => Microsoft.Extensions.Options.Options.DefaultName;

    public void Configure(LoggerFilterOptions options) => options.Rules.Add(new LoggerFilterRule(null, Own, reading.Least, null));

    public IChangeToken GetChangeToken() => reading.Token;

    public void Take(LogSection next)
    {
        var before = reading;
        if (next.Least == before.Least) return;
        reading = new Reading(next.Least);
        before.Token.OnReload();
    }

    /// <summary>One level, until another takes its place.</summary>
    private sealed record Reading(LogLevel Least)
    {
        public ConfigurationReloadToken Token { get; } = new();
    }
}
