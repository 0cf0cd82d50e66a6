namespace Federation.Kubernetes.Events;

/// <summary>Bounds of event writing.</summary>
public sealed record EventRecorderOptions
{
    /// <summary>Who reports, such as <c>compute-operator</c>.</summary>
    public required string Component { get; init; }

    /// <summary>Which instance of it; the machine's name when null.</summary>
    public string? Instance { get; init; }

    /// <summary>Events that wait to be written; beyond this new ones are counted and dropped.</summary>
    public int MaxPending { get; init; } = 1000;

    /// <summary>Written events that are remembered, so that a repetition raises a count instead of making a new object.</summary>
    public int MaxRemembered { get; init; } = 4096;

    /// <summary>Repetitions within this time are written together.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After this time a repetition is a new event; the API server forgets events after an hour.</summary>
    public TimeSpan RepeatWindow { get; init; } = TimeSpan.FromMinutes(50);
}
