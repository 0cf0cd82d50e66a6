namespace Federation.Application.Requesting;

/// <summary>How patiently a tenant's operator asks and looks.</summary>
/// <param name="AskTimeout">Each gateway, from the moment that it is asked; who has not answered then is not waited for.</param>
/// <param name="Look">Between two looks at what changes.</param>
/// <param name="SteadyLook">Between two looks at what serves.</param>
public sealed record RequestingOptions(TimeSpan AskTimeout, TimeSpan Look, TimeSpan SteadyLook)
{
    /// <summary>How long an order may become a lease: longer than its offer lasts, and short, because a replica waits for the end of one that failed.</summary>
    public TimeSpan OrderLife { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>The longest pause between two rounds of asking for the same request, when nobody offers.</summary>
    public TimeSpan LongestAskPause { get; init; } = TimeSpan.FromMinutes(5);
}
