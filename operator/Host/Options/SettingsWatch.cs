using System.Diagnostics.Metrics;

namespace Federation.Host.Options;

/// <summary>
/// Follows the settings file. What it says is taken whole, or refused whole with all that is wrong, and what counted before goes on. The
/// file is read, not watched: a ConfigMap's is a link to a link.
/// </summary>
/// <param name="first">What the program was started with.</param>
/// <param name="take">Makes options count that have no fault.</param>
internal sealed class SettingsWatch<T>(SettingsFile<T> file, T first, Action<T> take, TimeProvider clock, ILogger log) : BackgroundService
    where T : class, new()
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Meter meter = new("Federation.Settings");
    private T current = first;
    private (string Text, string? Fault)? seen;
    private volatile string refused = "";
    private Counter<long>? taken;

    /// <summary>Why what the file says does not count; empty when it does.</summary>
    public string Refused => refused;

    /// <summary>One look at the file.</summary>
    public void Look()
    {
        var said = file.Text();
        // What was refused may be well without a change of its own.
        if (said == seen && refused.Length == 0) return;
        seen = said;
        var (next, all) = file.Read(said);
        // What is wrong whatever the file says is told elsewhere, and keeps nobody from changing it.
        var faults = all.Count == 0 ? [] : all.Except(file.Check(current)).ToArray();
        var changes = SettingsReader.Changes(current, next).ToArray();
        Judge(next, changes, [.. faults, .. changes.Where(c => !c.IsReloadable).Select(c => $"{c.Name} is changed by a start alone.")]);
    }

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (file.Path.Length > 0)
        {
            meter.CreateObservableGauge("federation_settings_refused", () => refused.Length > 0 ? 1 : 0, null, "1 while what the settings file says is refused, and what it said before goes on.");
            taken = meter.CreateCounter<long>("federation_settings_taken_total", null, "Changes of the settings file that were taken while the program runs.");
            taken.Add(0);
        }

        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (file.Path.Length == 0) return;
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Look();
    }

    private void Judge(T next, SettingsReader.Change[] changes, string[] faults)
    {
        var before = refused;
        refused = string.Join(" ", faults);
        if (faults.Length > 0)
        {
            if (refused != before) log.LogError("What {File} says is refused, and what it said before goes on: {Faults}", file.Path, refused);
            return;
        }

        if (before.Length > 0) log.LogInformation("What {File} says is taken again", file.Path);
        if (changes.Length == 0) return;
        // Among them may be from which level on there is a line.
        var isTold = log.IsEnabled(LogLevel.Information);
        if (isTold) Tell(changes);
        take(current = next);
        taken?.Add(1);
        if (!isTold) Tell(changes);
    }

    private void Tell(SettingsReader.Change[] changes)
    {
        foreach (var change in changes) log.LogInformation("{Option} is {Value} from now on, and was {Before}", change.Name, change.After, change.Before);
    }
}

/// <summary>Adds it to a program.</summary>
internal static class SettingsWatching
{
    public static IServiceCollection AddSettingsWatch<T>(this IServiceCollection services, SettingsFile<T> file, T first, Action<T> take)
        where T : class, new() => services.AddHostedService(s => new SettingsWatch<T>(
            file, first, take, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILoggerFactory>().CreateLogger("Federation.Host.Options.SettingsWatch")));
}
