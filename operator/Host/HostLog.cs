using Federation.Host.Options;
using Microsoft.Extensions.Options;

namespace Federation.Host;

/// <summary>Where the program's log goes, and in which form.</summary>
internal static class HostLog
{
    /// <summary>One line an entry to standard output, with date and time in UTC: lines of several nodes are read beside each other.</summary>
    public static ILoggingBuilder AddConsole(this ILoggingBuilder logging, LogSection options)
    {
        if (options.Format == LogSection.Json) logging.AddJsonConsole(c =>
        {
            (c.UseUtcTimestamp, c.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
            c.IncludeScopes = true;
        });
        else logging.AddSimpleConsole(c =>
        {
            (c.UseUtcTimestamp, c.TimestampFormat) = (true, "yyyy-MM-dd HH:mm:ss.fff'Z' ");
            c.SingleLine = true;
        });
        return logging;
    }

    /// <summary>What the program's own lines are about at least, which may change.</summary>
    public static void AddLevels(this ILoggingBuilder logging, LogLevels levels) =>
        logging.Services.AddSingleton<IConfigureOptions<LoggerFilterOptions>>(levels).AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(levels);
}
